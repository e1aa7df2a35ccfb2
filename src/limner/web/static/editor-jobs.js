// What pages of one picture share: they ask the server for parts of pages, and follow a job without leaving.
import { announce, dress } from "./dress.js";
import { follow } from "./live.js";
import { original, say } from "./words.js";

// Another page, or the answer to a form, to take parts from.
export async function page(address, given = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...given });
  const text = await answer.text();
  // What is refused before there is a page, such as somebody who may only look, is told as the interface does.
  const told = answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text).detail : "";
  // The style block of another page has another nonce: browsers would object to it while they read the page.
  const found = new DOMParser().parseFromString(told ? "" : text.replace(/<style[\s\S]*?<\/style>/g, ""), "text/html");
  return { answer, found, told };
}

// What an element of another page says, with its marks of language.
export function partsOf(element) {
  const parts = document.createElement("span");
  parts.append(...document.importNode(element, true).childNodes);
  return parts;
}

// What the answer to a form has to say about what is wrong.
export function wrong({ answer, found, told }) {
  const said = found.querySelector("[data-part=trouble] p") ?? found.querySelector("main p");
  return told ? original(told) : said ? partsOf(said) : answer.statusText;
}

// The card of a new job at the top of a place, and kept in step.
export async function put(place, job) {
  const answer = await fetch(`${job}/card`);
  if (!answer.ok) return location.assign(job);
  place.insertAdjacentHTML("afterbegin", await answer.text());
  const card = place.firstElementChild;
  dress(card);
  announce(say("Queued"));
  if (card.dataset.live) follow(card);
  card.scrollIntoView({ block: "nearest" });
}
