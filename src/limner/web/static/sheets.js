// A long gallery: only the sheets near the window are in the page, the rest is empty space of about the right height.
// Sheets hang on each other by their own addresses; whoever drags far lands on one by its number.
import { dress } from "./dress.js";

const NEAR = 800; // pixels from the edge of the window at which the next sheet is fetched
const FAR = 3200; // pixels from the window at which a sheet is taken down
const TALLEST = 12_000_000; // pixels of empty space: browsers stop at 17 to 33 million
const REST = 120; // milliseconds without scrolling, after which somebody has arrived somewhere
const AGAIN = 4000;

const top = (part) => part.getBoundingClientRect().top;
const bottom = (part) => part.getBoundingClientRect().bottom;

export class Sheets {
  constructor(root, { address, total, hung, ended, trouble }) {
    Object.assign(this, { root, address, total, hung, ended, trouble, above: 0, busy: false, asked: false, moved: 0 });
    this.before = Object.assign(document.createElement("div"), { className: "space" });
    this.after = Object.assign(document.createElement("div"), { className: "space" });
    root.prepend(this.before);
    root.append(this.after);
    const first = this.all[0];
    if (first?.dataset.newer) this.above = Number(first.dataset.count);
    this.heard = () => {
      this.moved = performance.now();
      this.settle();
    };
    addEventListener("scroll", this.heard, { passive: true });
    addEventListener("resize", this.heard);
    this.all.forEach(hung);
    this.space();
    this.settle();
  }

  get all() {
    return [...this.root.querySelectorAll(":scope > .sheet")];
  }

  get shown() {
    return this.all.reduce((sum, sheet) => sum + Number(sheet.dataset.count), 0);
  }

  close() {
    removeEventListener("scroll", this.heard);
    removeEventListener("resize", this.heard);
    this.closed = true;
  }

  // What has to be there for what is looked at; asked again while it works, it looks again.
  async settle() {
    this.asked = true;
    if (this.busy) return;
    this.busy = true;
    while (this.asked && !this.closed) {
      this.asked = false;
      try {
        await this.step();
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        this.trouble();
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
        this.asked = true;
      }
    }
    this.busy = false;
  }

  async step() {
    const sheets = this.all;
    if (!sheets.length) return;
    const [first, last] = [sheets[0], sheets.at(-1)];
    if (bottom(last) < -innerHeight || top(first) > 2 * innerHeight) return this.land();
    if (bottom(last) < innerHeight + NEAR && last.dataset.older) return this.hang(last.dataset.older, last, null);
    if (top(first) > -NEAR && first.dataset.newer) return this.hang(first.dataset.newer, null, first);
    this.prune(sheets);
  }

