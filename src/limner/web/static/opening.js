// Opens pictures of the gallery above it: it stays as it is, and back leads to the tile they were opened from.
import { fetchPicture, Lightbox } from "./lightbox.js";
import { dress } from "./dress.js";
import { waiting } from "./waiting.js";
import { say } from "./words.js";

export class Opening {
  // `focus` is told which picture to go back to.
  constructor(root, { may, focus, marked, removed }) {
    Object.assign(this, { focus, marked, removed, looking: null });
    root.addEventListener("click", (event) => {
      const link = event.target.closest(".pic > a");
      if (!link || !may() || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.open(link.href, true);
    });
    addEventListener("popstate", (event) => {
      if (event.state?.opened) this.open(location.href, false);
      else this.shut();
    });
  }

  get is() {
    return this.looking !== null;
  }

  async open(address, fresh) {
    const found = await waiting(fetchPicture(address)).catch(() => null);
    if (!found) return location.assign(address);
    this.shut();
    const dialog = Object.assign(document.createElement("dialog"), { className: "opened" });
    name(dialog, found.box);
    found.box.querySelector("h1")?.remove(); // the page has one already
    dialog.append(found.box);
    document.body.append(dialog);
    dress(found.box);
    dialog.showModal();
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    if (fresh) history.pushState({ opened: true }, "", address);
    this.dialog = dialog;
    this.looking = new Lightbox(found.box, {
      closed: () => history.back(),
      moved: (to) => {
        history.replaceState({ opened: true }, "", to);
        name(dialog, this.looking.box);
      },
      marked: this.marked,
      removed: this.removed,
    });
    found.box.focus({ preventScroll: true });
  }

  shut() {
    if (!this.looking) return;
    const last = this.looking.id;
    this.looking.end();
    this.looking = null;
    this.dialog.close();
    this.dialog.remove();
    this.focus(last);
  }
}

function name(dialog, box) {
  dialog.setAttribute("aria-label", say("Picture %(place)s", { place: box.querySelector(".pos")?.textContent ?? "" }).trim());
}
