// Pictures that are selected, also where their sheets have been taken down meanwhile, and what is done with them.
import { ask, call, toast } from "./telling.js";
import { number, say, sayMany } from "./words.js";

const AT_ONCE = 1000;
const HELD = 500; // milliseconds after which a touch is a long one
const DONE = {
  favorite: (count) => sayMany("%(num)s picture marked as favourite.", "%(num)s pictures marked as favourites.", count),
  tag: (count) => sayMany("%(num)s picture tagged.", "%(num)s pictures tagged.", count),
  untag: (count) => sayMany("The tags are off %(num)s picture.", "The tags are off %(num)s pictures.", count),
  project: (count, project) => sayMany("%(num)s picture moved to %(project)s.", "%(num)s pictures moved to %(project)s.", count, { project }),
  collect: (count) => sayMany("%(num)s picture added to the collection.", "%(num)s pictures added to the collection.", count),
  uncollect: (count) => sayMany("%(num)s picture taken out of the collection.", "%(num)s pictures taken out of the collection.", count),
  trash: (count) => sayMany("%(num)s picture deleted.", "%(num)s pictures deleted.", count),
  restore: (count) => sayMany("%(num)s picture restored.", "%(num)s pictures restored.", count),
};

export class Selection {
  constructor(root, { removed, marked }) {
    Object.assign(this, { root, removed, marked, ids: new Set(), last: null });
    this.form = root.querySelector("#bulk");
    this.switch = document.querySelector("[data-part=select]");
    this.on = root.classList.contains("selecting");
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.form.querySelector("[data-part=done]").addEventListener("click", (event) => this.turn(event, false));
    if (this.switch) {
      this.switch.setAttribute("role", "button");
      this.switch.addEventListener("click", (event) => this.turn(event, !this.on));
      this.switch.addEventListener("keydown", (event) => event.key === " " && this.turn(event, !this.on));
    }
    root.addEventListener("click", (event) => this.click(event));
    root.addEventListener("change", (event) => event.target.matches(".tick") && this.note(event.target));
    this.hold();
    this.show();
  }

  turn(event, on) {
    event?.preventDefault();
    this.on = on;
    if (!on) {
      this.ids.clear();
      for (const tick of this.root.querySelectorAll(".tick:checked")) tick.checked = false;
    }
    this.show();
  }

  // The ticks of a sheet that has come (back).
  hung(sheet) {
    for (const tick of sheet.querySelectorAll(".tick")) {
      if (tick.checked) this.ids.add(tick.value);
      tick.checked = this.ids.has(tick.value);
    }
    this.show();
  }

  click(event) {
    const tile = event.target.closest(".pic");
    if (!tile || event.ctrlKey || event.metaKey || !this.on || event.target.matches(".tick") && !event.shiftKey) return;
    event.preventDefault();
    // A box that is pressed goes back to what it was when its own press is prevented: it is set after that.
    setTimeout(() => this.toggle(tile, event.shiftKey));
  }

  toggle(tile, range = false) {
    if (!this.on) this.turn(null, true);
    const ticks = [...this.root.querySelectorAll(".tick")];
    const tick = tile.querySelector(".tick");
    const [from, to] = [ticks.findIndex((each) => each.value === this.last), ticks.indexOf(tick)];
    if (range && from >= 0) {
      for (const each of ticks.slice(Math.min(from, to), Math.max(from, to) + 1)) this.set(each, true);
    } else this.set(tick, !tick.checked);
    this.last = tick.value;
    this.show();
  }

  set(tick, checked) {
    tick.checked = checked;
    if (checked) this.ids.add(tick.value);
    else this.ids.delete(tick.value);
  }

  note(tick) {
    this.set(tick, tick.checked);
    this.last = tick.value;
    this.show();
  }

  show() {
    this.root.classList.toggle("selecting", this.on);
    this.form.hidden = !this.on;
    this.switch?.classList.toggle("on", this.on);
    this.switch?.setAttribute("aria-pressed", String(this.on));
    const count = this.form.querySelector("[data-part=count]");
    count.textContent = this.ids.size ? say("%(count)s selected", { count: number(this.ids.size) }) : say("Tick pictures");
    for (const button of this.form.querySelectorAll("button")) button.setAttribute("aria-disabled", String(!this.ids.size));
    this.form.querySelector("[data-part=compare]")?.setAttribute("aria-disabled", String(!this.comparable));
  }

