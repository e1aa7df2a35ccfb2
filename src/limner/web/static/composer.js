// Brings what the composer needs only to pages that have one.
export async function compose(form) {
  const { begin } = await import("./create.js");
  begin(form);
}
