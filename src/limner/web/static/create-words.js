// Help with words: a richer prompt, whose price is said before it is asked for, and prompts with blanks.
import { open, template } from "./create-dialog.js";
import { told } from "./telling.js";

export function help(form, changed) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const prompt = form.elements.prompt;

  const write = (text) => {
    prompt.value = text;
    prompt.focus();
    changed();
  };

  const send = async (address, body, headers = {}) => {
    const answer = await fetch(address, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", ...headers },
    });
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.detail);
    return content;
  };

  const tell = (dialog, error) => {
    const note = document.createElement("p");
    note.setAttribute("role", "alert");
    note.className = "lost";
    note.append(error instanceof TypeError ? form.dataset.unreachable : told(error.message));
    dialog.querySelector("[data-part=inside]").append(note);
  };

  const improve = async () => {
    if (!prompt.value.trim()) return prompt.focus();
    const answer = await fetch(form.dataset.improve);
    if (!answer.ok) return;
    const dialog = open(await answer.text());
    const offer = dialog.querySelector("[data-key]");
    offer.querySelector("[data-part=mine]").addEventListener("click", () => dialog.close());
    offer.querySelector("[data-part=ask]").addEventListener("click", async ({ currentTarget: button }) => {
      if (button.getAttribute("aria-busy") === "true") return;
      button.setAttribute("aria-busy", "true");
      const body = { prompt: prompt.value, ...(offer.dataset.most ? { max_cost: Number(offer.dataset.most) } : {}) };
      try {
        show(dialog, await send(form.dataset.enhance, body, { "Idempotency-Key": offer.dataset.key }));
      } catch (error) {
        tell(dialog, error);
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
  };

  // The new words stand out; those that are gone are named.
  const show = (dialog, found) => {
    const part = template("improved");
    const say = (name) => part.querySelector(`[data-part=${name}]`);
    const added = new Set(found.added.map((word) => word.toLowerCase()));
    for (const piece of found.prompt.split(/([\p{L}\p{N}'-]+)/u)) {
      if (added.has(piece.toLowerCase())) say("text").append(Object.assign(document.createElement("mark"), { textContent: piece }));
      else say("text").append(piece);
    }
    const by = say("by");
    const paid = found.cost_usd === null ? by.dataset.unknown : Number(found.cost_usd) ? by.dataset.paid : by.dataset.free;
    by.textContent = paid.replace("{by}", found.by).replace("{cost}", found.cost_usd);
    say("why").textContent = found.why;
    const dropped = say("dropped");
    dropped.hidden = !found.dropped.length;
    dropped.textContent = dropped.dataset.words.replace("{words}", found.dropped.join(", "));
    say("use").addEventListener("click", () => {
      dialog.close();
      write(found.prompt);
    });
    say("mine").addEventListener("click", () => dialog.close());
    dialog.querySelector("[data-part=inside]").replaceChildren(part);
    say("use").focus();
  };

  const menu = document.getElementById("templates");

  const fill = (id, values) => send(`${form.dataset.templates}/${id}/fill`, { values }).then(({ prompt: text }) => write(text));

  const use = async ({ pattern, blanks }) => {
    menu.hidePopover();
    const wanted = JSON.parse(blanks);
    if (!wanted.length) return fill(pattern, {});
    const part = template("fill");
    for (const [name, usual] of wanted) {
      const label = Object.assign(document.createElement("label"), { className: "field" });
      const word = Object.assign(document.createElement("span"), { className: "lab", textContent: name });
      label.append(word, Object.assign(document.createElement("input"), { className: "input", name, value: usual, required: true }));
      part.querySelector("[data-part=blanks]").append(label);
    }
    const dialog = open(part);
    part.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        await fill(pattern, Object.fromEntries(new FormData(part)));
        dialog.close();
      } catch (error) {
        tell(dialog, error);
      }
    });
  };

  const list = ({ id, name, template: text, blanks }) => {
    menu.querySelector("[data-part=nothing]")?.remove();
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name, title: text });
    button.dataset.pattern = id;
    button.dataset.blanks = JSON.stringify(blanks.map((blank) => [blank.name, blank.default ?? ""]));
    menu.prepend(button);
    button.focus();
  };

  menu.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pattern]");
    if (button) use(button.dataset);
  });
  menu.querySelector("[data-part=keep]").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = event.target.elements.name;
    name.setCustomValidity("");
    try {
      list(await send(form.dataset.templates, { name: name.value, template: prompt.value }));
      name.value = "";
    } catch (error) {
      name.setCustomValidity(error.message);
      name.reportValidity();
    }
  });
  menu.addEventListener("input", ({ target }) => target.setCustomValidity?.(""));
  part("improve").addEventListener("click", improve);
  for (const name of ["improve", "templates"]) part(name).hidden = false;
}
