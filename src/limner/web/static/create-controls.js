// The controls of the chosen model. What it lacks stays in its place, says why, and keeps its value for the next one.
import { number, percent } from "./words.js";

export function steer(form) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const said = form.dataset;
  const seed = form.elements.seed;
  const quality = form.elements.quality;
  const sliders = [...form.querySelectorAll("[data-slider]")].map((field) => ({
    field,
    range: field.querySelector("input[type=range]"),
    usual: field.querySelector("input[type=hidden]"),
    output: field.querySelector("output"),
    hint: field.querySelector(".hint"),
    wish: null,
  }));
  const growing = form.elements.previews;
  let grows = growing.checked; // what is wished for; the switch itself says what the chosen model does

  const lack = (field, hint, why) => {
    field.disabled = Boolean(why);
    field.closest(".field").classList.toggle("lacks", Boolean(why));
    hint.textContent = why;
  };

  const paint = ({ range, output }) => {
    const share = (range.value - range.min) / (range.max - range.min || 1);
    range.style.setProperty("--at", `${share * 100}%`);
    output.textContent = range.dataset.unit === "%" ? percent(range.value / 100) : number(Number(range.value));
  };

  const slide = (slider, rule, why) => {
    lack(slider.range, slider.hint, why);
    if (rule) {
      const [least, most, step, usual] = rule;
      Object.assign(slider.range, { min: least, max: most, step });
      slider.range.value = slider.wish ?? usual;
      slider.usual.value = slider.wish === null ? slider.range.value : "";
    }
    paint(slider);
  };

  const quality_of = (choices) => {
    const usual = new Option(quality.dataset.usual, "");
    const words = choices.map((each) => new Option(each.charAt(0).toUpperCase() + each.slice(1), each));
    quality.replaceChildren(usual, ...words);
    quality.value = choices.includes(quality.dataset.wish) ? quality.dataset.wish : "";
    lack(quality, form.querySelector("#quality-note"), choices.length ? "" : said.oneQuality);
  };

  const negative = (rules) => {
    const words = form.elements.negative_prompt.value.trim();
    part("folded").textContent = rules.negative_prompt ? "" : said.folded;
    const hint = said.avoid.replace("{model}", rules.title).replace("{words}", words);
    form.querySelector("#negative-note").textContent = rules.negative_prompt || !words ? "" : hint;
  };

  const references = (rules) => {
    const brought = part("references").querySelectorAll("[name=reference]").length;
    const counted = said.takes.replace("{count}", brought).replace("{most}", rules.references);
    part("takes").textContent = rules.references ? counted : said.takesNone;
    part("references").classList.toggle("unread", !rules.references);
    for (const role of part("references").querySelectorAll("option[value]:not([value=''])")) role.disabled = !rules.roles.includes(role.value);
    part("roles-note").textContent = brought ? rules.lacks_roles : "";
    return rules.references ? brought : 0;
  };

  const summary = () => {
    const changed = [form.elements.negative_prompt.value.trim(), quality.value, form.elements.project.value, form.elements.format.value];
    const count = changed.filter(Boolean).length + sliders.filter((each) => each.wish !== null && !each.range.disabled).length;
    const locked = seed.value && !seed.disabled && part("lock").getAttribute("aria-pressed") === "true";
    part("summary").textContent = [locked ? said.locked : "", count ? said.changed.replace("{count}", count) : ""].filter(Boolean).join(", ");
  };

  const apply = () => {
    const chosen = form.querySelector("[name=model]:checked");
    if (!chosen) return;
    const rules = JSON.parse(chosen.dataset.rules);
    part("model").textContent = rules.title;
    part("model").className = `prov ${chosen.dataset.colour}`;
    part("note").textContent = chosen.dataset.note;
    part("counter").dataset.limit = rules.limit;
    negative(rules);
    const read = references(rules);
    lack(seed, form.querySelector("#seed-note"), rules.seed ? "" : said.noSeed);
    part("lock").disabled = part("dice").disabled = !rules.seed;
    quality_of(rules.quality);
    const note = form.querySelector("#previews-note");
    lack(growing, note, note.dataset[rules.previews || "none"]);
    growing.disabled = rules.previews !== "paid";
    growing.checked = rules.previews === "free" || (rules.previews === "paid" && grows);
    for (const slider of sliders) {
      const { slider: name } = slider.field.dataset;
      const needs = name === "strength" && rules[name] && !read ? said.noReference : "";
      slide(slider, rules[name], rules[name] ? needs : said.fixed);
    }
    summary();
  };

  // A seed that is not locked is for one time.
  const used = () => {
    if (part("lock").getAttribute("aria-pressed") === "true") return;
    seed.value = "";
    apply();
  };

  const draw = () => {
    seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    seed.dispatchEvent(new Event("change", { bubbles: true }));
  };

  for (const name of ["lock", "dice"]) part(name).hidden = false;
  part("dice").addEventListener("click", draw);
  part("lock").addEventListener("click", () => {
    const locked = part("lock").getAttribute("aria-pressed") !== "true";
    part("lock").setAttribute("aria-pressed", String(locked));
    if (locked && !seed.value) draw();
    summary();
  });
  quality.addEventListener("input", () => (quality.dataset.wish = quality.value));
  growing.addEventListener("input", () => (grows = growing.checked));
  for (const slider of sliders) {
    if (!slider.usual.value) slider.wish = slider.range.value;
    slider.range.addEventListener("input", () => {
      slider.wish = slider.range.value;
      slider.usual.value = "";
      paint(slider);
    });
  }
  return { apply, used };
}
