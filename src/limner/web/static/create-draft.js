// What stands in the composer, kept in this window until it is sent: for one person, and gone with the window.
const PLACE = "limner.draft";
const PASSING = new Set(["key", "shown", "file", "asks_shown", "asks"]);

export function keep(form) {
  const values = [...new FormData(form)].filter(([name]) => !PASSING.has(name));
  try {
    sessionStorage.setItem(PLACE, JSON.stringify({ person: form.dataset.person, values }));
  } catch {
    // A browser that keeps nothing: the fields themselves still have it.
  }
}

// A page that was asked for with something in its fields keeps that, and so does one that somebody has begun to fill in.
export function restore(form, references) {
  const asked = new URLSearchParams(location.search);
  const trouble = form.querySelector("#trouble");
  if (asked.has("from") || asked.has("reference") || !trouble.hidden) return;
  if (form.elements.prompt.value) return;
  let kept;
  try {
    kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
  } catch {
    return;
  }
  if (!kept || kept.person !== form.dataset.person) return;
  for (const [name, value] of kept.values) {
    if (name === "reference") references.add(value);
    else fill(form, name, value);
  }
}

function fill(form, name, value) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (field.type === "radio" || field.type === "checkbox") field.checked = field.value === value || field.checked;
    else if (field.dataset.wish !== undefined) field.dataset.wish = value;
    else field.value = value;
  }
}
