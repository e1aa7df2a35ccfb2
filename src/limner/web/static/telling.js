// Says what was done, with a way back, and asks before what should not happen by accident.
import { announce } from "./dress.js";
import { lost } from "./line.js";
import { original, say } from "./words.js";

const STAYS = 8000;
let shown;

// A line at the foot of the page that goes by itself, but not while somebody is on it.
export function toast(text, undo) {
  shown?.remove();
  const line = Object.assign(document.createElement("div"), { className: "toast" });
  const words = document.createElement("span");
  words.append(text);
  line.append(words);
  if (undo) {
    const button = Object.assign(document.createElement("button"), { className: "btn sm", type: "button", textContent: say("Undo") });
    button.addEventListener("click", () => {
      line.remove();
      undo();
    });
    line.append(button);
  }
  let timer;
  const wait = () => (timer = setTimeout(() => line.remove(), STAYS));
  const hold = () => clearTimeout(timer);
  line.addEventListener("pointerenter", hold);
  line.addEventListener("focusin", hold);
  line.addEventListener("pointerleave", wait);
  line.addEventListener("focusout", wait);
  (document.querySelector("main") ?? document.body).append(line); // all that is said lies within a landmark
  announce(words.textContent);
  wait();
  shown = line;
}

// Whether somebody really wants it.
export function ask(question, yes, no = say("Keep")) {
  const dialog = document.createElement("dialog");
  dialog.className = "ask";
  dialog.setAttribute("aria-label", question);
  const form = document.createElement("form");
  form.method = "dialog";
  form.append(Object.assign(document.createElement("p"), { textContent: question }));
  const row = Object.assign(document.createElement("div"), { className: "row" });
  row.append(
    Object.assign(document.createElement("button"), { className: "btn danger solid", value: "yes", textContent: yes }),
    Object.assign(document.createElement("button"), { className: "btn", value: "no", textContent: no, autofocus: true }),
  );
  form.append(row);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

// What the interface says went wrong: as it is in English, else below a sentence of ours.
export function told(detail) {
  if (document.documentElement.lang.startsWith("en") || !detail) return detail ?? "";
  const both = document.createElement("span");
  both.append(say("This did not work."), " ", original(detail));
  return both;
}

// Asks the interface; what goes wrong is said, in its own words.
export async function call(method, address, body) {
  try {
    const answer = await fetch(address, {
      method,
      body: body && JSON.stringify(body),
      headers: body ? { "Content-Type": "application/json" } : {},
    });
    const content = answer.status === 204 ? {} : await answer.json();
    if (answer.ok) return content;
    toast(content.detail ? told(content.detail) : say("This did not work."));
  } catch {
    lost();
  }
  return null;
}
