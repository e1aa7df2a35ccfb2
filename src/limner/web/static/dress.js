// Colours and shapes of pictures that came after the page: the page's own style block knows only its own.
export function dress(root) {
  for (const part of [root, ...root.querySelectorAll("[data-dress]")]) {
    if (!part.dataset?.dress) continue;
    if (part.dataset.tone) part.style.setProperty("--tone", part.dataset.tone);
    if (part.dataset.ratio) part.style.setProperty("--ar", part.dataset.ratio);
  }
}

let last = 0;
let waiting;

// Tells what changed to those who listen rather than look; never more than one message in three seconds.
export function announce(text) {
  clearTimeout(waiting);
  const rest = last + 3000 - Date.now();
  waiting = setTimeout(() => {
    last = Date.now();
    document.getElementById("news").textContent = text;
  }, Math.max(rest, 0));
}
