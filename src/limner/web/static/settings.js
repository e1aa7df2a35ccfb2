// What the settings do beyond what they do without a script: an answer takes its place without a new page, a choice
// shows what belongs to it at once, and a form that makes something is sent once.
const news = document.getElementById("news");
const root = document.documentElement;
root.dataset.scripted = "";

const here = document.querySelector(".settings > nav [aria-current]");
here?.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  const places = placesOf(form, button);
  if (places.length) {
    event.preventDefault();
    send(form, button, places);
  } else if (form.hasAttribute("data-once")) {
    button?.setAttribute("aria-busy", "true");
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (event.target.matches("[data-refreshes]") && form) form.requestSubmit(form.querySelector("[data-shows]"));
});

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    if (news) news.textContent = button.dataset.copied;
    button.lastChild.textContent = button.dataset.copied;
  });
}

// A page that the browser kept comes back as it was left: its buttons can be pressed again.
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Where the answer to a form goes: the ids of the elements that it replaces; none for a form that leads elsewhere.
function placesOf(form, button) {
  if (form.dataset.swap) return form.dataset.swap.split(" ");
  return form.dataset.refresh && button?.name === "do" && button.value !== "save" ? [form.dataset.refresh] : [];
}

async function send(form, button, places) {
  button?.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "text/html" } });
    exchange(new DOMParser().parseFromString(await answer.text(), "text/html"), places);
  } catch {
    // The line is gone, or the answer is another page: the browser sends the form itself and shows what comes.
    delete form.dataset.swap;
    delete form.dataset.refresh;
    form.requestSubmit(button);
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function exchange(page, places) {
  const fresh = places.map((id) => page.getElementById(id));
  if (fresh.includes(null)) throw new Error("another page");
  const way = wayTo(document.activeElement);
  for (const each of fresh) document.getElementById(each.id)?.replaceWith(each);
  const said = fresh.map((each) => each.querySelector("[data-said]")).find(Boolean);
  if (news && said) news.textContent = said.textContent;
  if (way) document.querySelector(way)?.focus();
}

// A selector that finds what has the focus in a page that is like this one.
function wayTo(element) {
  if (!element || element === document.body) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  const label = element.getAttribute("aria-label");
  if (label) return `${element.localName}[aria-label="${CSS.escape(label)}"]`;
  return element.name && element.value ? `[name="${element.name}"][value="${CSS.escape(element.value)}"]:not([hidden])` : "";
}
