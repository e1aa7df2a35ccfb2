// Has the browser keep the page that says that the server cannot be reached, in the language of this page.
export function keepOffline() {
  if (!navigator.serviceWorker) return;
  const version = new URL(import.meta.url).pathname.split("/")[2];
  const { lang, dataset } = document.documentElement;
  const said = new URLSearchParams({ version, language: lang.split("-")[0], theme: dataset.theme });
  // Where browsers keep nothing, as in private windows, pages work all the same.
  addEventListener("load", () => navigator.serviceWorker.register(`/sw.js?${said}`).catch(() => {}));
}
