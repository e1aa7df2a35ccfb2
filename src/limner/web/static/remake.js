// The offer follows the fields, and what is bought becomes a card without leaving the page.
import { page, partsOf, put, wrong } from "./editor-jobs.js";

const root = document.querySelector(".remake");
const part = (name) => root.querySelector(`[data-part=${name}]`);
let asked = 0;

function complain(text) {
  part("trouble").hidden = !text;
  part("trouble").querySelector("p").replaceChildren(text);
}

function take(found) {
  const [offer, trouble] = ["offer", "trouble"].map((name) => found.querySelector(`[data-part=${name}]`));
  if (offer) part("offer").replaceWith(document.adoptNode(offer));
  complain(trouble && !trouble.hidden ? partsOf(trouble.querySelector("p")) : "");
}

async function ask() {
  const mine = ++asked;
  const form = part("choosing");
  part("offer").setAttribute("aria-busy", "true");
  const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  try {
    const { found } = await page(address);
    if (mine !== asked) return;
    take(found);
    history.replaceState(null, "", address);
  } catch {
    if (mine === asked) complain(part("jobs").dataset.offline);
  } finally {
    if (mine === asked) part("offer").removeAttribute("aria-busy");
  }
}

// An offer is carried out once: pressed again, it is the same job.
async function buy(form) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  complain("");
  try {
    const reply = await page(form.action, { method: "POST", body: new FormData(form) });
    if (!reply.answer.ok || !reply.answer.redirected) return complain(wrong(reply));
    await put(part("jobs"), reply.answer.url);
    await ask();
  } catch {
    complain(part("jobs").dataset.offline);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

part("choosing").addEventListener("change", ask);
root.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target === part("choosing")) ask();
  else buy(event.target);
});
