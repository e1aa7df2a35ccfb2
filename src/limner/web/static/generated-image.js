// <generated-image>: document 3's block of a picture, in its four states. Its button buys, and once.
//
//   block.data = imageGeneration;               // one of `imageGenerations`, or an estimate with its prompt
//   block.accessToken = token;                  // null where nobody signs in
//   block.onCopy = block.onGrab = (text) => {}; block.onLlmInfo = (call) => {};
//   block.onStatusChange = (id, status, imageUrl, call) => {};   // there are events too: generating, complete, error
//
// With the attribute `block`, a block's address, its chat buys; without, /generate-image of the server that this file
// came from. On pages of other origins it brings its own styles. docs/studio.md has the whole of it.
const HOME = new URL(".", import.meta.url);
const ours = HOME.origin === location.origin;
const CUT = 150;
const PAUSES = [500, 1000, 2000, 3000]; // milliseconds between two looks at a picture that is being painted
const SHEETS = ["tokens.css", "site.css", "generated-image.css"];

// What it says; a page in another language gives its own words.
export const WORDS = {
  generate: "Generate Image for {price}",
  generating: "Generating image with {provider}...",
  patience: "This may take a few seconds",
  held: "Waits: your queue is paused",
  resume: "Let the queue go on",
  fallback: "Primary provider unavailable, fallback provider used",
  withheld: "The picture is withheld: moderation found something in it.",
  constraints: "Constraints",
  largest: "Max size",
  sizes: "Supported sizes",
  style: "Style support",
  yes: "yes",
  no: "no",
  any: "any",
  upTo: "any up to the largest",
  alternatives: "Alternatives",
  use: "Use this",
  useNamed: "Use this: {model}",
  free: "free",
  away: "not available now",
  unknown: "price unknown",
  image: "1 image",
  images: "{count} images",
  about: "about {time}",
  most: "at most {price} if another provider takes over",
  all: "Show all",
  copy: "Copy",
  grab: "Grab",
  info: "LLM Info",
  download: "Download",
  retry: "Retry",
  close: "Close",
  copied: "Link copied.",
  grabbed: "Markdown copied.",
  unreachable: "The server cannot be reached. Press again: the same picture is never bought twice.",
  settle: "Say what became of it",
  dollars: "${amount}",
  seconds: "{seconds} s",
  minutes: "{minutes} min",
  both: "{minutes} min {seconds} s",
  language: "en", // in which numbers are written
};

// What services are called, and which pigment they have; a page that knows more says what their models are called, too.
export const SERVICES = {
  openai: { name: "OpenAI", colour: "openai" },
  together: { name: "Together AI", colour: "together" },
  replicate: { name: "Replicate", colour: "replicate" },
  gemini: { name: "Gemini", colour: "google" },
};

const say = (name, values = {}) => WORDS[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
const figure = (value, places) =>
  value.toLocaleString(`${WORDS.language}-u-nu-latn`, { minimumFractionDigits: places, maximumFractionDigits: places, useGrouping: false });
const serviceOf = (id) => SERVICES[id] ?? { name: id ?? "", colour: "other" };
const titleOf = (provider, model) => serviceOf(provider).models?.[model] ?? model;
const fullName = ({ provider, model }) => `${serviceOf(provider).name} · ${titleOf(provider, model)}`;
// Width by height: width first, also where text runs from right to left.
const measured = (size) => size?.replace(/^(\d+)x(\d+)$/, document.dir === "rtl" ? "\u2066$1 × $2\u2069" : "$1 × $2");

// Four decimals; what costs something never looks as if it did not.
export function four(cost) {
  if (cost === null || cost === undefined) return say("unknown");
  return say("dollars", { amount: figure(cost > 0 ? Math.max(cost, 0.0001) : 0, 4) });
}

function lasting(seconds) {
  if (seconds < 1) return say("seconds", { seconds: figure(Math.max(seconds, 0.1), 1) });
  const [minutes, rest] = [Math.floor(Math.round(seconds) / 60), Math.round(seconds) % 60];
  return say(minutes && rest ? "both" : minutes ? "minutes" : "seconds", { minutes, seconds: rest });
}

// An element with attributes and children; text stays text.
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child || child === 0));
  return made;
}

