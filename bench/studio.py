"""Pages in a browser: what is seen of the gallery when, what moves, how much is sent; and how soon a price follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from statistics import median

from playwright.async_api import Browser, CDPSession, ViewportSize, async_playwright

from bench.figures import Figure, Scale, of_runs
from bench.installation import scratch, server, settings
from bench.programs import NotHere
from bench.seed import fill
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.runtime import open_runtime
from limner.settings import Settings, read_settings
from tools.chromium import find

SLOWER = 4
"""By how much the processor is slowed down."""
WINDOW: ViewportSize = {"width": 1280, "height": 800}
SIZES = (Size(1152, 768), Size(768, 960), Size(896, 896), Size(1024, 640))
PROMPTS = (
    "A still mountain lake at dusk, railway-poster style",
    "Pines on a misty moor, watercolour",
    "Karst peaks, ink",
)
WATCH = """
window.seen = { largest: 0, moved: 0 };
new PerformanceObserver((list) => { for (const each of list.getEntries()) seen.largest = each.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
const move = (each) => { if (!each.hadRecentInput) seen.moved += each.value; };
new PerformanceObserver((list) => list.getEntries().forEach(move))
    .observe({ type: "layout-shift", buffered: true });
"""
REPRICE = """
(field) => new Promise((resolve, reject) => {
    const form = document.querySelector("#composer");
    const choices = [...form.querySelectorAll(`[name=${field}]`)].filter((each) => !each.disabled);
    if (choices.length < 2) reject(new Error(`there is nothing else to choose for ${field}`));
    const next = choices[(choices.findIndex((each) => each.checked) + 1) % choices.length];
    const watch = new MutationObserver(() => { watch.disconnect(); resolve(performance.now() - began); });
    watch.observe(document.querySelector("#price"), { childList: true, subtree: true, characterData: true });
    const began = performance.now();
    next.click();
})
"""
"""Chooses the next of a field's choices; milliseconds until the price line has been written again."""
KEYS = {"OPENAI_API_KEY": "never-asked"}
"""With a service that could be used, Create offers several models; no page asks it anything."""
SETTLED = 1500
"""Milliseconds after the page has loaded, after which nothing moves any more."""


@dataclass(frozen=True, slots=True)
class Look:
    """One visit to a page."""

    largest: float
    """Milliseconds until the largest thing was seen."""
    moved: float
    """The cumulative layout shift."""
    sent: int
    """Bytes that came over the wire until nothing more did."""
    scripts: int
    """Of these, scripts."""


def measure(scale: Scale) -> list[Figure]:
    """Fills an installation once, then visits the pages with an empty cache each time."""
    program = find()
    if program is None:
        raise NotHere("there is no Chromium on this machine; `make chromium` looks for one")
    with scratch() as folder:
        data = folder / "data"
        settled = read_settings(settings(data), folder)
        filled = fill(settled, scale.pick(100_000, 2_000))
        newest = asyncio.run(painted(settled, scale.pick(60, 6)))
        with server(folder, data=data, more=KEYS) as limner:
            return asyncio.run(looked_at(program, limner.address, newest, filled.pictures, scale.pick(5, 1)))


async def painted(given: Settings, many: int) -> str:
    """Pictures as large as people paint them, the newest of all; the id of the last one."""
    async with open_runtime(given) as runtime:
        last = ""
        for number in range(many):
            prompt, size = PROMPTS[number % len(PROMPTS)], SIZES[number % len(SIZES)]
            request = ImageRequest(prompt=prompt, model="sketch", size=size, seed=number)
            last = (await runtime.engine.generate(request, LOCAL, timeout=120)).pictures[0].id
        return last


async def looked_at(program: str, address: str, newest: str, pictures: int, times: int) -> list[Figure]:
    """The table."""
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=switches)
        await visited(browser, f"{address}/gallery", whole=True)  # thumbnails are made when they are first asked for
        looks = [await visited(browser, f"{address}/gallery") for _ in range(times)]
        whole = await visited(browser, f"{address}/gallery", whole=True)
        prices = await priced(browser, f"{address}/", 10 * times)
        paths = {"create": "/", "the gallery": "/gallery", "an opened picture": f"/images/{newest}"}
        scripts = {name: await visited(browser, f"{address}{path}") for name, path in paths.items()}
        await browser.close()
    what = f"{pictures:,} pictures, {SLOWER} times slower"
    return [
        of_runs(f"largest thing seen, {what}", [look.largest for look in looks], "ms", goal=1500),
        of_runs(f"layout shift, {what}", [look.moved for look in looks], "", goal=0.05),
        Figure(
            name="first page, what is fetched unasked",
            value=median(look.sent for look in looks) / 1000,
            unit="kB",
            goal=400,
        ),
        Figure(name="first page with all of its 60 thumbnails", value=whole.sent / 1000, unit="kB", goal=400),
        of_runs("price line after another model, count or shape, not slowed down", prices, "ms", goal=150),
        *(
            Figure(name=f"scripts of the page: {name}", value=look.scripts / 1000, unit="kB", goal=60)
            for name, look in scripts.items()
        ),
    ]


async def priced(browser: Browser, address: str, times: int) -> list[float]:
    """Milliseconds from a choice in the composer to its price."""
    context = await browser.new_context(viewport=WINDOW)
    page = await context.new_page()
    await page.goto(address, wait_until="networkidle")
    found = [await page.evaluate(REPRICE, field) for _ in range(times) for field in ("model", "count", "shape")]
    await context.close()
    return found


async def visited(browser: Browser, address: str, *, whole: bool = False) -> Look:
    """One visit with an empty cache; `whole` fetches also what lies below the window."""
    context = await browser.new_context(viewport=WINDOW, device_scale_factor=1)
    page = await context.new_page()
    wire = await context.new_cdp_session(page)
    sent, kinds = await listened(wire)
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    await page.add_init_script(WATCH)
    answer = await page.goto(address, wait_until="load")
    if answer is None or not answer.ok:
        raise RuntimeError(f"{address} is not there to be measured: {await page.inner_text('body')}")
    if whole:
        await page.evaluate("for (const each of document.images) each.loading = 'eager'")
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(SETTLED)
    seen = await page.evaluate("seen")
    await context.close()
    return Look(
        seen["largest"], seen["moved"], sum(sent.values()), sum(sent[each] for each in sent if kinds[each] == "Script")
    )


async def listened(wire: CDPSession) -> tuple[dict[str, int], dict[str, str]]:
    """The bytes of each answer, and what it is, as they come."""
    sent: dict[str, int] = {}
    kinds: dict[str, str] = {}
    wire.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    wire.on("Network.loadingFinished", lambda told: sent.update({told["requestId"]: int(told["encodedDataLength"])}))
    await wire.send("Network.enable")
    return sent, kinds
