// A dialog over the page: it keeps the focus and gives it back, and is gone when it is closed.
export function open(content) {
  const dialog = document.getElementById("dialog").content.firstElementChild.cloneNode(true);
  const inside = dialog.querySelector("[data-part=inside]");
  if (typeof content === "string") inside.innerHTML = content;
  else inside.append(content);
  const title = inside.querySelector("h2");
  if (title) dialog.setAttribute("aria-label", title.textContent);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  inside.querySelector(".btn.primary, input:not([type=hidden])")?.focus();
  return dialog;
}

export function template(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
