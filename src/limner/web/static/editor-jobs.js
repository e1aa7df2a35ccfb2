// What pages of one picture share: they ask the server for parts of pages, and follow a job without leaving.
import { announce, dress } from "./dress.js";
import { follow } from "./live.js";

// Another page, or the answer to a form, to take parts from.
export async function page(address, given = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...given });
  // The style block of another page has another nonce: browsers would object to it while they read the page.
  const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, "");
  return { answer, found: new DOMParser().parseFromString(text, "text/html") };
}

// What the answer to a form has to say about what is wrong.
export function wrong({ answer, found }) {
  return (found.querySelector("[data-part=trouble] p") ?? found.querySelector("main p"))?.textContent ?? answer.statusText;
}

// The card of a new job at the top of a place, and kept in step.
export async function put(place, job) {
  const answer = await fetch(`${job}/card`);
  if (!answer.ok) return location.assign(job);
  place.insertAdjacentHTML("afterbegin", await answer.text());
  const card = place.firstElementChild;
  dress(card);
  announce("Queued");
  if (card.dataset.live) follow(card);
  card.scrollIntoView({ block: "nearest" });
}
