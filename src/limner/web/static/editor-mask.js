// The mask: a canvas as large as the picture, and every step that led to it, so that each can be taken back.
import { draw } from "./editor-strokes.js";

const STEPS = 200; // that can be taken back; older ones stay as they are
const COARSE = 256; // edge of the small copy from which the covered share is told

const sheet = (width, height) => Object.assign(document.createElement("canvas"), { width, height });

export class Mask {
  constructor(width, height, changed) {
    Object.assign(this, { width, height, changed, steps: [], undone: [], growing: null, draft: null });
    this.canvas = sheet(width, height);
    this.context = this.canvas.getContext("2d");
    this.settled = null; // what steps left behind that are no longer kept
  }

  // --- one step after the other -------------------------------------------------------------

  add(step) {
    draw(this.context, step);
    this.keep(step);
  }

  keep(step) {
    this.steps.push(step);
    this.undone = [];
    if (this.steps.length > STEPS) this.settle(this.steps.shift());
    this.changed();
  }

  settle(step) {
    this.settled ??= sheet(this.width, this.height);
    draw(this.settled.getContext("2d"), step);
  }

  // A line that grows while it is drawn.
  begin(point, erase) {
    this.growing = { kind: "line", erase, points: [point] };
    draw(this.context, this.growing);
    this.changed();
  }

  grow(points) {
    const from = this.growing.points.length;
    this.growing.points.push(...points);
    draw(this.context, this.growing, from);
    this.changed();
  }

  // A rectangle or a lasso that is still being pulled is shown, and not yet drawn.
  show(draft) {
    this.draft = draft;
    this.changed();
  }

  end() {
    if (this.growing) this.keep(this.growing);
    if (this.draft) this.add(this.draft);
    this.growing = this.draft = null;
    this.changed();
  }

  // What was begun never was: a second finger came down.
  abandon() {
    const drawn = this.growing;
    this.growing = this.draft = null;
    if (drawn) this.again();
  }

  invert() {
    this.add({ kind: "invert", width: this.width, height: this.height });
  }

  clear() {
    this.add({ kind: "clear", width: this.width, height: this.height });
  }

  undo() {
    if (!this.steps.length) return;
    this.undone.push(this.steps.pop());
    this.again();
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return;
    draw(this.context, step);
    this.steps.push(step);
    this.changed();
  }

  again() {
    this.context.clearRect(0, 0, this.width, this.height);
    if (this.settled) this.context.drawImage(this.settled, 0, 0);
    for (const step of this.steps) draw(this.context, step);
    this.changed();
  }

  // --- what has come of it ------------------------------------------------------------------

  // The share of the picture that is marked, 0 to 1, as near as a small copy tells.
  get covered() {
    const scale = Math.min(1, COARSE / Math.max(this.width, this.height));
    const small = sheet(Math.max(1, Math.round(this.width * scale)), Math.max(1, Math.round(this.height * scale)));
    const context = small.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(this.canvas, 0, 0, small.width, small.height);
    const { data } = context.getImageData(0, 0, small.width, small.height);
    let sum = 0;
    for (let at = 3; at < data.length; at += 4) sum += data[at];
    return sum / (255 * (data.length / 4));
  }

  // Whether really nothing is marked, which a small copy cannot tell.
  get blank() {
    if (!this.steps.length && !this.settled) return true;
    const { data } = this.context.getImageData(0, 0, this.width, this.height);
    for (let at = 3; at < data.length; at += 4) if (data[at] > 127) return false;
    return true;
  }

  // As a file: white is to change, black is to stay.
  async file() {
    const out = sheet(this.width, this.height);
    const context = out.getContext("2d");
    context.fillRect(0, 0, this.width, this.height);
    context.drawImage(this.canvas, 0, 0);
    return new Promise((resolve) => out.toBlob(resolve, "image/png"));
  }
}
