// Keys that work on every page: two letters to go somewhere, the list of keys, the search, the palette.
import { say } from "./words.js";

const PAUSE = 1500; // milliseconds between the two letters
const FIELDS = "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, [contenteditable=true], [role=textbox]";

export const typing = (target) => Boolean(target.closest?.(FIELDS));
const alone = (event) => event.key.length === 1 && event.key !== " " && !event.altKey && !event.ctrlKey && !event.metaKey;

// Registered before all others and nearest to the window: what is turned off here reaches nobody.
addEventListener("keydown", (event) => {
  if (document.documentElement.dataset.keys === "off" && alone(event) && !typing(event.target)) event.stopImmediatePropagation();
}, true);

const places = new Map((document.body.dataset.going ?? "").split(" ").filter(Boolean).map((each) => each.split("=")));
let going = -Infinity;

const ACTS = {
  "?": () => listKeys(),
  "/": () => document.querySelector("main input[type=search]")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    return openPalette();
  }
  if (!alone(event) || typing(event.target) || document.querySelector("dialog[open]:not(.opened)")) return;
  const place = event.timeStamp - going < PAUSE && places.get(event.key);
  going = event.key === "g" && !place ? event.timeStamp : -Infinity;
  if (!place && !ACTS[event.key]) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // the second letter may mean something else to the page
  if (place) location.assign(place);
  else ACTS[event.key]();
});

async function openPalette() {
  const { open } = await import("./palette.js");
  open();
}

for (const button of document.querySelectorAll("[data-opens=palette]")) {
  button.hidden = false;
  button.addEventListener("click", openPalette);
}

// The page of keys, over whatever page this is.
async function listKeys() {
  const answer = await fetch("/keys", { headers: { Accept: "text/html" } }).catch(() => null);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = page && page.querySelector("[data-part=keys]");
  if (!list) return location.assign("/keys");
  const dialog = Object.assign(document.createElement("dialog"), { className: "keys-dialog" });
  const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: page.querySelector("h1").textContent });
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "row" });
  const close = Object.assign(document.createElement("button"), { className: "btn sm push", textContent: say("Close") });
  form.append(title, close);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(form, document.adoptNode(list));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

// What is unfolded folds up again with Esc, and with a press anywhere else.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(".unfolds[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".unfolds[open]")) if (!open.contains(event.target)) open.open = false;
});
