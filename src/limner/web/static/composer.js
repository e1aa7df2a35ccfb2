// The composer: the price line follows the fields, and a request becomes a card without leaving the page.
import { announce, dress } from "./dress.js";
import { follow } from "./live.js";

const USD = 1_000_000;

function price(amount) {
  if (amount === null) return "price unknown";
  if (amount.micro_usd === 0) return "free";
  if (amount.micro_usd < 1000) return "under $0.001";
  const dollars = amount.micro_usd / USD;
  return dollars >= 1 ? `$${dollars.toFixed(2)}` : `$${dollars.toFixed(3).replace(/0$/, "")}`;
}

function duration(seconds) {
  if (seconds < 1) return `${Math.max(seconds, 0.1).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole % 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole / 60} min`;
}

function wish(form, prompt) {
  const fields = new FormData(form);
  const body = {
    prompt: prompt ?? fields.get("prompt"),
    model: fields.get("model"),
    aspect: fields.get("shape"),
    count: Number(fields.get("count")),
  };
  if (fields.get("negative_prompt").trim()) body.negative_prompt = fields.get("negative_prompt").trim();
  if (/^[0-9]{1,19}$/.test(fields.get("seed").trim())) body.seed = fields.get("seed").trim();
  // Seeds may be larger than a number of JavaScript holds exactly: written as they stand.
  return JSON.stringify(body).replace(/"seed":"0*([0-9]+)"/, '"seed":$1');
}

async function post(address, body, headers = {}) {
  const answer = await fetch(address, { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } });
  return { ok: answer.ok, content: await answer.json() };
}

export function compose(form) {
  const line = form.querySelector("#price b");
  const under = form.querySelector("#price span");
  const trouble = form.querySelector("#trouble");
  const prompt = form.elements.prompt;
  let asked = 0;
  let timer;

  const complain = (text) => {
    trouble.hidden = !text;
    trouble.querySelector("p").textContent = text;
    if (text) trouble.scrollIntoView({ block: "nearest" });
  };

  const show = (quote) => {
    const images = quote.count === 1 ? "1 image" : `${quote.count} images`;
    const likely = quote.estimate && quote.estimate.likely;
    const chosen = form.elements.model.selectedOptions[0];
    const over = form.dataset.left && quote.ceiling && quote.ceiling.micro_usd - Number(form.dataset.left);
    line.textContent = `${images} · ${price(likely)} · about ${duration(quote.seconds)}`;
    under.textContent = chosen?.dataset.local ? "Drawn on this machine" : (form.dataset.leftText ?? "");
    if (over > 0) {
      const more = price({ micro_usd: over });
      under.textContent = `This would take you ${more} over the limit. Choose a cheaper model or fewer images.`;
    }
    line.parentElement.classList.toggle("over", over > 0);
    const size = quote.receipt.find((each) => each.field === "aspect" || each.field === "size")?.sent;
    form.querySelector("[data-part=pixels]").textContent = /^\d+x\d+$/.test(size ?? "") ? size.replace("x", " × ") : "";
  };

  const ask = async () => {
    const mine = ++asked;
    try {
      const { ok, content } = await post(form.dataset.quotes, wish(form, prompt.value.trim() || "a picture"));
      if (mine !== asked) return;
      if (ok) show(content);
      else {
        line.textContent = content.detail;
        under.textContent = "";
      }
    } catch {
      under.textContent = "The server cannot be reached.";
    }
  };

  const changed = () => {
    const length = prompt.value.length;
    form.querySelector("[data-part=counter]").textContent = `${length.toLocaleString("en-GB")} / 32,000`;
    form.querySelector("#model-note").textContent = form.elements.model.selectedOptions[0]?.dataset.note ?? "";
    clearTimeout(timer);
    timer = setTimeout(ask, 80);
  };

  const submit = async (event) => {
    event.preventDefault();
    const idea = event.submitter?.name === "idea" ? event.submitter.value : null;
    if (idea) prompt.value = idea;
    const button = form.querySelector(".btn.primary");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    complain("");
    try {
      const { ok, content } = await post(form.dataset.jobs, wish(form), { "Idempotency-Key": `form-${form.elements.key.value}` });
      if (!ok) return complain(content.detail);
      form.elements.key.value = crypto.randomUUID();
      await put(content);
    } catch {
      complain("The server cannot be reached. Try again in a moment: the same request is never bought twice.");
    } finally {
      button.removeAttribute("aria-busy");
    }
  };

  form.addEventListener("input", changed);
  form.addEventListener("submit", submit);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(event.target)) form.requestSubmit();
  });
  changed();
}

// Puts a new job's card at the top of the stage.
async function put(job) {
  const answer = await fetch(`${job.links.page}/card`);
  if (!answer.ok) return location.assign(job.links.page);
  const stage = document.getElementById("stage");
  stage.querySelector(".firstrun")?.remove();
  stage.insertAdjacentHTML("afterbegin", await answer.text());
  const card = stage.firstElementChild;
  dress(card);
  announce("Queued");
  if (card.dataset.live) follow(card);
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
}
