// A picture whose file is missing says so in its place, instead of showing the browser's broken frame.
import { say } from "./words.js";

function replace(image) {
  const note = document.createElement("span");
  note.className = "gone";
  note.setAttribute("role", "img");
  note.setAttribute("aria-label", say("%(picture)s. File is missing", { picture: image.alt }));
  note.textContent = say("File is missing");
  image.replaceWith(note);
}

// While the line is down nothing is missing: the picture leaves its place to its tone, and is asked for again.
function wait(image) {
  image.hidden = true;
  document.addEventListener("limner:back", () => {
    image.hidden = false;
    image.src = image.src;
  }, { once: true });
}

const fail = (image) => (navigator.onLine ? replace : wait)(image);

export function watch() {
  // Errors of pictures do not bubble, so they are caught on their way down.
  document.addEventListener("error", (event) => {
    if (event.target instanceof HTMLImageElement && event.target.closest(".pic")) fail(event.target);
  }, true);
  for (const image of document.querySelectorAll(".pic img")) {
    if (image.complete && image.naturalWidth === 0 && image.loading !== "lazy") fail(image);
  }
}
