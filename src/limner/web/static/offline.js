// The page that stands in for one that could not be fetched asks for it again until it comes.
const AGAIN = 4000;

async function ask() {
  const answer = await fetch("/health", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
  else setTimeout(ask, AGAIN);
}

setTimeout(ask, AGAIN);
addEventListener("online", () => location.reload());
