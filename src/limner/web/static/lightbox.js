// An opened picture: zoom and pan, before and after, the next one, and what is done with it, without leaving.
import { announce, dress } from "./dress.js";
import { keep, kept } from "./formats.js";
import { lost } from "./line.js";
import { ask, call, toast } from "./telling.js";
import { say, sayMany } from "./words.js";

const MOST = 8; // times its own pixels
const STEP = 1.25;
const [BACK, ONWARD] = document.dir === "rtl" ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"];
const PAN = 60; // pixels by one press of an arrow

// The picture of a page, and nothing of the page around it.
export async function fetchPicture(address, given = {}) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...given });
  // The style block of another page has another nonce: browsers would object to it while they read the page.
  const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/g, "");
  const found = new DOMParser().parseFromString(text, "text/html").querySelector(".lightbox");
  return found && { box: document.adoptNode(found), address: answer.url };
}

export class Lightbox {
  // `closed` is told the picture that was looked at last; `marked` and `removed` what became of others' tiles.
  constructor(box, { closed, moved, marked = () => {}, removed = () => {} }) {
    Object.assign(this, { closed, moved, marked, removed, pointers: new Map() });
    this.keys = (event) => this.key(event);
    document.addEventListener("keydown", this.keys);
    this.take(box);
  }

  get id() {
    return this.box.dataset.lightbox;
  }

  part(name) {
    return this.box.querySelector(`[data-part=${name}]`);
  }

  end() {
    document.removeEventListener("keydown", this.keys);
  }

