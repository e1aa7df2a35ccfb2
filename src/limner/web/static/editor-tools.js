// What pointers do: a mouse, a pen with its pressure, one finger that paints, two that zoom and move.
const LEAST_PRESSED = 0.25; // of the size, where a pen barely touches
const NEAR = 1.5; // pixels of the screen that a lasso's next point is away

export class Tools {
  constructor({ art, ring, view, mask, used }) {
    Object.assign(this, { art, ring, view, mask, used, tool: "brush", size: 58, held: false, pointers: new Map(), doing: null });
    art.addEventListener("pointerdown", (event) => this.down(event));
    art.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) art.addEventListener(kind, (event) => this.up(event, kind === "pointercancel"));
    art.addEventListener("pointerleave", () => (ring.hidden = true));
    art.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  choose(tool) {
    this.tool = tool;
    this.look();
  }

  // Space held down moves, whichever tool is chosen.
  hold(held) {
    this.held = held;
    this.look();
  }

  get moves() {
    return this.held || this.tool === "hand";
  }

  look() {
    this.art.classList.toggle("moving", this.moves);
    if (this.moves || !["brush", "eraser"].includes(this.tool)) this.ring.hidden = true;
  }

  down(event) {
    if (event.target.closest(".grip") || (event.pointerType === "mouse" && event.button > 1)) return;
    event.preventDefault();
    document.activeElement?.blur(); // keys are for the tools from now on
    this.art.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 2) {
      if (this.doing === "marks") this.mask.abandon();
      this.doing = "pinches";
    } else if (this.pointers.size === 1) this.begin(event);
  }

  begin(event) {
    this.doing = this.moves || event.button === 1 ? "moves" : "marks";
    if (this.doing === "moves") return;
    this.used();
    this.start = this.view.at(event);
    if (this.tool === "brush" || this.tool === "eraser") this.mask.begin(this.point(event), this.tool === "eraser");
    else this.draft(event);
  }

  move(event) {
    this.follow(event);
    const was = this.pointers.get(event.pointerId);
    if (!was) return;
    if (this.doing === "pinches") this.pinch(event, was);
    else if (this.doing === "moves") this.view.move(event.clientX - was.clientX, event.clientY - was.clientY);
    else if (this.doing === "marks") this.mark(event);
    this.pointers.set(event.pointerId, event);
  }

  mark(event) {
    if (this.tool !== "brush" && this.tool !== "eraser") return this.draft(event);
    const parts = event.getCoalescedEvents?.() ?? [];
    this.mask.grow((parts.length ? parts : [event]).map((each) => this.point(each)));
  }

  up(event, cancelled) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.doing === "marks") {
      if (cancelled) this.mask.abandon();
      else this.mask.end();
    }
    // After a pinch the finger that is left neither paints nor moves.
    if (!this.pointers.size || this.doing !== "pinches") this.doing = null;
  }

  // A pen is as wide as it is pressed; fingers and mice do not tell.
  point(event) {
    const pressed = event.pointerType === "pen" ? LEAST_PRESSED + (1 - LEAST_PRESSED) * event.pressure : 1;
    return [...this.view.at(event), this.size * pressed];
  }

  // Alt takes away what a rectangle or a lasso goes around.
  draft(event) {
    const [x, y] = this.view.at(event);
    if (this.tool === "rectangle") {
      const [left, top] = [Math.round(Math.min(x, this.start[0])), Math.round(Math.min(y, this.start[1]))];
      const [right, bottom] = [Math.round(Math.max(x, this.start[0])), Math.round(Math.max(y, this.start[1]))];
      return this.mask.show({ kind: "box", erase: event.altKey, x: left, y: top, width: right - left, height: bottom - top });
    }
    const points = this.mask.draft?.points ?? [this.start];
    const [lastX, lastY] = points.at(-1);
    if (Math.hypot(x - lastX, y - lastY) * this.view.scale >= NEAR) points.push([x, y]);
    this.mask.show({ kind: "lasso", erase: event.altKey, points });
  }

  pinch(event, was) {
    const other = [...this.pointers.values()].find((each) => each.pointerId !== event.pointerId);
    const apart = (one) => Math.max(Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), 1);
    this.view.move((event.clientX - was.clientX) / 2, (event.clientY - was.clientY) / 2);
    this.view.zoom(apart(event) / apart(was), { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
  }

  wheel(event) {
    event.preventDefault();
    this.view.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event);
  }

  // The ring shows how wide a stroke would be; under a finger nobody would see it.
  follow(event) {
    const shown = event.pointerType !== "touch" && !this.moves && (this.tool === "brush" || this.tool === "eraser") && !event.target.closest(".grip");
    this.ring.hidden = !shown;
    if (!shown) return;
    const frame = this.art.getBoundingClientRect();
    const across = `${Math.max(this.size * this.view.scale, 4)}px`;
    Object.assign(this.ring.style, { width: across, height: across, left: `${event.clientX - frame.left}px`, top: `${event.clientY - frame.top}px` });
  }
}
