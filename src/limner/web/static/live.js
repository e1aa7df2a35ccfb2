// A job's card, kept in step with the job: by its event stream, and by asking every three seconds where that breaks.
import { announce, dress } from "./dress.js";

const STAGES = {
  queued: "Waiting for a place",
  submitting: "Sending",
  submitted: "Sending",
  preview: "First preview",
  painting: "Refining detail",
  fetching: "Fetching the pictures",
  saving: "Saving",
};

export function follow(card) {
  const stream = new EventSource(card.dataset.live);
  let quarter = 0;
  let polling;

  const part = (name) => card.querySelector(`[data-part=${name}]`);

  const load = async () => {
    if (!card.dataset.live) return; // it shows the end already
    const answer = await fetch(card.dataset.card);
    if (!answer.ok) return;
    const holder = document.createElement("template");
    holder.innerHTML = (await answer.text()).trim();
    const fresh = holder.content.firstElementChild;
    const hadFocus = card.contains(document.activeElement);
    card.replaceWith(fresh);
    card = fresh;
    dress(card);
    if (hadFocus) card.querySelector("a")?.focus();
    if (!card.dataset.live) clearInterval(polling);
  };

  // One after the other: an older card that arrives late must not stand in place of a newer one.
  let turn = Promise.resolve();
  const replace = () => (turn = turn.then(load, load));

  const progress = ({ progress: share, stage }) => {
    if (stage) part("stage").textContent = STAGES[stage] ?? stage.charAt(0).toUpperCase() + stage.slice(1);
    if (typeof share !== "number") return;
    const percent = Math.round(share * 100);
    const bar = part("bar");
    bar.classList.remove("shimmer");
    bar.style.setProperty("--at", `${percent}%`);
    bar.setAttribute("aria-valuenow", percent);
    part("percent").textContent = `${percent}%`;
    if (Math.floor(percent / 25) > quarter) {
      quarter = Math.floor(percent / 25);
      announce(`${quarter * 25}% done`);
    }
  };

  const preview = ({ index, progress: share, image }) => {
    const slot = card.querySelectorAll("[data-slot]")[index ?? 0];
    if (!slot || !String(image).startsWith("data:image/")) return;
    if (!slot.classList.contains("preview")) {
      slot.className = "slot preview";
      slot.replaceChildren(new Image(), Object.assign(document.createElement("span"), { className: "pct" }));
      slot.firstElementChild.alt = "";
    }
    slot.querySelector("img").src = image;
    if (typeof share === "number") {
      slot.style.setProperty("--at", `${Math.round(share * 100)}%`);
      slot.style.setProperty("--blur", `${Math.round(9 * (1 - share))}px`);
      slot.querySelector(".pct").textContent = `${Math.round(share * 100)}%`;
    }
    part("stage").textContent = STAGES.preview;
  };

  // News that is older than the card: it has ended already and has nothing left to move.
  const on = (kind, act) =>
    stream.addEventListener(kind, (event) => {
      if (card.dataset.live || kind === "finished") return act(JSON.parse(event.data).data);
    });
  on("running", () => {
    part("word").textContent = "Running";
    part("stage").textContent = STAGES.submitting;
    announce("Started");
  });
  on("progress", progress);
  on("preview", preview);
  on("picture", replace);
  on("fallback", replace);
  on("finished", async ({ state }) => {
    stream.close();
    clearInterval(polling);
    await replace();
    announce(card.querySelector("[data-part=word]")?.textContent ?? state);
  });
  stream.addEventListener("error", () => {
    // The browser comes back by itself unless the server refused it.
    if (stream.readyState !== EventSource.CLOSED || polling) return;
    if (part("stage")) part("stage").textContent = "Live progress stopped. Checking every 3 s instead.";
    polling = setInterval(replace, 3000);
  });
}
