// A job's card, kept in step with the job by its event stream. A line that breaks is told of, tried again after longer
// and longer waits, and caught up with from the last event that came; where there is no stream the card is asked for
// every three seconds.
import { announce, dress } from "./dress.js";
import { duration, percent } from "./words.js";

const WAITS = [1, 2, 4, 8, 16, 30];
const POLL = 3000;
const SILENCE = 45_000;
// A browser holds six lines to a server, for all of its windows: some have to stay free for everything else.
const LINES = [1, 2, 3];
const held = new Set();

const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

// Does something while it holds one of the lines; null where others hold them all.
async function onLine(use) {
  for (const line of LINES) {
    if (navigator.locks) {
      const done = await navigator.locks.request(`limner line ${line}`, { ifAvailable: true }, async (lock) => lock && [await use()]);
      if (done) return done;
    } else if (!held.has(line)) {
      held.add(line);
      try {
        return [await use()];
      } finally {
        held.delete(line);
      }
    }
  }
  return null;
}

// The events after the last one that is known, as they come.
async function* listen(address, last) {
  const ending = new AbortController();
  let quiet;
  const hear = () => {
    clearTimeout(quiet);
    quiet = setTimeout(() => ending.abort(), SILENCE);
  };
  hear();
  try {
    const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
    const answer = await fetch(address, { headers, cache: "no-store", signal: ending.signal });
    if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      hear();
      const frames = (text + value).split("\n\n");
      text = frames.pop();
      for (const frame of frames) {
        const lines = frame.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)).filter(Boolean);
        const told = Object.fromEntries(lines.map(([, name, said]) => [name, said]));
        if (told.data) yield { id: told.id, kind: told.event, data: JSON.parse(told.data).data };
      }
    }
  } finally {
    clearTimeout(quiet);
    ending.abort();
  }
}

export async function follow(card) {
  const stages = JSON.parse(card.querySelector("[data-stages]").dataset.stages);
  const places = new Map();
  let begun = card.dataset.elapsed ? Date.now() - card.dataset.elapsed * 1000 : null;
  let share = null;
  let quarter = 0;
  let last = "";
  let wanted = "";

  const part = (name) => card.querySelector(`[data-part=${name}]`);
  const stage = (name) => part("stage").dataset.stopping ?? (part("stage").textContent = stages[name] ?? name.charAt(0).toUpperCase() + name.slice(1));
  const lost = (text) => {
    const note = part("lost");
    if (!note) return;
    if (text && note.hidden) announce(text);
    note.hidden = !text;
    note.textContent = text;
  };

  const load = async () => {
    const answer = await fetch(card.dataset.card);
    if (!answer.ok || answer.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = (await answer.text()).trim();
    const fresh = holder.content.firstElementChild;
    const hadFocus = card.contains(document.activeElement);
    for (const slot of card.querySelectorAll(".slot.preview")) {
      fresh.querySelector(`[data-slot="${slot.dataset.slot}"]`)?.replaceWith(slot);
    }
    card.replaceWith(fresh);
    card = fresh;
    dress(card);
    card.addEventListener("asked", load);
    document.dispatchEvent(new Event("limner:job"));
    if (hadFocus) card.querySelector("a")?.focus();
    if (card.dataset.live && wanted) stage(wanted);
    if (share !== null && card.dataset.live) measure(share);
  };

  const measure = (now) => {
    share = now;
    const whole = Math.round(share * 100);
    const bar = part("bar");
    bar.classList.remove("shimmer");
    bar.style.setProperty("--at", `${whole}%`);
    bar.setAttribute("aria-valuenow", whole);
    part("percent").textContent = percent(share);
    if (Math.floor(whole / 25) > quarter) {
      quarter = Math.floor(whole / 25);
      announce(percent(quarter / 4));
    }
  };

  // How long it has been going on, and, where the service says how far it is, how long it may still take.
  const tick = () => {
    const rest = part("rest");
    if (!rest || begun === null) return;
    const passed = (Date.now() - begun) / 1000;
    const text = share ? rest.dataset.left : rest.dataset.soFar;
    rest.textContent = text.replace("{time}", duration(share ? (passed * (1 - share)) / share : passed));
  };

  const preview = ({ call, index, progress, image }) => {
    if (!String(image).startsWith("data:image/")) return;
    const name = `${call}/${index ?? 0}`;
    if (!places.has(name)) places.set(name, places.size);
    const slot = card.querySelectorAll("[data-slot]")[places.get(name)];
    if (!slot) return;
    if (!slot.classList.contains("preview")) {
      slot.className = "slot preview";
      slot.replaceChildren(new Image(), Object.assign(document.createElement("span"), { className: "pct" }));
      slot.firstElementChild.alt = "";
    }
    slot.querySelector("img").src = image;
    if (typeof progress === "number") {
      slot.style.setProperty("--at", `${Math.round(progress * 100)}%`);
      slot.style.setProperty("--blur", `${Math.round(9 * (1 - progress))}px`);
      slot.querySelector(".pct").textContent = percent(progress);
    }
    stage((wanted = "preview"));
  };

  const acts = {
    queued: ({ waits }) => waits && load(), // a pause has it wait
    running: async () => {
      if (begun === null) {
        begun = Date.now();
        await load();
        announce(part("word").textContent);
      }
      if (card.dataset.live) stage((wanted = "submitting"));
    },
    progress: ({ progress, stage: name }) => {
      if (name) stage((wanted = name));
      if (typeof progress === "number") measure(progress);
    },
    preview,
    picture: load,
    fallback: load,
    finished: async () => {
      await load();
      announce(part("word").textContent);
    },
  };

  const stream = async () => {
    let tries = 0;
    for (;;) {
      try {
        for await (const { id, kind, data } of listen(card.dataset.live, last)) {
          tries = 0;
          lost("");
          last = id;
          await acts[kind]?.(data);
          if (!card.dataset.live) return 0;
        }
      } catch (error) {
        if (error.status) return error.status;
      }
      await wait(WAITS[Math.min(tries++, WAITS.length - 1)]);
    }
  };

  const wait = async (seconds) => {
    const { lost: text } = part("lost").dataset;
    for (let left = seconds; left > 0; left -= 1) {
      lost(text.replace("{seconds}", left));
      await pause(1000);
    }
  };

  card.addEventListener("asked", load);
  const timer = setInterval(tick, 1000);
  const ask = async () => {
    await pause(POLL);
    await load().catch(() => {});
  };
  let refused = null;
  while (card.dataset.live && !(refused = await onLine(stream))) await ask();
  if (refused?.[0] === 401) lost(part("lost").dataset.gone);
  else if (refused?.[0]) {
    lost(part("lost").dataset.polling);
    while (card.dataset.live) await ask();
  }
  clearInterval(timer);
}
