// Where the picture lies on the screen: how large, how far moved, and which of its pixels is under a pointer.
const MOST = 8; // pixels of the screen for one of the picture
const ROOM = { wide: 40, narrow: 26 }; // around a sheet that fits, for its handles
const LEFT = 48; // of a sheet that was pushed away, so that it can be pulled back

export class View {
  constructor(art, { width, height }, changed) {
    Object.assign(this, { art, width, height, changed, scale: 1, x: 0, y: 0, fitted: true });
    this.margins = { top: 0, right: 0, bottom: 0, left: 0 };
    new ResizeObserver(() => (this.fitted ? this.fit() : this.move(0, 0))).observe(art);
  }

  // The sheet, in pixels of the picture: the picture and what it is extended by.
  get size() {
    const { top, right, bottom, left } = this.margins;
    return { width: this.width + left + right, height: this.height + top + bottom };
  }

  get smallest() {
    const room = 2 * (this.art.clientWidth < 600 ? ROOM.narrow : ROOM.wide);
    const { width, height } = this.size;
    return Math.min(MOST, Math.max((this.art.clientWidth - room) / width, 0.01), Math.max((this.art.clientHeight - room) / height, 0.01));
  }

  fit() {
    const { width, height } = this.size;
    this.scale = this.smallest;
    this.x = (this.art.clientWidth - width * this.scale) / 2 + this.margins.left * this.scale;
    this.y = (this.art.clientHeight - height * this.scale) / 2 + this.margins.top * this.scale;
    this.fitted = true;
    this.changed();
  }

  // The pixel of the picture that is under a pointer; it may lie outside.
  at({ clientX, clientY }) {
    const frame = this.art.getBoundingClientRect();
    return [(clientX - frame.left - this.x) / this.scale, (clientY - frame.top - this.y) / this.scale];
  }

  // What lies under the pointer stays under it; without one, what lies in the middle.
  zoom(by, point = null) {
    const frame = this.art.getBoundingClientRect();
    const [x, y] = point ? [point.clientX - frame.left, point.clientY - frame.top] : [frame.width / 2, frame.height / 2];
    const next = Math.min(Math.max(this.scale * by, Math.min(this.smallest, 1)), MOST);
    if (next <= this.smallest) return this.fit();
    const real = next / this.scale;
    this.scale = next;
    this.fitted = false;
    this.place(x - (x - this.x) * real, y - (y - this.y) * real);
  }

  move(across, down) {
    this.fitted = false;
    this.place(this.x + across, this.y + down);
  }

  place(x, y) {
    const { width, height } = this.size;
    const [left, top] = [this.margins.left * this.scale, this.margins.top * this.scale];
    const within = (value, length, room) => Math.min(Math.max(value, LEFT - length), room - LEFT);
    this.x = within(x - left, width * this.scale, this.art.clientWidth) + left;
    this.y = within(y - top, height * this.scale, this.art.clientHeight) + top;
    this.changed();
  }

  // Lays the sheet and the picture on it where they are to be.
  lay(paper, picture) {
    const { width, height } = this.size;
    const px = (value) => `${value}px`;
    Object.assign(paper.style, {
      left: px(this.x - this.margins.left * this.scale),
      top: px(this.y - this.margins.top * this.scale),
      width: px(width * this.scale),
      height: px(height * this.scale),
    });
    Object.assign(picture.style, {
      left: px(this.margins.left * this.scale),
      top: px(this.margins.top * this.scale),
      width: px(this.width * this.scale),
      height: px(this.height * this.scale),
    });
  }
}
