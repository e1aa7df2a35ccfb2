// The gallery beyond what it does without a script: endless, searched as one types, by keys, many pictures at once.
import { announce, dress } from "./dress.js";
import { inLast } from "./formats.js";
import { Opening } from "./opening.js";
import { Selection } from "./selection.js";
import { Sheets } from "./sheets.js";
import { typing as inField } from "./keys.js";
import { lost } from "./line.js";
import { call } from "./telling.js";
import { waiting } from "./waiting.js";
import { number, say, sayMany } from "./words.js";

const ONWARD = document.dir === "rtl" ? -1 : 1; // to the right
const PAUSE = 250; // milliseconds after a key, before a search

const root = document.querySelector("[data-gallery]");
const part = (name) => document.querySelector(`[data-part=${name}]`);
const tiles = () => [...root.querySelectorAll(".pic[data-picture]")];
const typing = (target) => inField(target) || target.closest("input:not(.tick), dialog");

let current = null; // the one tile that Tab stops at

const selection = new Selection(root, { removed, marked });
const opening = new Opening(root, { may: () => !selection.on, focus: back, marked, removed });
let sheets = follow();

function follow() {
  const given = { address: root.dataset.gallery, total: Number(root.dataset.total), hung, ended, trouble };
  return new Sheets(part("sheets"), given);
}

function hung(sheet) {
  selection.hung(sheet);
  for (const tile of sheet.querySelectorAll(".pic")) reach(tile, false);
  if (!current?.isConnected) stop(tiles()[0]);
}

function ended(is) {
  const [older, end] = [part("older"), part("end")];
  older?.remove();
  let said = end.querySelector(".faint");
  if (!is) return said?.remove();
  if (said) return;
  said = Object.assign(document.createElement("span"), { className: "faint" });
  const total = Number(root.dataset.total);
  said.textContent = sayMany("That is everything, %(num)s picture.", "That is everything, %(num)s pictures.", total);
  end.append(said);
}

function trouble() {
  lost();
}

// --- one picture ------------------------------------------------------------------------

function reach(tile, may) {
  for (const each of tile.querySelectorAll("a, button")) each.tabIndex = may ? 0 : -1;
  const tick = tile.querySelector(".tick");
  if (tick) tick.tabIndex = -1;
}

function stop(tile) {
  if (!tile || tile === current) return;
  if (current) reach(current, false);
  current = tile;
  reach(tile, true);
}

function marked(id, is) {
  const tile = root.querySelector(`.pic[data-picture="${id}"]`);
  const button = tile?.querySelector("[form=marks]");
  if (!button) return;
  button.name = is ? "unfavorite" : "favorite";
  button.setAttribute("aria-pressed", String(is));
  const icon = button.querySelector(".i");
  icon.classList.toggle("fill", is);
  tile.querySelector(".fav")?.remove();
  if (!is) return;
  const star = document.createElement("span");
  star.className = "fav";
  star.append(icon.cloneNode(true), Object.assign(document.createElement("span"), { className: "vh", textContent: say("Favourite") }));
  tile.querySelector(".over").before(star);
}

function load(link) {
  link.href = inLast(link.href);
  link.click();
}

async function mark(id) {
  const is = root.querySelector(`.pic[data-picture="${id}"] [form=marks]`).getAttribute("aria-pressed") !== "true";
  marked(id, is);
  if (await call(is ? "PUT" : "DELETE", `/api/v1/images/${id}/favorite`)) announce(is ? say("Favourite") : say("No favourite"));
  else marked(id, !is);
}

function removed(ids) {
  const gone = new Set(ids);
  const next = current && tiles().slice(tiles().indexOf(current)).find((tile) => !gone.has(tile.dataset.picture));
  for (const tile of tiles()) {
    if (!gone.has(tile.dataset.picture)) continue;
    const [group, sheet] = [tile.closest(".group"), tile.closest(".sheet")];
    sheet.dataset.count = Number(sheet.dataset.count) - 1;
    tile.closest("li").remove();
    if (!group.querySelector("li")) group.remove();
  }
  sheets.total = Math.max(0, sheets.total - gone.size);
  root.dataset.total = sheets.total;
  part("total").textContent = number(sheets.total);
  if (!tiles().length) return location.reload();
  stop(next ?? tiles()[0]);
  sheets.settle();
}

root.addEventListener("focusin", (event) => stop(event.target.closest(".pic[data-picture]")));
root.addEventListener("click", (event) => {
  const button = event.target.closest("[form=marks]");
  if (!button || selection.on) return;
  event.preventDefault();
  mark(button.value);
});

