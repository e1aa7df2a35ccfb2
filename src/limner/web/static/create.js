// The composer: the price follows its fields, a request becomes a card without leaving the page, and what was typed
// outlives a lost line, an expired session and a reload. Every word, price and card is the server's.
import { steer } from "./create-controls.js";
import { open } from "./create-dialog.js";
import { keep, restore } from "./create-draft.js";
import { choose } from "./create-picker.js";
import { help } from "./create-words.js";
import { announce, dress } from "./dress.js";
import { freshKey } from "./once.js";
import { follow } from "./live.js";
import { gather } from "./references.js";
import { number, original } from "./words.js";

const SOON = 60;

export function begin(form) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const line = form.querySelector("#price");
  const trouble = form.querySelector("#trouble");
  const prompt = form.elements.prompt;
  const go = part("go");
  let asked = 0;
  let asking = Promise.resolve();
  let timer;

  // The field that it is about is marked until something else is typed there.
  const complain = (text, { link, field } = {}) => {
    trouble.hidden = !text;
    for (const each of form.querySelectorAll("[aria-invalid]")) each.removeAttribute("aria-invalid");
    field?.setAttribute?.("aria-invalid", "true");
    const said = trouble.querySelector("p");
    said.replaceChildren(text);
    if (link) said.append(" ", Object.assign(document.createElement("a"), { className: "link", ...link }));
    if (text) trouble.scrollIntoView({ block: "nearest" });
  };

  const signedOut = () => {
    keep(form);
    const href = `${form.dataset.login}?next=${encodeURIComponent(location.pathname + location.search)}`;
    complain(form.dataset.signedOut, { link: { href, textContent: form.dataset.signIn } });
  };

  // What is sent: files have been brought already, and fields that the model lacks stay behind.
  const fields = (more = {}) => {
    const data = new FormData(form);
    data.delete("file");
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    return new URLSearchParams(data);
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.price, { method: "POST", body: fields() });
      if (answer.status === 401) return signedOut();
      const text = await answer.text();
      if (mine !== asked || !answer.ok) return;
      line.innerHTML = text;
      const priced = line.querySelector("[data-part=priced]");
      form.elements.shown.value = priced.value;
      line.classList.toggle("over", Boolean(priced.dataset.over));
      part("pixels").textContent = priced.dataset.pixels;
    } catch {
      line.querySelector("span").textContent = form.dataset.unreachable;
    }
  };

  const settle = () => {
    clearTimeout(timer);
    timer = undefined;
    return (asking = ask());
  };

  const changed = (event) => {
    if (event && event.target.form !== form) return;
    if (event?.target.matches("[aria-invalid]")) complain("");
    form.elements.key.value = freshKey();
    controls.apply();
    count();
    keep(form);
    clearTimeout(timer);
    if (event?.type === "input" && event.target.matches("textarea, input[type=text], input:not([type])")) {
      timer = setTimeout(settle, SOON);
    } else settle();
  };

  const count = () => {
    const counter = part("counter");
    const limit = Number(counter.dataset.limit);
    counter.textContent = `${number(prompt.value.length)} / ${number(limit)}`;
    counter.classList.toggle("over", prompt.value.length > limit);
  };

  const buy = async (address, body) => {
    if (go.getAttribute("aria-busy") === "true") return false;
    go.setAttribute("aria-busy", "true");
    complain("");
    try {
      return await taken(await fetch(address, { method: "POST", body }));
    } catch {
      complain(form.dataset.unreachable);
      return false;
    } finally {
      go.removeAttribute("aria-busy");
    }
  };

  // What became of a request: a card, a price to be agreed to, or a sentence.
  const taken = async (answer) => {
    if (answer.status === 401) return signedOut();
    if (answer.status === 409) return agree(await answer.text());
    if (answer.status !== 201) {
      const { detail, original: english, field } = await answer.json();
      complain(detail, { field: form.elements[field] });
      if (english) trouble.querySelector("p").append(" ", original(english));
      form.elements[field]?.focus?.();
      return false;
    }
    form.elements.key.value = freshKey();
    controls.used();
    keep(form);
    put(await answer.text());
    settle();
    return true;
  };

  const agree = (html) => {
    const dialog = open(html);
    dialog.querySelector(".offer").addEventListener("submit", async (event) => {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(event.target));
      body.set("part", "1");
      event.target.querySelector("[data-part=agree]").setAttribute("aria-busy", "true");
      await buy(form.dataset.confirm, body);
      dialog.close();
    });
    dialog.querySelector("[data-part=alternatives]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.close();
      use(event.submitter.value);
    });
    return false;
  };

  // Another model in place of the chosen one: it is priced, and nothing is bought.
  const use = (model) => {
    const radio = [...form.querySelectorAll("[name=model]")].find((each) => each.value === model);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    go.focus();
  };

  const submit = async (event) => {
    event.preventDefault();
    if (event.submitter?.name === "use") return use(event.submitter.value);
    const idea = event.submitter?.name === "idea" ? event.submitter.value : "";
    if (idea) {
      prompt.value = idea;
      changed();
    }
    if (timer) settle();
    await asking;
    await buy(form.dataset.job, fields());
  };

  const references = gather(form, changed);
  restore(form, references);
  const controls = steer(form); // after what was kept is back: it is what they wish for
  choose(form);
  help(form, changed);
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", submit);
  document.addEventListener("submit", act);
  document.addEventListener("limner:job", counted);
  document.addEventListener("keydown", (event) => {
    const inside = form.contains(event.target) || document.querySelector(".firstrun")?.contains(event.target);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && inside) form.requestSubmit(go);
  });
  controls.apply();
  count();
  settle();
}

// Puts a card at the top, or in the place of the same job's older one.
function put(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  const card = holder.content.firstElementChild;
  const stage = document.getElementById("stage");
  stage.querySelector(".firstrun")?.remove();
  stage.querySelector(".empty")?.remove();
  stage.querySelector(".bar").hidden = false;
  document.getElementById(card.id)?.remove();
  document.getElementById("cards").prepend(card);
  dress(card);
  announce(card.querySelector("[data-part=word]").textContent);
  if (card.dataset.live) follow(card);
  card.scrollIntoView({ block: "nearest" });
  counted();
}

// How many jobs are active and how many need somebody, whenever a job changes; who stands on a choice stays there.
async function counted() {
  const choices = document.querySelector("[data-part=choices]");
  const mine = (choices.dataset.asked = freshKey());
  const answer = await fetch(choices.dataset.counted).catch(() => null);
  const text = answer?.ok && !answer.redirected ? await answer.text() : "";
  if (!text || choices.dataset.asked !== mine) return;
  const place = [...choices.children].indexOf(document.activeElement);
  choices.innerHTML = text;
  choices.children[place]?.focus();
}

// Buttons of cards: the page stays, and the card tells what became of it.
async function act(event) {
  const kind = event.target.dataset.act;
  if (!kind || event.defaultPrevented) return;
  event.preventDefault();
  const button = event.target.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(event.target));
    const answer = await fetch(event.target.action, { method: "POST", body, headers: { Accept: "text/html" } });
    if (!answer.ok || !answer.redirected) return event.target.submit();
    if (kind === "retry") put(await (await fetch(`${answer.url}/card`)).text());
    else event.target.closest(".job")?.dispatchEvent(new Event("asked"));
  } catch {
    event.target.submit();
  } finally {
    button.removeAttribute("aria-busy");
  }
}
