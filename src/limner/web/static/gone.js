// A picture whose file is missing says so in its place, instead of showing the browser's broken frame. One that cannot be
// fetched because the line is lost is fetched when it is back.
import { lost } from "./line.js";
import { say } from "./words.js";

const MOST = 3;
const tries = new WeakMap();

function replace(image) {
  const note = document.createElement("span");
  note.className = "gone";
  note.setAttribute("role", "img");
  note.setAttribute("aria-label", say("%(picture)s. File is missing", { picture: image.alt }));
  note.textContent = say("File is missing");
  image.replaceWith(note);
}

function again(image) {
  tries.set(image, (tries.get(image) ?? 0) + 1);
  image.hidden = false;
  image.src = image.src; // has the browser choose and fetch anew, even where the address is the same
}

async function judge(image) {
  const answer = navigator.onLine ? await fetch(image.src).catch(() => null) : null;
  if (answer?.ok === false || (tries.get(image) ?? 0) >= MOST) return replace(image);
  if (answer) return again(image);
  image.hidden = true; // its place keeps its tone
  lost();
}

export function watch() {
  // Errors of pictures do not bubble, so they are caught on their way down.
  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement && event.target.closest(".pic")) judge(event.target);
  }, true);
  // Also those of which nobody was told: a browser that takes another size of a picture for another window says nothing.
  document.addEventListener("limner:back", () => {
    for (const image of document.querySelectorAll(".pic img")) {
      if (image.hidden || (image.complete && image.naturalWidth === 0)) again(image);
    }
  });
  for (const image of document.querySelectorAll(".pic img")) {
    if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") judge(image);
  }
}