function icon(name, kind = "") {
  const [svg, use] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("class", `i ${kind}`);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", ours ? `${new URL("icons.svg", HOME).href}#${name}` : `#${name}`);
  svg.append(use);
  return svg;
}

const button = (kind, mark, words, press) => make("button", { type: "button", class: `btn ${kind}`, click: press }, icon(mark), words);
const list = (title, rows) =>
  make("details", { class: "disc" },
    make("summary", {}, icon("caret", "caret"), title),
    make("ul", {}, ...rows.map(([name, value, act]) => make("li", {}, make("span", {}, name), make("span", { class: "num" }, value), act))));

// Styles and icons for pages of other origins: they have no sheet of ours, and icons come from a page's own place only.
let luggage;
async function rootOf(host) {
  if (ours) return host;
  const fetched = async (name) => (await fetch(new URL(name, HOME))).text();
  luggage ??= Promise.all([...SHEETS, "icons.svg"].map(fetched));
  const texts = await luggage;
  const icons = make("div", { hidden: true });
  icons.innerHTML = texts.at(-1);
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = texts.slice(0, -1).map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text.replaceAll(":root", ":host"));
    return sheet;
  });
  const box = make("div");
  root.replaceChildren(icons, box);
  return box;
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages that came over plain HTTP from another machine have no clipboard of that kind.
    const field = make("textarea", { readonly: true, class: "vh" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

// What is known of some calls, in a dialog.
export function tell(calls, home = document.body) {
  const rows = ({ metadata = {}, durationMs, cost, ...plain }) =>
    Object.entries({ ...plain, time: durationMs === null || durationMs === undefined ? null : lasting(durationMs / 1000), cost: four(cost), ...metadata })
      .filter(([, value]) => value !== null && value !== undefined)
      .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]);
  const dialog = make("dialog", { class: "info", "aria-label": say("info"), close: () => dialog.remove() },
    make("h2", {}, say("info")),
    ...calls.map((call) => make("dl", { class: "kv" }, ...rows(call))),
    make("form", { method: "dialog", class: "row" }, make("button", { class: "btn" }, say("close"))));
  home.append(dialog);
  dialog.showModal();
}

class GeneratedImage extends HTMLElement {
  accessToken = null;
  onCopy = null;
  onGrab = null;
  onLlmInfo = null;
  onStatusChange = null;
  #data = null;
  #root = null;
  #busy = false;
  #looking = false;
  #tries = 0;
  #whole = false;

  get data() {
    return this.#data;
  }

