// The editor: a mask is drawn over a picture, or its sheet extended, and what comes of it lies beside the original.
import { Mask } from "./editor-mask.js";
import { Outpaint } from "./editor-outpaint.js";
import { Panel } from "./editor-form.js";
import { Result } from "./editor-result.js";
import { Rubylith } from "./editor-rubylith.js";
import { Tools } from "./editor-tools.js";
import { View } from "./editor-view.js";
import { number, percent, size as pixels } from "./words.js";

const PAN = 60; // pixels of the screen by one press of an arrow
const SIZES = { least: 4, most: 200, by: 1.15 };
const KEYS = { b: "brush", e: "eraser", r: "rectangle", l: "lasso" };
const ARROWS = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };

class Editor {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("form");
    const size = { width: Number(root.dataset.width), height: Number(root.dataset.height) };
    this.panel = new Panel(this.form, () => this.mask, (link) => this.result?.take(link));
    this.ranges();
    if (root.dataset.tooLarge !== undefined) return;
    const art = this.part("art");
    this.unfold(art);
    this.view = new View(art, size, () => this.laid());
    this.mask = new Mask(size.width, size.height, () => this.marked());
    this.film = new Rubylith(this.part("rubylith"), this.view, this.mask);
    this.outpaint = new Outpaint({ paper: this.part("paper"), form: this.form, view: this.view, changed: () => this.told() });
    this.tools = new Tools({ art, ring: this.part("ring"), view: this.view, mask: this.mask, used: () => this.used() });
    this.result = new Result({ image: this.part("result"), toggle: this.part("resulting"), view: this.view, shown: () => this.shown() });
    this.listen();
    this.view.fit();
    this.marked();
    root.dataset.ready = "";
  }

  part(name) {
    return this.root.querySelector(`[data-part=${name}]`);
  }

  // What works with a script alone is shown, and what stands in for it without one is not.
  unfold(art) {
    for (const name of ["tools", "sizing", "showing", "zooming", "rubylith", "hint", "coverage"]) this.part(name).hidden = false;
    this.root.querySelector("[data-act=box]").hidden = false;
    this.part("maskfile").hidden = true;
    this.part("maskfile").querySelector("input").disabled = true;
    art.classList.add("live");
  }

  ranges() {
    for (const range of this.root.querySelectorAll("input[type=range]")) {
      const say = () => {
        const output = this.root.querySelector(`output[for=${range.id}]`);
        output.textContent = output.dataset.unit === "%" ? percent(range.value / 100) : `${number(Number(range.value))}${output.dataset.unit}`;
        range.style.setProperty("--at", `${(100 * (range.value - range.min)) / (range.max - range.min)}%`);
      };
      range.addEventListener("input", say);
      say();
    }
  }

  listen() {
    this.root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tool], [data-act]");
      if (button?.dataset.tool) this.choose(button.dataset.tool);
      else if (button) this.act(button.dataset.act);
    });
    const size = this.root.querySelector("#bsize");
    size.addEventListener("input", () => (this.tools.size = Number(size.value)));
    const feather = this.root.querySelector("#feather");
    const soften = () => {
      this.film.feather = Number(feather.value);
      this.film.soon();
    };
    feather.addEventListener("input", soften);
    soften();
    this.root.addEventListener("change", () => this.shown());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keyup", (event) => event.key === " " && this.tools.hold(false));
    addEventListener("blur", () => this.tools.hold(false));
  }

  choose(tool) {
    for (const button of this.root.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.tools.choose(tool);
  }

  act(name) {
    const acts = {
      invert: () => this.mask.invert(),
      clear: () => this.mask.clear(),
      undo: () => this.mask.undo(),
      redo: () => this.mask.redo(),
      in: () => this.view.zoom(1.25),
      out: () => this.view.zoom(1 / 1.25),
      fit: () => this.view.fit(),
      box: () => this.box(),
    };
    if (["invert", "box"].includes(name)) this.used();
    acts[name]();
  }

  // The area of the number fields, marked as the rectangle tool would.
  box() {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(this.form.elements[name].value) || 0);
    if (width > 0 && height > 0) this.mask.add({ kind: "box", erase: false, x, y, width, height });
  }

  // Whoever marks something looks at the original, and does not extend.
  used() {
    this.result.off();
    if (this.panel.kind !== "extend") return;
    this.panel.kind = "inpaint";
    this.shown();
  }

  // A mask says nothing about an extension.
  shown() {
    this.film.canvas.hidden = !this.root.querySelector("#showmask").checked || this.panel.kind === "extend" || this.result.on;
    this.film.soon();
  }

  resize(by) {
    const size = this.root.querySelector("#bsize");
    size.value = Math.min(Math.max(Math.round(by > 0 ? size.value * SIZES.by + 1 : size.value / SIZES.by - 1), SIZES.least), SIZES.most);
    size.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- what is told -------------------------------------------------------------------------

  laid() {
    this.view.lay(this.part("paper"), this.part("picture"));
    this.part("zoom").textContent = percent(this.view.scale);
    this.outpaint?.write();
    this.result?.lay();
    this.film?.soon();
  }

  told() {
    const [{ width, height }, sizes, paper] = [this.view.size, this.part("sizes"), this.part("paper")];
    const [size, larger] = [pixels(this.view.width, this.view.height), pixels(width, height)];
    sizes.textContent = size === larger ? size : sizes.dataset.words.replace("{size}", size).replace("{larger}", larger);
    paper.setAttribute("aria-label", paper.dataset.words.replace("{size}", larger));
    this.laid();
  }

  marked() {
    this.film?.soon();
    clearTimeout(this.counting);
    // A large mask is not counted at every point of a stroke.
    this.counting = setTimeout(() => {
      const [share, told] = [this.mask.covered, this.part("coverage")];
      const shown = share > 0 && share < 0.005 ? `<${percent(0.01)}` : percent(share);
      told.textContent = told.dataset.words.replace("{share}", shown);
      told.dataset.share = share.toFixed(4);
      this.root.querySelector("[data-act=undo]").disabled = !this.mask.steps.length;
      this.root.querySelector("[data-act=redo]").disabled = !this.mask.undone.length;
    }, 60);
  }

  // --- keys ---------------------------------------------------------------------------------

  key(event) {
    if (event.target.closest("dialog, textarea, select, input:not([type=range], [type=radio], [type=checkbox])")) return;
    const act = event.ctrlKey || event.metaKey ? this.withControl(event) : this.alone(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  withControl(event) {
    if (event.altKey || event.key.toLowerCase() !== "z") return null;
    return () => this.act(event.shiftKey ? "redo" : "undo");
  }

  alone(event) {
    if (event.altKey) return null;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (KEYS[key]) return () => this.choose(KEYS[key]);
    if (ARROWS[key] && !event.target.closest("input, [data-grip]") && !this.view.fitted) return () => this.view.move(...ARROWS[key]);
    if (key === " " && !event.target.closest("a, button, input, summary")) return () => this.tools.hold(true);
    const acts = { i: "invert", "+": "in", "=": "in", "-": "out", 0: "fit" };
    if (acts[key]) return () => this.act(acts[key]);
    if (key === "[" || key === "]") return () => this.resize(key === "]" ? 1 : -1);
    return null;
  }
}

new Editor(document.getElementById("editor"));