  get comparable() {
    return this.ids.size >= 2 && this.ids.size <= 4;
  }

  // On a touch screen a long press selects.
  hold() {
    let timer;
    const stop = () => clearTimeout(timer);
    this.root.addEventListener("pointerdown", (event) => {
      const tile = event.pointerType === "touch" && event.target.closest(".pic");
      if (!tile || this.on) return;
      timer = setTimeout(() => {
        this.toggle(tile);
        tile.addEventListener("click", (click) => click.preventDefault(), { once: true, capture: true });
      }, HELD);
    });
    for (const kind of ["pointerup", "pointercancel", "pointermove", "scroll"]) this.root.addEventListener(kind, stop, { passive: true });
    this.root.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.target.closest(".pic") && event.preventDefault());
  }

  async submit(event) {
    const button = event.submitter;
    if (!this.ids.size) return event.preventDefault();
    if (button?.getAttribute("formaction") === this.form.dataset.export) return this.exported(event);
    event.preventDefault();
    if (button?.dataset.part === "compare") {
      if (!this.comparable) return toast(button.dataset.ask);
      return location.assign(`${button.getAttribute("formaction")}?ids=${[...this.ids].join(",")}`);
    }
    const [ids, action] = [[...this.ids], button.value];
    if (action === "forget") return this.forget(ids);
    if (action === "trash") {
      const stay = this.form.querySelector("[value=trash]").dataset.ask;
      if (!(await ask(sayMany("Delete %(num)s picture? It stays in the bin %(how_long)s.", "Delete %(num)s pictures? They stay in the bin %(how_long)s.", ids.length, { how_long: stay }), say("Delete")))) return;
    }
    await this.apply(ids, action);
  }

  // All at once, in parts that the interface takes.
  async apply(ids, action, quiet = false) {
    const form = new FormData(this.form);
    const said = {
      tags: String(form.get("tags") ?? "").split(",").map((tag) => tag.trim()).filter(Boolean),
      project: form.get("project") ?? "",
      collection_id: form.get("collection") ?? "",
    };
    let changed = 0;
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const done = await call("POST", "/api/v1/images/bulk", { ids: ids.slice(start, start + AT_ONCE), action, ...said });
      if (!done) return;
      changed += done.changed;
    }
    if (action === "favorite" || action === "unfavorite") for (const id of ids) this.marked(id, action === "favorite");
    if (["trash", "restore", "uncollect"].includes(action)) this.removed(ids);
    for (const menu of this.form.querySelectorAll("details")) menu.open = false;
    if (quiet) return;
    this.turn(null, false);
    const undo = async () => {
      await this.apply(ids, "restore", true);
      location.reload();
    };
    toast(DONE[action]?.(changed, said.project) ?? "", action === "trash" ? undo : null);
  }

  async forget(ids) {
    if (!(await ask(sayMany("Delete %(num)s picture for good? Nobody can bring it back.", "Delete %(num)s pictures for good? Nobody can bring them back.", ids.length), say("Delete for good")))) return;
    const body = new URLSearchParams([["do", "forget"], ["sure", "yes"], ["back", "/gallery"], ...ids.map((id) => ["id", id])]);
    const answer = await fetch(this.form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect") return toast(say("This did not work. Try again in a moment."));
    this.turn(null, false);
    this.removed(ids);
    toast(sayMany("%(num)s picture deleted for good.", "%(num)s pictures deleted for good.", ids.length));
  }

  // The browser fetches the file by itself; what hangs nowhere is named beside what does.
  exported() {
    const there = new Set([...this.root.querySelectorAll(".tick:checked")].map((tick) => tick.value));
    const more = [...this.ids].filter((id) => !there.has(id)).map((id) => Object.assign(document.createElement("input"), { type: "hidden", name: "id", value: id }));
    this.form.append(...more);
    setTimeout(() => more.forEach((each) => each.remove()));
  }
}
