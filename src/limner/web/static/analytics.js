// Keeps a page's figures as they are: asks for them again while somebody looks, and puts in only what has changed.
const PAUSE = 15000;
const place = document.querySelector("[data-figures]");

const is_in_use = (part) => part.contains(document.activeElement) || part.matches(":hover:active");

const put = (old, fresh) => {
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  const across = [...old.querySelectorAll(".scroll")].map((each) => [each.scrollLeft, each.scrollTop]);
  old.replaceWith(fresh);
  fresh.querySelectorAll("details").forEach((each, at) => { each.open = open[at] ?? false; });
  fresh.querySelectorAll(".scroll").forEach((each, at) => { [each.scrollLeft, each.scrollTop] = across[at] ?? [0, 0]; });
};

const bare = (part) => {
  const copy = part.cloneNode(true);
  copy.querySelectorAll("details").forEach((each) => each.removeAttribute("open"));
  return copy.innerHTML;
};

const look = async () => {
  const answer = await fetch(place.dataset.figures, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const names = [...fresh.querySelectorAll("[data-part]")].map((each) => each.dataset.part);
  const known = [...place.querySelectorAll("[data-part]")].map((each) => each.dataset.part);
  if (names.join() !== known.join()) {
    if (!place.contains(document.activeElement)) place.replaceChildren(...fresh.body.childNodes);
    return;
  }
  for (const name of names) {
    const old = place.querySelector(`[data-part="${name}"]`);
    const now = fresh.querySelector(`[data-part="${name}"]`);
    if (!is_in_use(old) && bare(old) !== bare(now)) put(old, now);
  }
};

const round = async () => {
  if (document.visibilityState === "visible") await look().catch(() => {});  // the next look may fare better
  setTimeout(round, PAUSE);
};

if (place) setTimeout(round, PAUSE);
document.addEventListener("visibilitychange", () => { if (place && document.visibilityState === "visible") look().catch(() => {}); });
