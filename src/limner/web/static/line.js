// The line to the server: says when it is lost, asks until it is there again, and says that too.
import { announce } from "./dress.js";
import { say } from "./words.js";

const AGAIN = 4000;
let note = null;

// Told by whoever finds that the server does not answer. Those who wait for it hear `limner:back` from the document.
export function lost() {
  if (note) return;
  note = Object.assign(document.createElement("div"), { className: "alert bad lost" });
  note.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.append(
    Object.assign(document.createElement("b"), { textContent: say("Connection lost") }),
    " ",
    say("The server cannot be reached. Trying again in %(seconds)s s.", { seconds: AGAIN / 1000 }),
  );
  note.append(words);
  (document.querySelector("dialog[open]") ?? document.body).append(note);
  setTimeout(ask, AGAIN);
}

async function ask() {
  const answer = await fetch("/health", { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return setTimeout(ask, AGAIN);
  note.remove();
  note = null;
  announce(say("Connected again."));
  document.dispatchEvent(new Event("limner:back"));
}

addEventListener("offline", lost);
if (!navigator.onLine) lost();
