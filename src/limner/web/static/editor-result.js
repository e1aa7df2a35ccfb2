// What came of an edit, over the original that it was made from, until that is marked again.
export class Result {
  constructor({ image, toggle, view, shown }) {
    Object.assign(this, { image, toggle, view, shown, whole: false });
    this.box = toggle.querySelector("input");
    this.box.addEventListener("change", () => this.look());
  }

  get on() {
    return !this.toggle.hidden && this.box.checked;
  }

  // A version that has just been made; one of another size than the picture and the sheet lies over neither.
  take(link) {
    const [width, height] = ["width", "height"].map((name) => Number(link.querySelector("img").getAttribute(name)));
    const { view } = this;
    const covers = (size) => size.width === width && size.height === height;
    this.whole = !covers(view);
    this.toggle.hidden = !covers(view) && !covers(view.size);
    this.image.src = link.dataset.file;
    this.box.checked = true;
    this.look();
  }

  off() {
    if (!this.on) return;
    this.box.checked = false;
    this.look();
  }

  look() {
    this.image.hidden = !this.on;
    this.lay();
    this.shown();
  }

  // Over the picture, or, where that was extended, over the whole sheet.
  lay() {
    const { margins, scale, width, height, size } = this.view;
    const across = this.whole ? [0, 0, size.width, size.height] : [margins.left, margins.top, width, height];
    const [left, top, wide, high] = across.map((each) => `${each * scale}px`);
    Object.assign(this.image.style, { left, top, width: wide, height: high });
  }
}
