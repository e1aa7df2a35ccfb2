// Shows the mask as engravers did: a red film over what is to change, hatched so that it reads on red pictures too.
import { draw } from "./editor-strokes.js";

const HATCH = 9;

function hatch(context) {
  const tile = Object.assign(document.createElement("canvas"), { width: HATCH, height: HATCH });
  const pen = tile.getContext("2d");
  pen.fillStyle = "rgb(210 58 30 / 0.5)";
  pen.fillRect(0, 0, HATCH, HATCH);
  pen.strokeStyle = "rgb(255 185 166 / 0.55)";
  pen.lineWidth = 1.5;
  for (const at of [-HATCH, 0, HATCH]) {
    pen.beginPath();
    pen.moveTo(at, HATCH);
    pen.lineTo(at + HATCH, 0);
    pen.stroke();
  }
  return context.createPattern(tile, "repeat");
}

export class Rubylith {
  constructor(canvas, view, mask) {
    Object.assign(this, { canvas, view, mask, feather: 0, waiting: false });
    this.context = canvas.getContext("2d");
    this.film = document.createElement("canvas").getContext("2d");
    this.hatch = hatch(this.context);
  }

  // At most once for each picture of the screen, however much has changed.
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.paint();
    });
  }

  paint() {
    const { view, canvas, context } = this;
    const dense = devicePixelRatio || 1;
    const [width, height] = [Math.round(view.art.clientWidth * dense), Math.round(view.art.clientHeight * dense)];
    for (const each of [canvas, this.film.canvas]) {
      if (each.width !== width) each.width = width;
      if (each.height !== height) each.height = height;
    }
    context.clearRect(0, 0, width, height);
    if (canvas.hidden) return;
    const edges = [view.x, view.y, view.width * view.scale, view.height * view.scale].map((each) => each * dense);
    context.save();
    context.beginPath();
    context.rect(...edges);
    context.clip();
    // Fades as the server will make it; browsers without filters show the mask as it was drawn.
    this.cover([[0, 0]], `blur(${(this.feather / 2) * view.scale * dense}px)`, this.hatch);
    context.drawImage(this.film.canvas, 0, 0);
    this.cover([[-1, 0], [1, 0], [0, -1], [0, 1]], "none", "#ffd9cc", dense * 1.2);
    context.drawImage(this.film.canvas, 0, 0);
    context.restore();
  }

  // Fills the film with a colour where the mask is; with more than one place, with its outline alone.
  cover(places, filter, colour, step = 0) {
    const { film, view } = this;
    const dense = devicePixelRatio || 1;
    const scale = view.scale * dense;
    const put = ([across, down]) => {
      film.setTransform(scale, 0, 0, scale, view.x * dense + across * step, view.y * dense + down * step);
      film.drawImage(this.mask.canvas, 0, 0);
      if (this.mask.draft) draw(film, this.mask.draft);
    };
    film.save();
    film.setTransform(1, 0, 0, 1, 0, 0);
    film.clearRect(0, 0, film.canvas.width, film.canvas.height);
    if (this.feather && filter !== "none") film.filter = filter;
    for (const place of places) put(place);
    film.filter = "none";
    if (places.length > 1) {
      film.globalCompositeOperation = "destination-out";
      film.setTransform(scale, 0, 0, scale, view.x * dense, view.y * dense);
      film.drawImage(this.mask.canvas, 0, 0);
      if (this.mask.draft && !this.mask.draft.erase) draw(film, { ...this.mask.draft, erase: true });
    }
    film.setTransform(1, 0, 0, 1, 0, 0);
    film.globalCompositeOperation = "source-in";
    film.fillStyle = colour;
    film.fillRect(0, 0, film.canvas.width, film.canvas.height);
    film.restore();
  }
}
