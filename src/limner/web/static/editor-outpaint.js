// Extends the sheet: by its handles, with a pointer or with arrow keys, or by the number fields beside them.
import { number } from "./words.js";

const STEP = 8;
const STRIDE = 64; // with Shift
const MOST = 16_384;

const WAYS = {
  top: { grows: "ArrowUp", shrinks: "ArrowDown", by: (across, down) => -down, centred: "-50% -50%" },
  right: { grows: "ArrowRight", shrinks: "ArrowLeft", by: (across) => across, centred: "50% 0" },
  bottom: { grows: "ArrowDown", shrinks: "ArrowUp", by: (across, down) => down, centred: "-50% 50%" },
  left: { grows: "ArrowLeft", shrinks: "ArrowRight", by: (across) => -across, centred: "-50% 0" },
};

export class Outpaint {
  constructor({ paper, form, view, changed }) {
    Object.assign(this, { paper, form, view, changed, tags: {} });
    for (const grip of paper.querySelectorAll("[data-grip]")) this.arm(grip, grip.dataset.grip);
    for (const side of Object.keys(WAYS)) form.elements[side].addEventListener("input", () => this.typed());
    this.typed();
  }

  arm(grip, side) {
    grip.hidden = false;
    let from = null;
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      grip.focus({ preventScroll: true });
      grip.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, was: this.view.margins[side] };
    });
    grip.addEventListener("pointermove", (event) => {
      if (!from) return;
      const pulled = WAYS[side].by(event.clientX - from.x, event.clientY - from.y) / this.view.scale;
      this.set(side, from.was + pulled, { still: true });
    });
    for (const kind of ["pointerup", "pointercancel"])
      grip.addEventListener(kind, () => {
        if (from && this.view.fitted) this.view.fit();
        from = null;
      });
    grip.addEventListener("keydown", (event) => {
      const { grows, shrinks } = WAYS[side];
      if (event.key !== grows && event.key !== shrinks) return;
      event.preventDefault();
      event.stopPropagation();
      this.set(side, this.view.margins[side] + (event.key === grows ? 1 : -1) * (event.shiftKey ? STRIDE : STEP));
    });
  }

  // While a handle is pulled the sheet stays where it is, under the pointer.
  set(side, pixels, { still = false } = {}) {
    const whole = Math.min(Math.max(Math.round(pixels), 0), MOST);
    if (whole === this.view.margins[side]) return;
    this.form.elements[side].value = whole;
    this.take(side, whole, still);
    this.form.elements[side].dispatchEvent(new Event("change", { bubbles: true }));
  }

  typed() {
    for (const side of Object.keys(WAYS)) {
      const text = this.form.elements[side].value.trim();
      if (/^\d{1,5}$/.test(text) || !text) this.take(side, Math.min(Number(text), MOST), false);
    }
  }

  take(side, whole, still) {
    this.view.margins[side] = whole;
    if (this.view.fitted && !still) this.view.fit();
    else this.view.changed();
    this.changed();
  }

  // How far each side grows, written where it does.
  write() {
    const { margins, scale } = this.view;
    for (const [side, pixels] of Object.entries(margins)) {
      const tag = (this.tags[side] ??= Object.assign(document.createElement("span"), { className: "grown num" }));
      if (!pixels) {
        tag.remove();
        continue;
      }
      tag.textContent = `+${number(pixels)} px`;
      if (!tag.isConnected) this.paper.append(tag);
      const along = ["left", "right"].includes(side);
      const middle = `${(pixels * scale) / 2}px`;
      // Beside the handle, which it would cover on a narrow side.
      Object.assign(tag.style, { [side]: middle, [along ? "top" : "left"]: along ? "calc(50% + 40px)" : "calc(50% + 70px)", translate: WAYS[side].centred });
    }
  }
}