// To the tile of a picture that was looked at, or to where one was before.
function back(id) {
  const tile = root.querySelector(`.pic[data-picture="${id}"]`);
  if (tile) stop(tile);
  current?.querySelector("a").focus({ preventScroll: true });
  current?.scrollIntoView({ block: "nearest" });
}

// --- keys -------------------------------------------------------------------------------

function beside(tile, step) {
  const all = tiles();
  return all[all.indexOf(tile) + step];
}

// The nearest one in the row above or below.
function across(tile, down) {
  const here = tile.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  let best = null;
  for (const each of down ? tiles() : tiles().reverse()) {
    const there = each.getBoundingClientRect();
    const beyond = down ? there.top - here.bottom : here.top - there.bottom;
    if (beyond < -1) continue;
    const row = best && Math.abs(there.top - best.top) > 1;
    if (row) break;
    const distance = Math.abs(there.left + there.width / 2 - middle);
    if (!best || distance < best.distance) best = { each, distance, top: there.top };
  }
  return best?.each;
}

const MOVES = {
  ArrowRight: (tile) => beside(tile, ONWARD),
  ArrowLeft: (tile) => beside(tile, -ONWARD),
  ArrowDown: (tile) => across(tile, true),
  ArrowUp: (tile) => across(tile, false),
  Home: () => tiles()[0],
  End: () => tiles().at(-1),
};
const ACTS = {
  f: (tile) => mark(tile.dataset.picture),
  d: (tile) => load(tile.querySelector("a[download]")),
  x: (tile, event) => selection.toggle(tile, event.shiftKey),
  X: (tile) => selection.toggle(tile, true),
  " ": (tile, event) => selection.toggle(tile, event.shiftKey),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const tile = event.target.closest(".pic[data-picture]");
  if (event.key === "Escape" && selection.on) return selection.turn(event, false);
  if (!tile || (event.target.matches("button, .tick") && event.key === " ")) return;
  if (MOVES[event.key]) {
    event.preventDefault();
    const to = MOVES[event.key](tile);
    to?.querySelector("a").focus({ preventScroll: true });
    to?.scrollIntoView({ block: "nearest" });
  } else if (ACTS[event.key]) {
    event.preventDefault();
    ACTS[event.key](tile, event);
  }
});

// --- search as one types ----------------------------------------------------------------

const filters = root.querySelector(".filters");
let timer;
let turn = 0;

async function search() {
  const said = new URLSearchParams([...new FormData(filters)].filter(([, value]) => value));
  const address = `${filters.getAttribute("action")}${said.size ? `?${said}` : ""}`;
  const mine = ++turn;
  try {
    const answer = await waiting(fetch(address, { headers: { Accept: "text/html" } }));
    if (mine !== turn) return;
    // The style block of another page has another nonce: browsers would object to it while they read the page.
    const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, "");
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("[data-gallery]");
    if (!answer.ok || !fresh) return location.assign(address);
    history.replaceState(null, "", address);
    show(page, fresh);
  } catch {
    trouble();
  }
}

// The same page with other pictures; the fields stay as they are, with whoever is in them.
function show(page, fresh) {
  sheets.close();
  Object.assign(root.dataset, { gallery: fresh.dataset.gallery, total: fresh.dataset.total });
  for (const name of ["sheets", "end", "total"]) {
    const now = page.querySelector(`[data-part=${name}]`);
    part(name).replaceWith(document.adoptNode(now));
  }
  dress(part("sheets"));
  const select = page.querySelector("[data-part=select]");
  Object.assign(part("select"), { href: select.href, hidden: select.hidden });
  part("dates").replaceWith(document.adoptNode(fresh.querySelector("[data-part=dates]")));
  for (const form of ["marks", "bulk"]) {
    document.querySelector(`#${form} [name=back]`).value = page.querySelector(`#${form} [name=back]`).value;
  }
  const [clear, none] = [fresh.querySelector(".filters [data-part=clear]"), part("clear")];
  if (clear && !none) filters.append(document.adoptNode(clear));
  else if (!clear) none?.remove();
  scrollTo({ top: 0, behavior: "instant" });
  sheets = follow();
  announce(sayMany("%(num)s picture", "%(num)s pictures", Number(root.dataset.total), { num: part("total").textContent }));
}

filters.addEventListener("input", (event) => {
  clearTimeout(timer);
  timer = setTimeout(search, event.target.type === "search" ? PAUSE : 0);
});
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  search();
});

// --- coming back ------------------------------------------------------------------------

history.scrollRestoration = "manual";
addEventListener("pagehide", () => {
  const place = opening.is ? null : sheets.place();
  if (place) history.replaceState({ place, picture: current?.dataset.picture }, "");
});
if (history.state?.place) {
  const { place, picture } = history.state;
  sheets.back(place).then(() => back(picture));
}
