// The list of models: found by name, service or ability, with the pointer or the arrow keys.
export function choose(form) {
  const picker = form.querySelector("#picker");
  const find = picker.querySelector("[data-part=find]");
  const kinds = [...picker.querySelectorAll("[data-kind]")];
  let kind = "";

  const narrow = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of picker.querySelectorAll("[data-part=group]")) {
      let here = 0;
      for (const option of group.querySelectorAll(".opt")) {
        const fits = words.every((word) => option.dataset.words.includes(word));
        option.hidden = !(fits && (!kind || option.dataset.kinds.split(" ").includes(kind)));
        here += option.hidden ? 0 : 1;
      }
      group.hidden = !here;
      shown += here;
    }
    picker.querySelector("[data-part=none]").hidden = shown > 0;
  };

  find.addEventListener("input", narrow);
  for (const each of kinds) {
    each.addEventListener("click", () => {
      kind = each.dataset.kind;
      for (const other of kinds) other.setAttribute("aria-pressed", String(other === each));
      narrow();
    });
  }
  picker.addEventListener("click", (event) => {
    // Arrow keys click as well, but without a place: they go on looking.
    if (event.target.closest("label.opt") && event.detail > 0) picker.hidePopover();
  });
  picker.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.target.matches("button")) {
      event.preventDefault();
      if (event.target === find) picker.querySelector(".opt:not([hidden]) input")?.click();
      if (!event.ctrlKey) picker.hidePopover();
    }
    if (event.key === "/" && event.target !== find) {
      event.preventDefault();
      find.focus();
    }
  });
  picker.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const chosen = picker.querySelector("input:checked");
    (chosen ?? find).focus();
    chosen?.closest(".opt").scrollIntoView({ block: "nearest" });
  });
  if (location.hash === "#picker") picker.showPopover();
}
