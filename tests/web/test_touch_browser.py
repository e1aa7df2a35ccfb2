"""On a touch screen whatever can be pressed is large enough for a finger: every page, on a phone."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Page, expect

from limner.domain.people import Role
from limner.testing.faults import Drop, Fault
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site
from tests.api.talkers import Parlour, made, talker, talking
from tests.cli.conftest import in_a_thread
from tests.web.windows import Visit, in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(600)]

BOUGHT = {"model": "openai/gpt-image-2", "quality": "low", "size": "1024x1024"}
NO_SUCH_SIZE = {"error": {"message": "This size does not exist.", "code": "invalid_value"}}
OLGA = "olga@example.com"
SMALL = """(least) => {
    document.querySelectorAll("details").forEach((each) => (each.open = true));
    const roles = ["button", "tab", "option", "radio", "checkbox", "switch", "slider"].map((role) => `[role=${role}]`);
    const pressed = `a[href], button, summary, select, textarea, input:not([type=hidden]), ${roles}`;
    const reach = (each) => {
        // A press on its label is a press on a box, a round button or a choice of files.
        const labels = ["checkbox", "radio", "file"].includes(each.type) ? [...each.labels] : [];
        const boxes = [each, ...labels].map((one) => one.getBoundingClientRect());
        return [Math.max(...boxes.map((box) => box.width)), Math.max(...boxes.map((box) => box.height))];
    };
    const hidden = (each) => {
        if (each.type === "file" || each.labels?.length) return false;
        const { clipPath, opacity } = getComputedStyle(each);
        return (clipPath !== "none" && each.offsetWidth <= 1) || opacity === "0";
    };
    // WCAG 2.2, 2.5.8: a target in a sentence is as high as its line.
    const inSentence = (each) => {
        const said = (one) => one.nodeType === Node.TEXT_NODE && /\\p{L}/u.test(one.data);
        return getComputedStyle(each).display === "inline" && [...each.parentElement.childNodes].some(said);
    };
    const held = (each, width, height) => {
        // What its own box lacks, its ground may add: it is pressed wherever a press reaches it.
        each.scrollIntoView({ block: "center", inline: "center" });
        const box = each.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        const half = least / 2 - 0.5;
        const points = [];
        if (width < least) points.push([x - half, y], [x + half, y]);
        if (height < least) points.push([x, y - half], [x, y + half]);
        return points.every(([left, top]) => {
            const hit = document.elementFromPoint(left, top);
            return hit && (each.contains(hit) || [...(each.labels ?? [])].some((label) => label.contains(hit)));
        });
    };
    const found = [];
    for (const each of document.querySelectorAll(pressed)) {
        if (each.disabled || each.closest("[inert]") || !each.checkVisibility({ visibilityProperty: true })) continue;
        if (each.matches(".skip")) each.focus();
        const [width, height] = reach(each);
        if (!width || !height || hidden(each) || inSentence(each)) continue;
        if (Math.min(width, height) >= least - 0.5 || held(each, width, height)) continue;
        const name = (each.getAttribute("aria-label") ?? each.textContent.trim()).slice(0, 40) || each.name || each.id;
        found.push(`${each.tagName.toLowerCase()}.${each.className?.baseVal ?? each.className} "${name}" ` +
            `in .${each.parentElement.className}: ${Math.round(width)} x ${Math.round(height)}`);
    }
    return [...new Set(found)];
}"""
"""What can be pressed and is smaller than so many pixels, with everything unfolded."""
LEAST = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Studio:
    """A site with something on every page, and the paths of them."""

    site: Site
    paths: tuple[str, ...]
    cookies: tuple[tuple[str, str], ...]


def fill_settings(olga: httpx2.Client) -> list[str]:
    """Something in every section of the settings; the paths of what has a page of its own."""
    forms = {
        "keys": {"service": "stability", "label": "Everybody's", "api_key": "sk-of-all-0123456789", "shared": "on"},
        "profiles": {"do": "save", "name": "Sketches", "model": "sketch", "default": "on"},
        "budgets": {"whom": "everyone", "amount": "80", "counted": "usd", "window": "month"},
        "projects": {"name": "harbour"},
        "tokens": {"name": "Calendar build", "scope": "generate", "days": "90"},
        "presets": {"id": "neon-city", "value": "neon lights, rain"},
        "templates": {"name": "Harbours", "template": "A {subject}, {light=at dusk}"},
    }
    for path, form in forms.items():
        assert olga.post(f"/settings/{path}", data=form).status_code in {200, 303}, path
    sections = ["keys", "profiles", "providers", "providers/openai", "budgets", "people", "projects", "tokens"]
    sections += ["webhooks", "presets", "presets/neon-city", "templates", "appearance", "account"]
    return [f"/settings/{section}" for section in sections]


def paint_everything(site: Site, olga: httpx2.Client) -> list[str]:
    """Jobs in many states, pictures, a collection; the paths of their pages."""

    def job(**fields: object) -> Any:
        return made(
            olga, "/api/v1/jobs", {"prompt": "a lake", "model": "sketch", "size": "64x64", **fields}, Prefer="wait=30"
        )

    done = job(count=2, steps=28, negative_prompt="people")
    ends = {
        "partial": Fault(pictures=1),
        "failed": Fault(status=400, body=NO_SUCH_SIZE),
        "lost": Fault(drop=Drop.AFTER_READING),
    }
    jobs = [done]
    for state, fault in ends.items():
        site.stand_in.faults.add(fault)
        jobs.append(job(**BOUGHT, prompt=f"A harbour that is {state}", count=2))
    ids = [each["id"] for each in done["images"]]
    collection = made(olga, "/api/v1/collections", {"name": "Harbours", "description": "Boats"})["id"]
    assert olga.post(f"/api/v1/collections/{collection}/images", json={"ids": ids}).is_success
    batch = made(olga, "/api/v1/batches", {"requests": [{"prompt": "one", "model": "sketch", "size": "64x64"}]})["id"]
    gone = job()["images"][0]["id"]
    assert olga.delete(f"/api/v1/images/{gone}").is_success
    share = made(olga, f"/api/v1/images/{ids[0]}/shares", {})["url"]
    here = f"/images/{ids[0]}"
    return [
        *(
            "/",
            "/jobs",
            f"/?from={done['id']}",
            "/jobs/retry?id=" + jobs[2]["id"],
            *(f"/jobs/{each['id']}" for each in jobs),
        ),
        *("/gallery", "/gallery?select=1", "/gallery?q=zeppelin", "/gallery?trash=1", "/gallery/empty"),
        *("/collections", f"/collections/{collection}", f"/collections/{collection}/remove"),
        *(here, f"{here}/rerun?model=openai/gpt-image-2", f"{here}/edit", f"{here}/upscale", f"{here}/vary"),
        *(
            f"{here}/style",
            f"{here}/cutout",
            "/batches",
            f"/batches/{batch}",
            "/compare",
            "/compare?ids=" + ",".join(ids),
        ),
        *("/analytics", "/keys", "/docs", "/nowhere", "/offline", httpx2.URL(share).path),
    ]


def talk(there: Parlour, olga: httpx2.Client) -> list[str]:
    """A chat with a picture that is offered and one that is kept; the paths of its pages."""
    profile = made(olga, "/api/v1/profiles", {"name": "Free", "model": "sketch", "parameters": {"size": "64x64"}})["id"]
    chat = made(olga, "/api/v1/chats", {"image_profile": profile, "title": "Harbours"})["id"]
    blocks = []
    for prompt in ("a harbour", "a quay"):
        there.say("Here is one.", {"prompt": prompt})
        there.say("")
        said = made(olga, f"/api/v1/chats/{chat}/messages", {"text": f"paint {prompt}"}, Prefer="wait=60")
        blocks.append(said["imageGenerations"][0]["id"])
    job = made(olga, f"/api/v1/chats/{chat}/blocks/{blocks[-1]}/buy", {})["jobId"]
    assert "finished" in olga.get(f"/api/v1/jobs/{job}/events").text
    return ["/chat", f"/chat/{chat}", f"/chat/{chat}/delete", "/chat?q=harbour"]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A site with something on every page."""
    folder: Path = tmp_path_factory.mktemp("touch")
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        text_model = stack.enter_context(in_a_thread(talker()))
        site = stack.enter_context(accounts_site(folder, variables=talking(text_model)))
        quick_hashes(patch)
        add_user(folder, OLGA, Role.OWNER)
        add_user(folder, "ann@example.com")
        olga = stack.enter_context(client_of(site, OLGA))
        paths = [*fill_settings(olga), *paint_everything(site, olga)]
        paths += talk(Parlour(site=site, talker=text_model), olga)
        cookies = tuple((each.name, each.value or "") for each in olga.cookies.jar)
        yield Studio(site=site, paths=tuple(paths), cookies=cookies)


