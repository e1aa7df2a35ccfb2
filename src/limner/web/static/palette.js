// The palette: go to any page, change theme or language, find pictures, chats and recent jobs, by typing.
import { say, sayMany } from "./words.js";

const PAUSE = 200; // milliseconds after a key, before the interface is asked
const FOUND = 5; // pictures, chats and jobs of each kind
let dialog = null;

export async function open() {
  if (dialog) return;
  dialog = new Palette(await commands()).dialog;
  dialog.addEventListener("close", () => {
    dialog.remove();
    dialog = null;
  });
}

// What the navigation offers; a page without one borrows it.
async function commands() {
  let rail = document.querySelector(".rail");
  if (!rail) {
    const answer = await fetch("/keys", { headers: { Accept: "text/html" } }).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page) return [];
    rail = document.adoptNode(page.querySelector(".rail"));
    rail.hidden = true;
    for (const back of rail.querySelectorAll("[name=back]")) back.value = location.pathname + location.search;
    document.body.append(rail);
  }
  return [...rail.querySelectorAll("[data-command]")].map((each) => ({
    group: each.dataset.command || say("Pages"),
    text: each.textContent.trim(),
    lang: each.lang,
    icon: each.querySelector("svg")?.cloneNode(true),
    act: () => each.click(),
  }));
}

const element = (name, given = {}, ...children) => {
  const made = Object.assign(document.createElement(name), given);
  made.append(...children);
  return made;
};

class Palette {
  constructor(known) {
    Object.assign(this, { known, found: [], shown: [], at: 0, asked: null });
    this.input = element("input", { className: "input", type: "text", autocomplete: "off", spellcheck: false, id: "palette-words", maxLength: 200 });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": say("Go to a page, or find pictures, chats and jobs") })) this.input.setAttribute(name, value);
    this.input.placeholder = say("Go to a page, or find pictures, chats and jobs");
    this.list = element("div", { id: "palette-list" });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", say("Found"));
    this.news = element("p", { className: "vh" });
    this.news.setAttribute("role", "status");
    this.dialog = element("dialog", { className: "palette" }, this.input, this.list, this.news);
    this.dialog.setAttribute("aria-label", say("Find anything"));
    this.input.addEventListener("input", () => this.typed());
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.typed();
  }

  typed() {
    this.at = 0;
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), this.words ? PAUSE : 0);
  }

  get words() {
    return this.input.value.trim();
  }

  async ask() {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const q = encodeURIComponent(this.words);
    const get = async (path) => {
      const answer = await fetch(`/api/v1/${path}`, { signal });
      return answer.ok ? (await answer.json()).items : [];
    };
    try {
      const [pictures, chats, jobs] = await Promise.all([
        q ? get(`images?limit=${FOUND}&q=${q}`) : [],
        q && document.body.dataset.going?.includes("/chat") ? get(`chats/search?limit=${FOUND}&q=${q}`) : [],
        q ? [] : get(`jobs?limit=${FOUND}`),
      ]);
      this.found = [...pictures.map(picture), ...chats.map(chat), ...jobs.map(job)];
    } catch (error) {
      if (error.name === "AbortError") return;
      this.found = [];
    }
    this.show(true);
  }

  show(finished = false) {
    const words = this.words.toLocaleLowerCase();
    const fits = this.known.filter((each) => !words || `${each.group} ${each.text}`.toLocaleLowerCase().includes(words));
    const search = words && { group: say("Pictures"), text: say("All pictures with “%(words)s”", { words: this.words }), act: () => location.assign(`/gallery?q=${encodeURIComponent(this.words)}`) };
    this.shown = [...fits, ...this.found, ...(search ? [search] : [])];
    this.at = Math.min(this.at, Math.max(this.shown.length - 1, 0));
    const groups = new Map();
    this.shown.forEach((each, index) => {
      if (!groups.has(each.group)) groups.set(each.group, this.heading(each.group, groups.size));
      groups.get(each.group).append(this.option(each, index));
    });
    this.list.replaceChildren(...groups.values());
    this.mark();
    if (finished) this.news.textContent = sayMany("%(num)s found", "%(num)s found", this.shown.length);
  }

  heading(name, index) {
    const head = element("p", { className: "head", id: `palette-group-${index}`, textContent: name });
    const group = element("div", {}, head);
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", head.id);
    return group;
  }

  option(each, index) {
    const option = element("div", { className: "option", id: `palette-option-${index}` });
    option.setAttribute("role", "option");
    if (each.picture) option.append(element("img", { src: each.picture, alt: "", width: 32, height: 32 }));
    else if (each.icon) option.append(each.icon);
    const text = element("span", { className: "text", dir: "auto", textContent: each.text });
    if (each.lang) text.lang = each.lang;
    option.append(text);
    if (each.note) option.append(element("span", { className: "faint push", textContent: each.note }));
    option.addEventListener("click", () => this.choose(each));
    option.addEventListener("pointermove", () => this.at !== index && this.mark(index));
    return option;
  }

  mark(at = this.at) {
    this.at = at;
    for (const option of this.list.querySelectorAll(".option")) option.setAttribute("aria-selected", String(option.id === `palette-option-${at}`));
    const current = this.shown.length ? this.list.querySelector("[aria-selected=true]") : null;
    if (current) this.input.setAttribute("aria-activedescendant", current.id);
    else this.input.removeAttribute("aria-activedescendant");
    current?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const last = this.shown.length - 1;
    const moves = { ArrowDown: this.at < last ? this.at + 1 : 0, ArrowUp: this.at > 0 ? this.at - 1 : last, PageDown: last, PageUp: 0 };
    if (event.key in moves) {
      event.preventDefault();
      if (last >= 0) this.mark(moves[event.key]);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (this.shown[this.at]) this.choose(this.shown[this.at]);
    }
  }

  choose(each) {
    this.dialog.close();
    each.act();
  }
}

const to = (address) => () => location.assign(address);
// A prompt; what was done, where that takes none.
const titleOf = ({ prompt, operation }) => {
  const done = {
    generate: () => say("generate"),
    edit: () => say("edit"),
    inpaint: () => say("inpaint"),
    outpaint: () => say("outpaint"),
    variations: () => say("variations"),
    upscale: () => say("upscale"),
    style_transfer: () => say("style transfer"),
    remove_background: () => say("remove background"),
    upload: () => say("upload"),
  };
  const said = done[operation]?.() ?? "";
  return prompt || said.charAt(0).toUpperCase() + said.slice(1);
};
const picture = (each) => ({ group: say("Pictures"), text: titleOf(each), picture: each.thumbnail_url.replace("edge=512", "edge=256"), act: to(each.page_url) });
const chat = (each) => ({ group: say("Chats"), text: each.excerpt, note: each.chat.title, act: to(`/chat/${each.chat.id}`) });
const job = (each) => ({ group: say("Recent jobs"), text: titleOf(each), note: each.model, act: to(each.links.page) });
