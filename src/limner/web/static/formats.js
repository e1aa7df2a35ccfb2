// The format that somebody downloaded last: the next picture comes in it, too.
const PLACE = "limner.format";

export function kept() {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null; // a browser that keeps nothing
  }
}

// What a link that was pressed asks for; files as they were delivered have no format to keep.
export function keep(link) {
  const format = new URL(link.href).searchParams.get("format");
  if (!format) return;
  try {
    localStorage.setItem(PLACE, format);
  } catch {
    // The picture comes all the same.
  }
}

// A picture's address, in that format.
export function inLast(address) {
  const there = new URL(address, location.href);
  if (kept()) there.searchParams.set("format", kept());
  return there.href;
}