  async fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new TypeError(`${answer.status}`);
    const holder = document.createElement("template");
    holder.innerHTML = (await answer.text()).trim();
    const sheet = holder.content.firstElementChild;
    sheet.dataset.from = address;
    dress(sheet);
    return sheet;
  }

  // One more sheet below another one, or above it.
  async hang(address, over, under) {
    const sheet = await this.fetched(address);
    if (this.closed || !(over ?? under).isConnected) return;
    const count = Number(sheet.dataset.count);
    this.still(() => {
      if (!count) (over ?? under).dataset[over ? "older" : "newer"] = "";
      else if (over) over.after(sheet);
      else {
        under.before(sheet);
        this.above = sheet.dataset.newer ? Math.max(this.above - count, count) : 0;
      }
      this.headings();
      this.space();
    });
    if (count) this.hung(sheet);
    this.asked = true;
  }

  // Somebody has gone where nothing hangs: once they rest, they get the sheet of about that number.
  async land() {
    const rest = REST - (performance.now() - this.moved);
    this.asked = true;
    if (rest > 0) return new Promise((resolve) => setTimeout(resolve, rest));
    const [first, last] = [this.all[0], this.all.at(-1)];
    const down = bottom(last) < 0;
    const space = (down ? this.after : this.before).getBoundingClientRect();
    const share = Math.min(Math.max(-space.top / Math.max(space.height, 1), 0), 1);
    const from = down ? this.above + this.shown : 0;
    const many = down ? this.total - from : this.above;
    const skip = Math.max(0, Math.min(Math.floor(from + share * many), this.total - Number(first.dataset.count)));
    await this.open(`${this.address}${this.address.includes("?") ? "&" : "?"}skip=${skip}`, skip, null);
  }

  // Takes everything down and hangs one sheet, at a distance from the window's upper edge.
  async open(address, above, offset) {
    const moved = this.moved;
    const sheet = await this.fetched(address);
    if (this.closed || (offset === null && this.moved !== moved)) return;
    if (!Number(sheet.dataset.count)) return;
    for (const old of this.all) old.remove();
    this.before.after(sheet);
    this.above = sheet.dataset.newer ? Math.max(above, 1) : 0;
    this.space();
    this.hung(sheet);
    const bar = document.querySelector(".topbar")?.offsetHeight ?? 0;
    if (offset === null && !this.above) scrollTo({ top: 0, behavior: "instant" });
    else if (offset === null && !sheet.dataset.older) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    else scrollBy({ top: top(sheet) - (offset ?? bar), behavior: "instant" });
    this.moved = performance.now();
  }

  // Takes down what is far from the window.
  prune(sheets) {
    const gone = sheets.filter((sheet) => bottom(sheet) < -FAR || top(sheet) > innerHeight + FAR);
    if (!gone.length || gone.length === sheets.length) return;
    this.still(() => {
      for (const sheet of gone) {
        if (bottom(sheet) < 0) this.above += Number(sheet.dataset.count);
      }
      for (const sheet of gone) sheet.remove();
      this.headings();
      this.space();
    });
  }

  // A day is named once, where it begins.
  headings() {
    let day = null;
    for (const sheet of this.all) {
      for (const group of sheet.children) {
        const head = group.querySelector(".day");
        if (head) head.hidden = group.dataset.day === day;
        day = group.dataset.day;
      }
    }
  }

  // Empty space for what does not hang: true to what does, as long as browsers can scroll that far.
  space() {
    const sheets = this.all;
    const [first, last] = [sheets[0], sheets.at(-1)];
    const each = sheets.length ? Math.max(bottom(last) - top(first), 1) / Math.max(this.shown, 1) : 0;
    const above = first?.dataset.newer ? this.above * each : 0;
    const below = last?.dataset.older ? Math.max(this.total - this.above - this.shown, 1) * each : 0;
    const scale = Math.min(1, TALLEST / Math.max(above + below, 1));
    this.before.style.blockSize = `${Math.round(above * scale)}px`;
    this.after.style.blockSize = `${Math.round(below * scale)}px`;
    this.ended(Boolean(sheets.length) && !last.dataset.older);
  }

  // Changes what hangs, and what is looked at stays where it is.
  still(change) {
    const anchor = this.all.find((sheet) => bottom(sheet) > 0) ?? this.all[0];
    const was = anchor && top(anchor);
    change();
    if (anchor?.isConnected && top(anchor) !== was) scrollBy({ top: top(anchor) - was, behavior: "instant" });
  }

  // Where somebody is, to come back to; and coming back.
  place() {
    const sheet = this.all.find((each) => bottom(each) > 0);
    if (!sheet) return null;
    const index = this.all.indexOf(sheet);
    const above = this.all.slice(0, index).reduce((sum, each) => sum + Number(each.dataset.count), this.above);
    return { from: sheet.dataset.from ?? "", above, offset: Math.round(top(sheet)) };
  }

  async back({ from, above, offset }) {
    if (from) await this.open(from, above, offset);
    else if (this.all[0]) scrollBy({ top: top(this.all[0]) - offset, behavior: "instant" });
    this.settle();
  }
}