async def phone(browser: Browser, studio: Studio, theme: str = "ink", *, known: bool = True) -> Visit:
    """A window of a phone, of whoever is signed in."""
    seen = await visit(browser, studio.site, theme, 360, has_touch=True, is_mobile=True)
    if known:
        await seen.context.add_cookies(
            [{"name": name, "value": value, "url": studio.site.url} for name, value in studio.cookies]
        )
    return seen


async def small(page: Page) -> list[str]:
    """What is too small on a page as it is now, with its path."""
    assert await page.evaluate("matchMedia('(pointer: coarse)').matches")
    return [f"{page.url.split('/', 3)[3]} {each}" for each in await page.evaluate(SMALL, LEAST)]


async def test_whatever_can_be_pressed_is_large_enough_for_a_finger(browser: Browser, studio: Studio) -> None:
    seen = await phone(browser, studio)
    found = []
    for path in studio.paths:
        await seen.page.goto(path)
        await expect(seen.page.get_by_role("heading", level=1)).to_be_attached()
        found += await small(seen.page)
    stranger = await phone(browser, studio, known=False)
    for path in ("/login", "/setup", "/invitation?token=x"):
        await stranger.page.goto(path)
        found += await small(stranger.page)
    assert not found, "\n".join(found)


async def test_so_is_what_opens_over_a_page(browser: Browser, studio: Studio) -> None:
    seen = await phone(browser, studio, "vellum")
    page, found = seen.page, []
    await page.goto("/")
    await page.get_by_role("button", name="Model", exact=False).first.click()
    await expect(page.get_by_role("dialog", name="Choose a model")).to_be_visible()
    found += await small(page)
    await page.goto("/gallery")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox", name="Go to a page").fill("harbour")
    await expect(page.get_by_role("dialog", name="Find anything").get_by_role("option").first).to_be_visible()
    found += await small(page)
    await page.goto("/gallery?select=1")
    await page.locator(".tick").first.check()
    bar = page.locator(".bulk")
    await expect(bar).to_be_visible()
    assert await bar.evaluate(
        "(each) => [...each.querySelectorAll('.btn')].every((one) => one.offsetWidth === 0 || "
        "one.getBoundingClientRect().right <= innerWidth)"
    )
    found += await small(page)
    assert not found, "\n".join(found)
