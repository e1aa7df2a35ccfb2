// Comparing beyond what it does without a script: the price follows the fields, pictures come by themselves, keys vote.
import { announce } from "./dress.js";
import { zoomTogether } from "./compare-zoom.js";
import { say } from "./words.js";

const EVERY = 1500; // milliseconds between two looks at a round that is being painted
const RESTS = 4000; // after a look that failed
const MOST = 4; // pictures of a round

function price(form) {
  const line = form.querySelector("#price");
  let asked = 0;
  let timer;

  const forget = () => {
    for (const name of ["token", "quoted"]) form.elements[name].value = "";
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.price, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (mine === asked && answer.ok) line.innerHTML = await answer.text();
    } catch {
      // What was shown before is no price of what stands in the fields now: it is asked for again when they are sent.
    }
  };

  // Two prompts make two pictures of each model.
  const limit = () => {
    const boxes = [...form.querySelectorAll("[name=model]:not([data-never])")];
    const picked = boxes.filter((box) => box.checked);
    const two = form.elements.second.value.trim() !== "";
    for (const box of boxes) box.disabled = !box.checked && picked.length >= (two ? MOST / 2 : MOST);
    const [count, names] = ["chosen", "picked"].map((name) => form.querySelector(`[data-part=${name}]`));
    count.textContent = (two ? count.dataset.two : count.dataset.one).replace("{count}", picked.length);
    names.textContent = picked.map((box) => box.getAttribute("aria-label")).join(" \u00b7 ");
    names.hidden = !picked.length;
  };

  for (const box of form.querySelectorAll("[name=model]:disabled")) box.dataset.never = "1";
  form.addEventListener("input", () => {
    forget();
    limit();
    ++asked;
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  form.addEventListener("submit", (event) => {
    const button = form.querySelector(".btn.primary");
    if (button.getAttribute("aria-busy") === "true") return event.preventDefault();
    button.setAttribute("aria-busy", "true");
    addEventListener("pageshow", () => button.removeAttribute("aria-busy"), { once: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(event.target)) form.requestSubmit();
  });
  limit();
}

// The models among which one looks for a name, by that or by who offers it.
function findIn(models) {
  const find = models.querySelector("[data-part=find]");
  models.querySelector("[data-part=finding]").hidden = false;
  find.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = [...models.querySelectorAll("[data-part=group]")];
    for (const group of groups) {
      const lines = [...group.querySelectorAll("[data-words]")];
      for (const line of lines) line.hidden = !words.every((word) => line.dataset.words.includes(word));
      group.hidden = lines.every((line) => line.hidden);
      if (words.length) group.open = true;
    }
    models.querySelector("[data-part=none]").hidden = groups.some((group) => !group.hidden);
  });
}

// Looks at a round until all of its pictures are there; they are shown together.
function waitFor(round) {
  let ready = "";

  const put = async () => {
    const answer = await fetch(round.dataset.partAddress);
    if (answer.status !== 200) return location.assign(round.dataset.page);
    const holder = document.createElement("template");
    holder.innerHTML = (await answer.text()).trim();
    const fresh = holder.content.firstElementChild;
    round.replaceWith(fresh);
    awake(fresh);
    announce(say("All pictures are there. Vote."));
  };

  const look = async () => {
    try {
      const answer = await fetch(round.dataset.round);
      if (answer.status === 404) return location.assign(round.dataset.page);
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (found.state === "voting") return await put();
      if (found.state !== "painting") return location.assign(round.dataset.page);
      const said = say("%(ready)s of %(all)s are ready.", { ready: found.size - found.waiting, all: found.size });
      if (said !== ready && ready) announce(said);
      ready = said;
      const line = round.querySelector("[data-part=progress]");
      line.textContent = line.textContent.replace(line.dataset.said, said);
      line.dataset.said = said;
      setTimeout(look, EVERY);
    } catch {
      setTimeout(look, RESTS);
    }
  };
  setTimeout(look, EVERY);
}

function awake(round) {
  for (const arena of round.querySelectorAll("[data-zooms]")) zoomTogether(arena);
  if (round.dataset.painting) waitFor(round);
}

// 1 to 4 vote, 0 none, = equal: the keys that the buttons themselves name.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const button = [...document.querySelectorAll("[data-round] button[aria-keyshortcuts]")].find(
    (each) => each.getAttribute("aria-keyshortcuts") === event.key,
  );
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
});

const form = document.getElementById("round");
if (form) {
  price(form);
  findIn(form.querySelector(".models"));
}
for (const round of document.querySelectorAll("[data-round]")) awake(round);
for (const arena of document.querySelectorAll(".side[data-zooms]")) zoomTogether(arena);