  take(box) {
    this.box = box;
    this.frame = box.querySelector(".frame");
    this.image = this.frame.querySelector("img");
    this.zoom = { scale: 1, x: 0, y: 0 };
    box.tabIndex = -1;
    for (const name of ["zooming", "copying", "compare"]) if (this.part(name) && (name === "copying" || this.image)) this.part(name).hidden = false;
    this.offer(kept());
    box.addEventListener("click", (event) => this.click(event));
    box.addEventListener("submit", (event) => this.submit(event));
    if (!this.image) return;
    const view = box.querySelector(".lb-view");
    view.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.press(event));
    view.addEventListener("pointermove", (event) => this.drag(event));
    for (const kind of ["pointerup", "pointercancel"]) view.addEventListener(kind, (event) => this.pointers.delete(event.pointerId));
    view.addEventListener("dblclick", (event) => this.to(this.zoom.scale > 1 ? 1 : this.own, event));
    this.image.draggable = false;
    this.say();
    requestAnimationFrame(() => this.centre());
  }

  // The button downloads in the format that was chosen last.
  offer(format) {
    const link = format && [...this.box.querySelectorAll(".formats a")].find((each) => new URL(each.href).searchParams.get("format") === format);
    if (!link) return;
    const button = this.part("download");
    button.href = link.href;
    this.part("named").textContent = button.dataset.words.replace("{format}", link.firstChild.textContent);
  }

  // Brings this picture's place in the row below it into sight, without moving the page.
  centre() {
    const row = this.box.querySelector(".lb-strip");
    const here = row?.querySelector("[aria-current]");
    const middle = (part) => (({ left, width }) => left + width / 2)(part.getBoundingClientRect());
    if (here) row.scrollBy({ left: middle(here) - middle(row), behavior: "instant" });
  }

  async swap(address, given) {
    let found = null;
    try {
      found = await fetchPicture(address, given);
    } catch {
      return lost();
    }
    if (!found) return location.assign(address);
    const focused = document.activeElement?.dataset?.part;
    const inside = this.box.contains(document.activeElement);
    const other = found.box.dataset.lightbox !== this.id;
    if (!this.box.querySelector("h1")) found.box.querySelector("h1")?.remove(); // the page below has one
    this.box.replaceWith(found.box);
    dress(found.box);
    this.take(found.box);
    if (inside) ((focused && this.part(focused)) || this.box).focus({ preventScroll: true });
    if (other) this.moved(found.address);
    if (other) announce(say("Picture %(place)s", { place: this.box.querySelector(".pos")?.textContent ?? "" }));
  }

  // --- looking ----------------------------------------------------------------------------

  // How often it has to be enlarged until each of its pixels is one of the screen.
  get own() {
    return Math.max(Number(this.image.getAttribute("width")) / this.frame.offsetWidth, 1);
  }

  to(scale, at = null) {
    const most = Math.max((MOST * Number(this.image.getAttribute("width"))) / this.frame.offsetWidth, 2);
    const next = Math.min(Math.max(scale, 1), most);
    const frame = this.frame.getBoundingClientRect();
    // What lies under the pointer stays under it.
    const [x, y] = at ? [at.clientX - frame.left - frame.width / 2, at.clientY - frame.top - frame.height / 2] : [0, 0];
    const by = next / this.zoom.scale;
    this.pan(x - (x - this.zoom.x) * by, y - (y - this.zoom.y) * by, next);
  }

  pan(x, y, scale = this.zoom.scale) {
    const [wide, high] = [(this.frame.offsetWidth * scale) / 2, (this.frame.offsetHeight * scale) / 2];
    this.zoom = scale === 1 ? { scale, x: 0, y: 0 } : { scale, x: Math.min(Math.max(x, -wide), wide), y: Math.min(Math.max(y, -high), high) };
    this.image.style.transform = scale === 1 ? "" : `translate(${this.zoom.x}px, ${this.zoom.y}px) scale(${scale})`;
    this.box.classList.toggle("zoomed", scale > 1);
    if (scale > 1) this.image.sizes = `${Math.ceil(this.frame.offsetWidth * scale)}px`;
    this.say();
  }

  say() {
    const percent = Math.round((100 * this.frame.offsetWidth * this.zoom.scale) / Number(this.image.getAttribute("width")));
    this.part("zoom").textContent = this.zoom.scale === 1 ? say("Fit") : `${percent}%`;
  }

  wheel(event) {
    if (this.comparing || (!event.ctrlKey && getComputedStyle(this.box).display === "block")) return; // there it scrolls the page
    event.preventDefault();
    this.to(this.zoom.scale * (event.deltaY < 0 ? STEP : 1 / STEP), event);
  }

  press(event) {
    if (this.comparing || event.target.closest("a, button")) return;
    this.pointers.set(event.pointerId, event);
  }

  drag(event) {
    const was = this.pointers.get(event.pointerId);
    if (!was) return;
    if (this.pointers.size === 2) {
      const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      this.to((this.zoom.scale * apart(event)) / Math.max(apart(was), 1), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
    } else if (this.zoom.scale > 1) this.pan(this.zoom.x + event.clientX - was.clientX, this.zoom.y + event.clientY - was.clientY);
    this.pointers.set(event.pointerId, event);
  }

  // Its parent on the left of a divider, itself on the right.
  compare() {
    const on = !this.comparing;
    this.comparing = on;
    this.part("compare").setAttribute("aria-pressed", String(on));
    for (const each of this.frame.querySelectorAll(".before, .cutline, .side, input")) each.remove();
    this.frame.classList.toggle("ba", on);
    if (!on) return;
    this.to(1);
    const before = Object.assign(new Image(), { className: "before", src: this.frame.dataset.before, alt: say("Before: %(picture)s", { picture: this.frame.dataset.beforeAlt }) });
    const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, step: 2, value: 50 });
    range.setAttribute("aria-label", say("Compare before and after"));
    const cut = () => this.frame.style.setProperty("--cut", `${range.value}%`);
    range.addEventListener("input", cut);
    const side = (name, text) => Object.assign(document.createElement("span"), { className: `side ${name}`, textContent: text });
    this.frame.append(before, side("l", say("Before")), side("r", say("After")), Object.assign(document.createElement("span"), { className: "cutline" }), range);
    cut();
    range.focus();
  }

  // --- doing ------------------------------------------------------------------------------

  click(event) {
    const target = event.target.closest("a, button");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const part = target.dataset.part;
    if (target.matches(".getting a[download]")) {
      keep(target);
      return this.offer(kept());
    }
    if (part === "close") return this.stop(event, () => this.closed(this.id, this.box.dataset.back));
    if (part === "compare") return this.stop(event, () => this.compare());
    if (part === "favorite") return this.stop(event, () => this.mark());
    if (target.dataset.zoom) return this.stop(event, () => this.zoomed(target.dataset.zoom));
    if (target.dataset.copy) return this.stop(event, () => this.copy(target));
    if (part === "newer" || part === "older" || target.closest(".lb-strip, .family")) this.stop(event, () => this.swap(target.href));
  }

  stop(event, act) {
    event.preventDefault();
    act();
  }

  zoomed(key) {
    this.to(key === "0" ? 1 : this.zoom.scale * (key === "+" ? STEP : 1 / STEP));
  }

  async copy(button) {
    const address = new URL(button.dataset.copy, location.origin).href;
    const words = button.dataset.words?.replace(/[[\]\n]/g, " ");
    await navigator.clipboard.writeText(words === undefined ? address : `![${words}](${address})`);
    toast(words === undefined ? say("Link copied.") : say("Markdown copied."));
  }

  async mark() {
    const button = this.part("favorite");
    if (!button) return;
    const is = button.getAttribute("aria-pressed") !== "true";
    if (!(await call(is ? "PUT" : "DELETE", `/api/v1/images/${this.id}/favorite`))) return;
    button.setAttribute("aria-pressed", String(is));
    button.name = is ? "unfavorite" : "favorite";
    button.querySelector(".i").classList.toggle("fill", is);
    announce(is ? say("Favourite") : say("No favourite"));
    this.marked(this.id, is);
  }

  async submit(event) {
    const form = event.target;
    if (form.dataset.part === "deleting") return this.stop(event, () => this.discard(event.submitter.value));
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    await this.swap(form.action, { method: "POST", body });
  }

  async discard(action) {
    const [id, stays] = [this.id, this.part("deleting").dataset.stays];
    if (action === "trash" && !(await ask(sayMany("Delete %(num)s picture? It stays in the bin %(how_long)s.", "Delete %(num)s pictures? They stay in the bin %(how_long)s.", 1, { how_long: stays }), say("Delete")))) return;
    if (!(await call("POST", "/api/v1/images/bulk", { ids: [id], action }))) return;
    this.removed([id]);
    const undo = () => call("POST", "/api/v1/images/bulk", { ids: [id], action: "restore" });
    toast(action === "trash" ? sayMany("%(num)s picture deleted.", "%(num)s pictures deleted.", 1) : sayMany("%(num)s picture restored.", "%(num)s pictures restored.", 1), action === "trash" ? undo : null);
    const next = this.part("older") ?? this.part("newer");
    if (next) await this.swap(next.href);
    else this.closed(id, this.box.dataset.back);
  }

  // --- keys -------------------------------------------------------------------------------

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("dialog:not(.opened), textarea, select, input:not([type=range])")) return;
    const sliding = event.target.matches("input[type=range]");
    const arrows = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
    if (arrows[event.key] && !sliding && this.zoom.scale > 1) {
      const [x, y] = arrows[event.key];
      return this.stop(event, () => this.pan(this.zoom.x + x, this.zoom.y + y));
    }
    const acts = {
      Escape: () => this.closed(this.id, this.box.dataset.back),
      f: () => this.mark(),
      d: () => this.part("download").click(),
      b: () => this.part("compare") && this.compare(),
      ...(this.image ? { "+": () => this.zoomed("+"), "=": () => this.zoomed("+"), "-": () => this.zoomed("-"), 0: () => this.zoomed("0") } : {}),
      ...(sliding ? {} : { [BACK]: () => this.part("newer") && this.swap(this.part("newer").href), [ONWARD]: () => this.part("older") && this.swap(this.part("older").href) }),
    };
    if (acts[event.key]) this.stop(event, acts[event.key]);
  }
}

// A picture that was opened as a page of its own.
const box = document.querySelector("main > .lightbox");
if (box) {
  new Lightbox(box, {
    closed: (_, back) => location.assign(back),
    moved: (address) => history.replaceState(null, "", address),
  });
}
