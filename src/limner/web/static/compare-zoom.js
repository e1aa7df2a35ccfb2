// Pictures beside each other that are zoomed and moved together: the same place of each is looked at.
const MOST = 8;
const STEP = 1.5;
const PAN = 40; // pixels by one press of an arrow

export function zoomTogether(arena) {
  const frames = [...arena.querySelectorAll(".pic:has(img)")];
  let [scale, x, y] = [1, 0, 0]; // x and y in shares of a frame's size
  let held = null;

  const show = () => {
    const reach = (scale - 1) / 2;
    [x, y] = [Math.min(Math.max(x, -reach), reach), Math.min(Math.max(y, -reach), reach)];
    for (const frame of frames) {
      const image = frame.querySelector("img");
      image.style.transform = scale === 1 ? "" : `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
      frame.classList.toggle("zoomed", scale > 1);
      // The whole picture is fetched when somebody looks closer.
      if (scale > 1 && image.dataset.whole) {
        image.src = image.dataset.whole;
        delete image.dataset.whole;
      }
    }
    for (const button of arena.querySelectorAll("[data-zoom]")) button.setAttribute("aria-pressed", String(scale > 1));
  };

  const to = (next, frame, at) => {
    const box = frame.getBoundingClientRect();
    const [dx, dy] = at ? [(at.clientX - box.left) / box.width - 0.5, (at.clientY - box.top) / box.height - 0.5] : [0, 0];
    const was = scale;
    scale = Math.min(Math.max(next, 1), MOST);
    // What lies under the pointer stays under it.
    [x, y] = [dx - ((dx - x) * scale) / was, dy - ((dy - y) * scale) / was];
    show();
  };

  for (const button of arena.querySelectorAll("[data-zoom]")) {
    button.setAttribute("role", "button");
    const press = (event) => {
      event.preventDefault();
      to(scale > 1 ? 1 : 2, button.closest("figure").querySelector(".pic"));
    };
    button.addEventListener("click", press);
    button.addEventListener("keydown", (event) => event.key === " " && press(event));
  }
  for (const frame of frames) {
    frame.querySelector("img").draggable = false;
    frame.addEventListener("dblclick", (event) => to(scale > 1 ? 1 : 3, frame, event));
    frame.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && scale === 1) return; // the page scrolls
        event.preventDefault();
        to(scale * (event.deltaY < 0 ? STEP : 1 / STEP), frame, event);
      },
      { passive: false },
    );
    frame.addEventListener("pointerdown", (event) => {
      if (scale === 1 || event.button) return;
      event.preventDefault();
      frame.setPointerCapture(event.pointerId);
      held = event;
    });
    frame.addEventListener("pointermove", (event) => {
      if (!held || held.pointerId !== event.pointerId) return;
      x += (event.clientX - held.clientX) / frame.offsetWidth;
      y += (event.clientY - held.clientY) / frame.offsetHeight;
      held = event;
      show();
    });
    for (const kind of ["pointerup", "pointercancel"]) frame.addEventListener(kind, () => (held = null));
  }
  arena.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const [frame] = frames;
    if (event.altKey || event.ctrlKey || event.metaKey || !frame) return;
    if (event.key === "+") to(scale * STEP, frame);
    else if (event.key === "-") to(scale / STEP, frame);
    else if (event.key === "Escape" && scale > 1) to(1, frame);
    else if (move && scale > 1) {
      x += (move[0] * PAN) / frame.offsetWidth;
      y += (move[1] * PAN) / frame.offsetHeight;
      show();
    } else return;
    event.preventDefault();
  });
}
