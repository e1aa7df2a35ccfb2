// What the settings do beyond what they do without a script: an answer takes its place without a new page, and a form
// that makes something is sent once.
const news = document.getElementById("news");

for (const here of document.querySelectorAll(".settings > nav [aria-current]")) {
  const list = here.parentElement;
  list.scrollLeft = here.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const places = form.dataset.swap?.split(" ") ?? [];
  const button = event.submitter;
  if (form.hasAttribute("data-once") && !event.defaultPrevented) button?.setAttribute("aria-busy", "true");
  if (!places.length) return;
  event.preventDefault();
  const sent = new URLSearchParams(new FormData(form, button));
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(button?.getAttribute("formaction") ?? form.action, { method: "POST", body: sent, headers: { Accept: "text/html" } });
    exchange(new DOMParser().parseFromString(await answer.text(), "text/html"), places);
  } catch {
    form.removeAttribute("data-swap"); // the line is gone: the browser sends the form itself, and says what is wrong
    form.requestSubmit(button);
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

// A page that is kept by the browser comes back as it was left: its buttons can be pressed again.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

function exchange(page, places) {
  const focused = document.activeElement?.closest("[id]")?.id;
  const label = document.activeElement?.getAttribute("aria-label");
  for (const id of places) {
    const fresh = page.getElementById(id);
    if (fresh) document.getElementById(id)?.replaceWith(fresh);
  }
  const said = places.map((id) => document.getElementById(id)?.querySelector("[data-said]")).find(Boolean);
  if (news && said) news.textContent = said.textContent;
  const within = focused && document.getElementById(focused);
  if (!within) return;
  const again = label ? [...within.querySelectorAll("[aria-label]")].find((each) => each.getAttribute("aria-label") === label) : within;
  again?.focus();
}
