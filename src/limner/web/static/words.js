// Words that scripts say: English in the code, and in any other language from a block that the page brings along.
const block = document.getElementById("words");
const words = block ? JSON.parse(block.textContent) : {};
const language = document.documentElement.lang;
const rules = new Intl.PluralRules(language);
const known = rules.resolvedOptions().pluralCategories;
const KINDS = ["zero", "one", "two", "few", "many", "other"].filter((kind) => known.includes(kind));

const filled = (text, values) => text.replace(/%(?:%|\((\w+)\)s)/g, (_, name) => (name ? String(values[name]) : "%"));

// 1,284: grouped as the language groups them, in European digits as prices and sizes are.
export const number = (count) => count.toLocaleString(`${language}-u-nu-latn`);

// 97%, from a share of 1.
export const percent = (share) => share.toLocaleString(`${language}-u-nu-latn`, { style: "percent" });

// 1024 × 768: width first, also where text runs from right to left.
export const size = (width, height) => (document.dir === "rtl" ? `\u2066${width} × ${height}\u2069` : `${width} × ${height}`);

// What was said in English, on a page in another language.
export const original = (text) => Object.assign(document.createElement("span"), { className: "original", lang: "en", dir: "ltr", textContent: text });

export const say = (text, values = {}) => filled(words[text]?.[0] ?? text, values);

// The same in the form that a count wants, which stands for %(num)s.
export function sayMany(one, many, count, values = {}) {
  const text = words[one]?.[KINDS.indexOf(rules.select(count))] ?? (count === 1 ? one : many);
  return filled(text, { num: number(count), ...values });
}

// 12 s, 1 min 20 s.
export function duration(seconds) {
  const whole = Math.max(Math.round(seconds), 1);
  const values = { minutes: Math.floor(whole / 60), seconds: whole % 60 };
  if (!values.minutes) return say("%(seconds)s s", values);
  return values.seconds ? say("%(minutes)s min %(seconds)s s", values) : say("%(minutes)s min", values);
}