  set data(data) {
    const [before, after] = [this.#data, { ...data, status: data.status ?? "pending" }];
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    this.#data = after;
    this.#render();
    if (before && before.status !== after.status) this.#told(after);
    this.#look();
  }

  connectedCallback() {
    this.#look();
  }

  // Buys what is offered. A second press while it is under way does nothing, and the server buys once for a key.
  async generate() {
    if (this.#busy || !this.#data) return;
    this.#busy = true;
    const offered = this.#data;
    this.data = { ...offered, status: "generating", error: null };
    try {
      this.data = await (this.#address ? this.#boughtHere(offered) : this.#bought(offered));
    } catch {
      this.data = { ...offered, status: "error", error: say("unreachable") };
    } finally {
      this.#busy = false;
      this.#look();
    }
  }

  // Has another model priced in place of the offered one. Nothing is bought.
  async use(modelKey) {
    if (this.#busy || this.#data?.status !== "pending") return;
    this.#busy = true;
    const offered = this.#data;
    try {
      this.data = { ...offered, error: null, ...(await this.#priced(modelKey, offered)) };
    } catch {
      this.data = { ...offered, error: say("unreachable") };
    } finally {
      this.#busy = false;
    }
  }

  async #priced(modelKey, { prompt, size, quality, style }) {
    const here = this.#address;
    const asked = here ? { model: modelKey } : { prompt, modelKey, size, quality, style };
    const answer = await fetch(here ? `${here}/quote` : new URL("/generate-image/estimate", HOME), {
      method: "POST",
      headers: this.#headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(given(asked)),
    });
    const { success, error, detail, ...priced } = await answer.json();
    return answer.ok ? { ...priced, error: null } : { error: error ?? detail };
  }

  get #address() {
    return this.getAttribute("block");
  }

  // Google's tokens (ya29.) are document 3's, and stand in the body; all others say with each request who asks.
  #headers(more = {}) {
    const own = this.accessToken && !this.accessToken.startsWith("ya29.");
    return { ...(own ? { Authorization: `Bearer ${this.accessToken}` } : {}), ...more };
  }

  // From the chat that offered it: what came of it is always as the chat has it.
  async #boughtHere({ ceiling }) {
    const answer = await fetch(`${this.#address}/buy`, {
      method: "POST",
      headers: this.#headers({ "Content-Type": "application/json" }),
      body: JSON.stringify(ceiling === null || ceiling === undefined ? {} : { max_cost: ceiling.toFixed(6) }),
    });
    const said = await answer.json();
    if (answer.ok) return said;
    const now = await this.#fresh();
    return now.status === "pending" || !now.error ? { ...now, error: said.detail } : now;
  }

  async #fresh() {
    const answer = await fetch(this.#address, { headers: this.#headers() });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  // From the server itself: its answer is document 3's. A key is used again only where no answer came.
  async #bought(offered) {
    const { prompt, provider, model, modelKey, size, quality, style, cost } = offered;
    const asked = { prompt, provider, model, modelKey, size, quality, style, confirmedCost: cost, accessToken: this.accessToken };
    const answer = await fetch(new URL("/generate-image", HOME), {
      method: "POST",
      headers: this.#headers({ "Content-Type": "application/json", "Idempotency-Key": `block-${this.#key}-${this.#tries}` }),
      body: JSON.stringify(given(asked)),
    });
    const { success, error, confirmationRequired, cost: now, ...made } = await answer.json();
    if (success) return { ...offered, ...made, cost: now, status: "complete", error: null };
    this.#tries += 1;
    if (confirmationRequired) return { ...offered, cost: now ?? cost, status: "pending", error };
    return { ...offered, status: "error", error };
  }

  #key = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  // Looks again and again whether a picture is there.
  async #look() {
    if (this.#looking || this.#busy || !this.#address) return;
    this.#looking = true;
    for (let turn = 0; this.isConnected && this.#data?.status === "generating"; turn += 1) {
      await wait(PAUSES[Math.min(turn, PAUSES.length - 1)]);
      try {
        this.data = await this.#fresh();
      } catch {
        continue; // the server is not there at the moment
      }
    }
    this.#looking = false;
  }

  #told({ id, status, imageUrl, llmApiCall }) {
    if (status === "pending") return;
    this.onStatusChange?.(id, status, imageUrl, llmApiCall);
    this.dispatchEvent(new CustomEvent(status, { detail: { id, imageUrl, llmApiCall } }));
  }

  async #render() {
    const root = (this.#root ??= await rootOf(this));
    const data = this.#data;
    const had = root.contains(document.activeElement) || this.shadowRoot?.activeElement;
    const open = [...root.querySelectorAll("details")].map((each) => each.open);
    const pictures = data.images?.length ? data.images : data.imageUrl ? [{ url: data.imageUrl, id: data.imageId }] : [];
    const gib = make("div", { class: "gib", "data-state": data.status, "aria-busy": data.status === "generating" ? "true" : null, tabindex: "-1" });
    gib.style.setProperty("--ar", ratioOf(data, pictures));
    gib.append(...{
      pending: () => [this.#chips(pictures), ...this.#said(), this.#alert("warn"), ...this.#offer()],
      generating: () => [this.#chips(pictures), ...this.#painting()],
      complete: () => this.#complete(pictures),
      error: () => [this.#chips(pictures), this.#alert("bad"), ...this.#again()],
    }[data.status]().filter(Boolean));
    gib.querySelectorAll("details").forEach((each, place) => { each.open = open[place] ?? false; });
    root.replaceChildren(gib);
    if (had) gib.focus({ preventScroll: true });
  }

  #chips(pictures) {
    const { provider, model, quality, size, cost, status, count } = this.#data;
    const [service, first] = [serviceOf(provider), pictures[0]];
    const made = status === "complete" && first;
    const exact = first?.width ? `${first.width}x${first.height}` : this.#data.llmApiCall?.metadata?.size ?? size;
    const title = titleOf(provider, model);
    const chips = made ? [title, measured(exact), four(cost)] : [title, provider && quality, measured(size), count > 1 && say("images", { count })];
    return make("div", { class: "row tight" },
      provider && make("span", { class: `prov ${service.colour} badge` }, service.name),
      ...chips.filter(Boolean).map((chip) => make("span", { class: "badge" }, chip)));
  }

  #said() {
    const { prompt } = this.#data;
    if (!prompt) return [];
    if (prompt.length <= CUT || this.#whole) return [make("p", { class: "said", dir: "auto" }, prompt)];
    const all = make("button", { type: "button", class: "link", click: () => { this.#whole = true; this.#render(); } }, say("all"));
    return [make("p", { class: "said", dir: "auto" }, `${prompt.slice(0, CUT).trimEnd()}… `, all)];
  }

  #alert(kind) {
    const { error } = this.#data;
    // What the interface says is English in every language.
    const foreign = error === say("unreachable") || WORDS.language.startsWith("en") ? {} : { lang: "en", dir: "ltr" };
    return error && make("div", { class: `alert ${kind}`, role: kind === "bad" ? "alert" : "status" }, icon(kind), make("p", foreign, error));
  }

  get #terms() {
    const { count = 1, seconds, cost, ceiling } = this.#data;
    return [
      count > 1 ? say("images", { count }) : say("image"),
      seconds && say("about", { time: lasting(seconds) }),
      ceiling > cost && say("most", { price: four(ceiling) }),
    ].filter(Boolean).join(" · ");
  }

  #offer() {
    const { cost, constraints, alternatives } = this.#data;
    const sizes = constraints?.supportedSizes ?? [];
    const largest = constraints?.maxSize;
    const price = (each) => (each.cost === 0 ? say("free") : four(each.cost)) + (each.available === false ? `, ${say("away")}` : "");
    return [
      make("div", { class: "stack" },
        button("primary lg wide", "create", say("generate", { price: four(cost) }), () => this.generate()),
        make("p", { class: "terms num" }, this.#terms)),
      constraints && list(say("constraints"), [
        [say("largest"), !largest || largest === "None" ? say("any") : measured(largest)],
        [say("sizes"), sizes.map(measured).join(", ") || say("upTo")],
        [say("style"), say(constraints.supportsStyle ? "yes" : "no")],
      ]),
      alternatives?.length && list(say("alternatives"),
        alternatives.map((each) => [fullName(each), price(each), this.#choice(each)])),
    ];
  }

  #choice(other) {
    if (other.available === false || !other.modelKey) return null;
    const press = () => this.use(other.modelKey);
    return make("button", { type: "button", class: "btn sm", "aria-label": say("useNamed", { model: fullName(other) }), click: press }, say("use"));
  }

  #painting() {
    if (this.#data.waits) return [make("div", { class: "slot wait" }, this.#held())];
    const dots = make("span", { class: "pulse", "aria-hidden": "true" }, make("i"), make("i"), make("i"));
    const provider = serviceOf(this.#data.provider).name || "Limner";
    return [make("div", { class: "slot wait" }, dots,
      make("span", { class: "stack" }, make("b", {}, say("generating", { provider })), make("span", {}, say("patience"))))];
  }

  #held() {
    const address = new URL("/jobs", HOME).href;
    return make("span", { class: "stack" }, make("b", {}, say("held")), make("a", { class: "link", href: address }, say("resume")));
  }

  #complete(pictures) {
    const { fallbackUsed, prompt, llmApiCall } = this.#data;
    if (!pictures.length) return [this.#chips(pictures), ...this.#said(), this.#alert("warn") || this.#withheld()];
    const address = new URL(pictures[0].url, HOME).href;
    const words = (prompt ?? "").replace(/[[\]\n]/g, " ");
    return [
      fallbackUsed && make("div", { class: "alert warn" }, icon("warn"), make("p", {}, say("fallback"))),
      make("div", { class: `pics${pictures.length > 1 ? " many" : ""}` }, ...pictures.map((each) => this.#picture(each))),
      this.#chips(pictures),
      ...this.#said(),
      this.#alert("warn"),
      make("div", { class: "row" },
        button("sm", "copy", say("copy"), () => this.#give("onCopy", address, "copied")),
        button("sm", "code", say("grab"), () => this.#give("onGrab", `![${words}](${address})`, "grabbed")),
        make("a", { class: "btn sm", href: `${address}?download=true`, download: true }, icon("down"), say("download")),
        llmApiCall && button("sm quiet", "info", say("info"), () => this.#inform(llmApiCall)),
        make("span", { class: "told", role: "status" })),
    ];
  }

  #withheld() {
    return make("div", { class: "alert warn", role: "status" }, icon("warn"), make("p", {}, say("withheld")));
  }

  #picture({ url, thumbnailUrl, pageUrl, width, height }) {
    const image = make("img", { alt: (this.#data.prompt ?? "").slice(0, 250), width, height, decoding: "async" });
    const source = new URL(ours && thumbnailUrl ? thumbnailUrl.replace(/edge=\d+/, "edge=1024") : url, HOME).href;
    if (ours) image.src = source;
    else this.#carry(image, source);
    const box = make("div", { class: "pic" }, ours && pageUrl ? make("a", { href: pageUrl }, image) : image);
    if (width && height) box.style.setProperty("--ar", width / height);
    return box;
  }

  // A browser fetches no picture from another origin for a page, unless the page asks for it as data.
  async #carry(image, source) {
    const answer = await fetch(source, { headers: this.#headers() }).catch(() => null);
    if (answer?.ok) image.src = URL.createObjectURL(await answer.blob());
  }

  #again() {
    const { modelKey, jobId, cost, ambiguous } = this.#data;
    if (ambiguous) return [make("p", {}, make("a", { class: "link", href: `/jobs/${jobId}` }, say("settle")))];
    if (!modelKey) return [];
    return [make("div", { class: "row" }, button("sm", "retry", say("retry"), () => this.generate()), make("span", { class: "terms num" }, `${four(cost)} · ${this.#terms}`))];
  }

  async #give(callback, text, said) {
    if (this[callback]) return this[callback](text);
    await copy(text);
    this.#root.querySelector(".told").textContent = say(said);
  }

  #inform(call) {
    if (this.onLlmInfo) return this.onLlmInfo(call);
    tell([call], ours ? document.body : this.#root);
  }
}

function ratioOf({ size }, [first]) {
  const [width, height] = first?.width ? [first.width, first.height] : (size ?? "1x1").split("x").map(Number);
  return Math.min(Math.max(width / height || 1, 0.5), 2.5);
}

customElements.define("generated-image", GeneratedImage);
