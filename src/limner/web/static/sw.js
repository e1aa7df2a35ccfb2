// Keeps one page and the files it is made of, for when the server cannot be reached: no pictures, no answers, no pages of
// anybody's own. Everything else goes to the server as if this were not here.
const asked = new URL(location.href).searchParams;
const [version, language, theme] = ["version", "language", "theme"].map((name) => asked.get(name) ?? "");
const NAME = `limner-${version}-${language}-${theme}`;
const PAGE = `/offline?${new URLSearchParams({ language, theme })}`;
const FILES = ["tokens.css", "site.css", "offline.js", "mark.svg", "fonts/instrument-sans.woff2", "fonts/newsreader-display.woff2"];
const KEPT = new Set(FILES.map((name) => `/static/${version}/${name}`));

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll([PAGE, ...KEPT])));
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("limner-") && name !== NAME;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async (error) => {
      const page = await caches.match(PAGE);
      if (!page) throw error;
      return page;
    }));
  } else if (KEPT.has(new URL(request.url).pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
