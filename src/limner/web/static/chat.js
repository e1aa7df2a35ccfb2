// The chat, live: answers as they are written, pictures as they are painted, and forms without a new page.
import { copy, make, SERVICES, tell, WORDS } from "./generated-image.js";
import { announce, dress } from "./dress.js";
import { gather } from "./references.js";
import { ask, toast, told } from "./telling.js";

const AGAIN = 4; // seconds until a lost server is asked again
const chat = document.querySelector(".chat");
const words = chat.dataset;
const messages = chat.querySelector("[data-part=messages]");
const composer = chat.querySelector("[data-part=say]");
const field = composer.elements.text;
const part = (name) => document.querySelector(`[data-part=${name}]`);
const here = `/chat/${words.chat}`;
const api = `/api/v1/chats/${words.chat}`;

Object.assign(SERVICES, JSON.parse(words.services));
for (const each of document.getElementById("block-words").content.children) WORDS[each.dataset.word] = each.textContent;

const freshKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fragment = (html) => Object.assign(document.createElement("template"), { innerHTML: html }).content;

// What the interface says, with its status; none where it cannot be reached.
async function asked(address, body, { method = "POST", ...headers } = {}) {
  try {
    const answer = await fetch(address, {
      method,
      headers: { ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
      body: body && JSON.stringify(body),
    });
    return { ok: answer.ok, status: answer.status, content: await answer.json() };
  } catch {
    return { ok: false, status: 0, content: {} };
  }
}

function complain({ status, content }) {
  toast(status ? told(content.detail) : words.lost.replace("{seconds}", AGAIN));
}

// --- pictures -------------------------------------------------------------------------------------------------------

function enliven(block, data) {
  block.onCopy = (text) => copy(text).then(() => toast(words.copied));
  block.onGrab = (text) => copy(text).then(() => toast(words.grabbed));
  block.onStatusChange = (_, status) => status !== "generating" && announce(block.querySelector(".alert p")?.textContent ?? words.answered);
  block.data = data;
}

function blockOf(data) {
  const found = document.getElementById(`block-${data.id}`);
  const block = found ?? make("generated-image", { id: `block-${data.id}`, block: `${api}/blocks/${data.id}` });
  enliven(block, data);
  return block;
}

// Blocks that are on the page stay what they are: somebody may have unfolded them, or be at their button.
function keepBlocks(fresh) {
  for (const block of fresh.querySelectorAll("generated-image")) {
    const old = document.getElementById(block.id);
    if (old?.data) block.replaceWith(old);
  }
  dress(fresh);
  return fresh;
}

// --- messages -------------------------------------------------------------------------------------------------------

// All messages as the server has them now: their words from its page, their pictures from its interface.
async function refresh() {
  const [page, whole] = await Promise.all([fetch(`${here}/thread?limit=${limit()}`), fetch(api)]);
  if (!page.ok || !whole.ok) return location.reload();
  const [html, told] = [await page.text(), await whole.json()];
  const top = scrollY;
  messages.replaceChildren(keepBlocks(fragment(html)));
  scrollTo({ top });
  settle(told.messages);
  following?.article.scrollIntoView({ block: "nearest" });
}

const limit = () => Math.max(60, Number(words.limit) + 2, messages.children.length + 2);

function settle(told) {
  for (const message of told) for (const data of message.imageGenerations) if (document.getElementById(`block-${data.id}`)) blockOf(data);
  const writing = messages.querySelector("[data-writing]");
  part("send").hidden = Boolean(writing);
  part("stop").hidden = !writing;
  if (writing && following?.article !== writing) {
    following?.end();
    following = new Following(writing);
  }
}

// One message, with what it came to.
async function replace(article, data) {
  const page = await fetch(`${here}/messages/${article.dataset.message}`);
  if (!page.ok) return refresh();
  const fresh = keepBlocks(fragment(await page.text()));
  const held = article.contains(document.activeElement);
  article.replaceWith(fresh);
  settle([data]);
  if (held) field.focus({ preventScroll: true });
}

let following;

// An answer while it is written: its events, and the whole of it again where they were missed.
class Following {
  constructor(article) {
    this.article = article;
    this.last = 0;
    this.open();
  }

  open() {
    this.source = new EventSource(`${this.article.dataset.writing}/events?after=${this.last}`);
    const on = (kind, act) => this.source.addEventListener(kind, (event) => {
      if (kind !== "message_snapshot") this.last = Number(event.lastEventId);
      act(JSON.parse(event.data));
      this.near();
    });
    this.source.addEventListener("open", () => (part("lost").hidden = true));
    this.source.addEventListener("error", () => this.lost());
    // What the page came with is told once more, from the beginning.
    on("message_start", ({ message }) => this.rebuild(message));
    on("message_snapshot", ({ message }) => this.rebuild(message));
    on("text", ({ text }) => this.say(text));
    on("picture", ({ imageGeneration }) => this.show(imageGeneration));
    on("message_complete", ({ message }) => this.complete(message));
  }

  end() {
    this.source.close();
    clearTimeout(this.waiting);
    part("lost").hidden = true;
  }

  get foot() {
    return this.article.querySelector(".writing");
  }

  near() {
    const left = document.documentElement.scrollHeight - innerHeight - scrollY;
    if (left < 240) scrollTo({ top: document.documentElement.scrollHeight });
  }

  say(text) {
    const before = this.foot.previousElementSibling;
    if (before?.matches(".what.typed")) before.append(text);
    else this.foot.before(make("div", { class: "what typed", dir: "auto" }, text));
  }

  show(data) {
    const block = blockOf(data);
    if (!this.article.contains(block)) this.foot.before(block);
  }

  rebuild({ parts, imageGenerations }) {
    for (const each of this.article.querySelectorAll(".what:not(.writing), generated-image")) each.remove();
    for (const each of parts) {
      if (each.kind === "text") this.foot.before(make("div", { class: "what typed", dir: "auto" }, each.text));
      else this.show(imageGenerations.find((data) => data.id === each.id));
    }
  }

  async complete(message) {
    this.end();
    await replace(this.article, message);
    announce(words.answered);
  }

  // Says that the line is gone, and when it is tried again; what was missed comes then.
  async lost() {
    this.source.close();
    for (let left = AGAIN; left > 0; left -= 1) {
      part("lost").hidden = false;
      part("lost").querySelector("span").textContent = words.lost.replace("{seconds}", left);
      await new Promise((done) => (this.waiting = setTimeout(done, 1000)));
    }
    const { ok, status, content } = await asked(this.article.dataset.writing, undefined, { method: "GET" });
    if (status === 0 || status >= 500) return this.lost();
    part("lost").hidden = true;
    if (!ok) return location.reload();
    if (content.state !== "writing") return this.complete(content);
    this.open();
  }
}

// --- forms ----------------------------------------------------------------------------------------------------------

async function acted(address, body, key) {
  const answer = await asked(address, body, key ? { "Idempotency-Key": key } : {});
  if (!answer.ok) complain(answer);
  return answer.ok;
}

const ACTS = {
  stop: () => acted(`${api}/messages/${following?.article.dataset.message}/stop`),
  edit: (form, id) => acted(`${api}/messages/${id}/edit`, { text: form.elements.text.value }, freshKey()),
  resend: (form, id) => acted(`${api}/messages/${id}/resend`, undefined, freshKey()),
  branch: (form) => acted(`${api}/branch`, { message_id: form.action.split("/").at(-2) }),
};

document.addEventListener("submit", async (event) => {
  const act = words.chat && ACTS[event.target.dataset.act];
  if (!act) return;
  event.preventDefault();
  const form = event.target;
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const done = await act(form, form.closest("[data-message]")?.dataset.message);
  delete form.dataset.busy;
  if (done && form.dataset.act !== "stop") await refresh();
});

chat.addEventListener("toggle", ({ target }) => target.matches(".editing[open]") && target.querySelector("textarea").focus(), true);

chat.addEventListener("click", async (event) => {
  if (event.target.closest("[data-act=info]")) {
    const { ok, content } = await asked(`${api}/messages/${event.target.closest("[data-message]").dataset.message}`, undefined, { method: "GET" });
    if (!ok) return;
    const calls = [...content.llmApiCalls, ...content.imageGenerations.map((each) => each.llmApiCall).filter(Boolean)];
    if (calls.length) tell(calls);
    else toast(words.nothing);
  }
  const leaving = event.target.closest("[data-part=delete]");
  if (leaving) {
    event.preventDefault();
    if (!(await ask(words.sure, words.yes, words.no))) return;
    const answer = await fetch(api, { method: "DELETE" }).catch(() => null);
    if (answer?.ok) location.assign("/chat");
    else toast(words.lost.replace("{seconds}", AGAIN));
  }
});

// --- pictures that go with a message ----------------------------------------------------------------------------------

const shelf = document.getElementById("attach");
const tiles = () => [...part("references").querySelectorAll("[name=reference]")];
const attached = gather(composer, mark, { zone: chat.querySelector(".thread"), home: field });

// The boxes of the pictures to choose from say what the tiles say.
function mark() {
  const chosen = new Set(tiles().map((each) => each.value));
  for (const box of shelf.querySelectorAll("[type=checkbox]")) box.checked = chosen.has(box.value);
}

shelf.addEventListener("toggle", async ({ newState }) => {
  const answer = newState === "open" && (await fetch(composer.dataset.shelf).catch(() => null));
  if (!answer?.ok) return;
  part("shelf").innerHTML = await answer.text();
  mark();
});

shelf.addEventListener("change", ({ target }) => {
  if (target.type === "file") return shelf.hidePopover();
  if (target.checked) attached.add(target.value, target.dataset.alt);
  else tiles().find((each) => each.value === target.value)?.closest(".ref").remove();
});
mark();

// Sends with the same key until an answer came: whatever is sent twice is said once. Pictures on their way are waited for.
let pending = false;
async function send() {
  if (pending) return;
  pending = true;
  part("send").setAttribute("aria-busy", "true");
  await attached.settled();
  const sent = { text: field.value, pictures: tiles().map((each) => each.value) };
  const says = sent.text.trim() || sent.pictures.length;
  const answer = says && (await asked(`${api}/messages`, sent, { "Idempotency-Key": `form-${composer.elements.key.value}` }));
  part("send").removeAttribute("aria-busy");
  pending = false;
  if (!answer) return;
  if (answer.status && answer.status < 500) composer.elements.key.value = freshKey();
  if (!answer.ok) return complain(answer);
  field.value = "";
  part("references").replaceChildren();
  part("refused").replaceChildren();
  mark();
  await refresh();
  scrollTo({ top: document.documentElement.scrollHeight });
}

// Who paints from now on; what is said of it at the top comes from the page that the form would have led to.
async function choose(form) {
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return toast(words.lost.replace("{seconds}", AGAIN));
  chat.querySelector(".head").replaceWith(fragment(await answer.text()).querySelector(".chat .head"));
}

// What was looked for stands in the list, which narrow windows fold away.
const list = document.getElementById("conversations");
if (new URLSearchParams(location.search).get("q") && matchMedia("(width < 1024px)").matches) list.showPopover();

if (words.chat) {
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  part("painting").addEventListener("change", (event) => choose(event.currentTarget));
  if (!location.hash) scrollTo({ top: document.documentElement.scrollHeight });
  fetch(api).then((answer) => answer.json()).then((told) => settle(told.messages));
} else {
  composer.append(make("input", { type: "hidden", name: "wait", value: "no" }));
  let whole = false;
  composer.addEventListener("submit", async (event) => {
    if (whole) return;
    event.preventDefault();
    await attached.settled();
    whole = true;
    composer.requestSubmit();
  });
}
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || (event.target.value.trim() === "" && !tiles().length && !event.ctrlKey)) return;
  event.preventDefault();
  composer.requestSubmit(part("send"));
});
