// The panel: the price follows the fields, and an edit becomes a job and then a version without leaving the page.
import { dress } from "./dress.js";
import { page, put, wrong } from "./editor-jobs.js";
import { number } from "./words.js";

const LONGEST = 32_000; // characters of a prompt

// A new key for the next purchase. randomUUID is there on https and on this machine alone.
function fresh() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export class Panel {
  // `drawn` gives the mask as it is drawn, or null where nothing can be drawn on.
  // `made` is told the link of a new version.
  constructor(form, drawn, made) {
    Object.assign(this, { form, drawn, made, asked: 0, timer: 0 });
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("keydown", (event) => this.key(event));
    new MutationObserver(() => this.watch()).observe(this.part("jobs"), { childList: true, subtree: true });
    this.look();
  }

  part(name) {
    return this.form.querySelector(`[data-part=${name}]`);
  }

  get kind() {
    return this.form.elements.kind.value;
  }

  set kind(kind) {
    if (kind === this.kind) return;
    this.form.elements.kind.value = kind;
    this.changed();
  }

  // Enter in a field of numbers means the number, and buys nothing.
  key(event) {
    if (event.key !== "Enter") return;
    if (event.ctrlKey || event.metaKey) return this.form.requestSubmit();
    if (!event.target.matches("input")) return;
    event.preventDefault();
    event.target.closest("[data-part=numbers]")?.querySelector("[data-act=box]:not([hidden])")?.click();
  }

  // --- the price ----------------------------------------------------------------------------

  changed() {
    this.look();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.price(), 80);
  }

  // What the fields say about themselves.
  look() {
    const { elements } = this.form;
    const option = elements[`${this.kind}_model`].selectedOptions[0];
    const hint = this.part("strengthening").querySelector(".hint");
    const able = option?.dataset.strength !== undefined;
    elements.strength.disabled = !able;
    hint.textContent = able ? hint.dataset.able : hint.dataset.unable;
    this.part("counter").textContent = `${number(elements.prompt.value.length)} / ${number(LONGEST)}`;
  }

  async price() {
    const mine = ++this.asked;
    const fields = new FormData(this.form);
    fields.delete("mask");
    try {
      const answer = await fetch(`${this.form.dataset.price}?${new URLSearchParams(fields)}`);
      const text = await answer.text();
      if (mine === this.asked && answer.ok) this.part("price").innerHTML = text;
    } catch {
      // The price that stands there stays: whatever is dearer is refused.
    }
  }

  // --- the purchase -------------------------------------------------------------------------

  complain(text) {
    const trouble = this.part("trouble");
    trouble.hidden = !text;
    trouble.querySelector("p").replaceChildren(text);
    if (text) trouble.scrollIntoView({ block: "nearest" });
  }

  async submit(event) {
    event.preventDefault();
    const button = this.form.querySelector(".btn.primary");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    this.complain("");
    try {
      const body = await this.body();
      if (body) await this.buy(body);
    } catch {
      this.complain(this.part("jobs").dataset.offline);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  // The form with the mask; null where there is nothing to send yet.
  async body() {
    const body = new FormData(this.form);
    const { empty, still } = this.part("jobs").dataset;
    if (this.kind === "extend") {
      body.delete("mask");
      if (["top", "right", "bottom", "left"].some((side) => Number(body.get(side)))) return body;
      this.complain(still);
      return null;
    }
    const mask = this.drawn();
    if (!mask) return body;
    if (mask.blank) {
      this.complain(empty);
      return null;
    }
    body.set("mask", await mask.file(), "mask.png");
    return body;
  }

  async buy(body) {
    const reply = await page(this.form.action, { method: "POST", body });
    const { answer, found } = reply;
    if (answer.ok && answer.redirected) {
      this.form.elements.key.value = fresh();
      return put(this.part("jobs"), answer.url);
    }
    const price = found.querySelector("[data-part=price]");
    if (price) this.part("price").replaceChildren(...document.adoptNode(price).childNodes);
    this.complain(wrong(reply));
  }

  // What a job has brought is a version from then on.
  async watch() {
    const done = this.form.querySelectorAll(".job:not([data-live])").length;
    if (done === this.done) return;
    this.done = done;
    const { found } = await page(location.href);
    const versions = found.querySelector("[data-part=versions]");
    if (!versions) return;
    const fresh = document.adoptNode(versions);
    const before = this.part("versions").querySelectorAll("a").length;
    this.part("versions").replaceWith(fresh);
    dress(fresh);
    const links = fresh.querySelectorAll("a");
    if (links.length > before) this.made(links[links.length - 1]);
  }
}
