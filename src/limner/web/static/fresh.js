// Keeps a page as it is: asks for its parts again while somebody looks, and puts in only what has changed.
// What somebody is working in stays as it stands until they leave it.
import { announce } from "./dress.js";

const place = document.querySelector("[data-fresh]");

const is_in_use = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;

const put = (old, fresh) => {
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  const across = [...old.querySelectorAll(".scroll")].map((each) => [each.scrollLeft, each.scrollTop]);
  old.replaceWith(fresh);
  fresh.querySelectorAll("details").forEach((each, at) => { each.open = open[at] ?? false; });
  fresh.querySelectorAll(".scroll").forEach((each, at) => { [each.scrollLeft, each.scrollTop] = across[at] ?? [0, 0]; });
};

const bare = (part) => {
  const copy = part.cloneNode(true);
  for (const each of copy.querySelectorAll("details")) each.removeAttribute("open");
  return copy.outerHTML;
};

const parts = (holder) => [...holder.children].filter((each) => each.dataset.part);

// Brings the parts of one holder to what they are now: keyed holders from within, all others as a whole.
const merge = (holder, fresh) => {
  const known = new Map(parts(holder).map((each) => [each.dataset.part, each]));
  let before = null;
  for (const now of parts(fresh)) {
    const old = known.get(now.dataset.part);
    known.delete(now.dataset.part);
    if (!old) {
      if (before) before.after(now); else holder.prepend(now);
      before = now;
    } else if (bare(old) === bare(now)) {
      before = old;
    } else if ("keyed" in now.dataset) {
      merge(old, now);
      before = old;
    } else if (is_in_use(old)) {
      before = old;
    } else {
      if ("tell" in now.dataset) announce(now.textContent);
      put(old, now);
      before = now;
    }
  }
  for (const gone of known.values()) if (!is_in_use(gone)) gone.remove();
};

const look = async () => {
  const answer = await fetch(place.dataset.fresh, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  place.dataset.every = holder.content.querySelector("[data-every]")?.dataset.every ?? place.dataset.every;
  merge(place, holder.content);
};

const round = async () => {
  if (document.visibilityState === "visible") await look().catch(() => {}); // the next look may fare better
  setTimeout(round, Number(place.dataset.every));
};

setTimeout(round, Number(place.dataset.every));
