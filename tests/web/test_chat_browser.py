"""The chat in a real browser: answers as they come, document 3's block in its four states, here and on other pages."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from limner.testing.faults import Fault
from tests.api.served import serving
from tests.api.talkers import Parlour, made, parlour
from tests.web.axe import objections
from tests.web.test_create import picture
from tests.web.test_create_browser import DROP, LARGE, NO_PICTURES, PASTE, encoded
from tests.web.windows import Visit, in_a_browser, visit

pytestmark = [*in_a_browser, pytest.mark.timeout(240)]

LONG = "A harbour city at dusk with lit windows, low sun behind the towers, its light broken on the water, a ferry " * 2
PAID = {"name": "Paid", "model": "openai/gpt-image-2", "parameters": {"size": "1024x1024", "quality": "low"}}
BAD_KEY = {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}
KEY_REFUSED = "Invalid API key: OpenAI does not accept it."
ELSEWHERE = "http://localhost:9"
"""The origin of a page that is not ours; nobody is there, the browser is told what to show."""
WAIT = {"Prefer": "wait=60"}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parlour]:
    with parlour(tmp_path_factory.mktemp("chatbrowser")) as found:
        made(found.site.client, "/api/v1/profiles", PAID)
        made(found.site.client, "/api/v1/profiles", {**PAID, "name": "Free", "model": "sketch", "parameters": {}})
        yield found


@pytest.fixture
def client(there: Parlour) -> httpx2.Client:
    there.talker.says.clear()
    return there.site.client


def chat(client: httpx2.Client, profile: str | None = "Paid", **fields: object) -> str:
    found: str = made(client, "/api/v1/chats", {"image_profile": profile, **fields})["id"]
    return found


def offered(there: Parlour, chat_id: str, prompt: str, **more: object) -> str:
    """The id of a picture that is offered in a chat."""
    there.say("Here is one.", {"prompt": prompt, **more})
    there.say("")
    message = made(there.site.client, f"/api/v1/chats/{chat_id}/messages", {"text": f"paint {prompt[:40]}"}, **WAIT)
    found: str = message["imageGenerations"][0]["id"]
    return found


def bought(there: Parlour, chat_id: str, block_id: str) -> None:
    """Buys a picture and waits for its end."""
    job = made(there.site.client, f"/api/v1/chats/{chat_id}/blocks/{block_id}/buy", {})["jobId"]
    assert "finished" in there.site.client.get(f"/api/v1/jobs/{job}/events").text


def block_in(page: Page, block_id: str) -> Locator:
    return page.locator(f"#block-{block_id}")


async def send(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


@pytest.mark.req("S2-079", "S3-052", "S3-053", "S3-057", "S3-058", "S3-060", "S3-061", "S3-062", "S3-067", "S3-109")
async def test_a_picture_is_talked_about_bought_once_and_taken_along(
    browser: Browser, client: httpx2.Client, there: Parlour
) -> None:
    seen = await visit(browser, there.site, permissions=["clipboard-read", "clipboard-write"])
    page, before = seen.page, there.site.stand_in.purchases
    there.say("I *will*.", {"prompt": "a harbour [at dusk]"})
    there.say("")
    await page.goto("/chat")
    await page.get_by_label("Image profile for this chat").select_option(label="Paid · OpenAI")
    tiles = page.locator("[data-part=references] .ref")
    await page.evaluate(DROP, encoded("quay.jpg", "image/jpeg", picture("JPEG")))
    await expect(tiles).to_have_count(1)
    await send(page, "a harbour like this, please")
    button = page.get_by_role("button", name="Generate Image for $0.0066")
    await expect(button).to_be_visible()
    await expect(page.locator(".msg em")).to_have_text("will")
    there.site.stand_in.faults.add(Fault(delay=3))
    await button.dblclick()
    await expect(page.get_by_text("Generating image with OpenAI...")).to_be_visible()
    await expect(page.get_by_text("This may take a few seconds")).to_be_visible()
    await expect(page.locator(".gib")).to_have_attribute("aria-busy", "true")
    await expect(page.get_by_role("img", name="a harbour [at dusk]")).to_be_visible()
    assert there.site.stand_in.purchases - before == 1
    [image] = client.get("/api/v1/images", params={"limit": 1}).json()["items"]
    address = f"{there.site.url}/api/v1/images/{image['id']}/file"
    await page.get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_text("Link copied.").first).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == address
    await page.get_by_role("button", name="Grab", exact=True).click()
    await expect(page.get_by_text("Markdown copied.").first).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == f"![a harbour  at dusk ]({address})"
    await page.get_by_role("button", name="LLM Info").click()
    dialog = page.get_by_role("dialog", name="LLM Info")
    for fact in ("image_generation", "openai", "gpt-image-2", "1024x1024", "img_gen_"):
        await expect(dialog).to_contain_text(fact)
    assert await objections(page) == []
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert seen.complaints == []
    quay, harbour = page.get_by_role("article", name="You").get_by_role("img", name="quay"), image["id"]
    await expect(quay).to_be_visible()
    await page.get_by_role("button", name="Add pictures").click()
    box = page.locator(f"#attach [type=checkbox][value='{harbour}']")
    await expect(box).to_be_visible()
    assert await objections(page) == []
    await box.check()
    await expect(tiles).to_have_count(1)
    await page.keyboard.press("Escape")
    await tiles.get_by_role("button", name="Remove this reference").click()
    await expect(box).not_to_be_checked()
    await page.evaluate(PASTE, encoded("tower.png", "image/png", picture(colour=(9, 9, 90))))
    await expect(tiles).to_have_count(1)
    for name, kind, content in NO_PICTURES:
        await page.evaluate(DROP, encoded(name, kind, content))
        await expect(page.get_by_role("alert").filter(has_text=name)).to_be_visible()
    await page.evaluate(LARGE)
    await expect(page.get_by_role("alert").filter(has_text="harbour.png is 60 MB. The limit is 50 MB.")).to_be_visible()
    await expect(tiles).to_have_count(1)
    assert await objections(page) == []
    there.say("A tower.")
    await page.get_by_role("textbox", name="Message", exact=True).press("Enter")
    await expect(page.get_by_text("A tower.")).to_be_visible()
    await expect(page.get_by_role("article", name="You").get_by_role("img", name="tower")).to_be_visible()
    await expect(tiles).to_have_count(0)
    assert "data:image/jpeg;base64," in str(there.talker.bodies[-1])


async def test_answers_are_followed_stopped_edited_and_turned_to(
    browser: Browser, client: httpx2.Client, there: Parlour
) -> None:
    seen = await visit(browser, there.site)
    page = seen.page
    there.say("The zeppelin is **grey**, and more of it that never comes.", pause=asyncio.Event())
    await page.goto(f"/chat/{chat(client)}")
    await send(page, "tell me of zeppelins")
    await expect(page.get_by_role("log")).to_contain_text("The zeppelin is **grey**")
    await page.reload()
    await expect(page.get_by_role("log")).to_contain_text("The zeppelin is")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("Stopped.")).to_be_visible()
    await expect(page.locator(".msg strong")).to_have_text("grey")
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    there.say("Lighthouses blink.")
    await page.get_by_text("Edit", exact=True).click()
    await page.get_by_label("Your message in other words").fill("tell me of lighthouses")
    await page.locator(".editing").get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Lighthouses blink.")).to_be_visible()
    branches = page.get_by_role("group", name="Branches")
    await expect(branches).to_have_text("2 of 2")
    await branches.get_by_role("button", name="Previous branch").click()
    await expect(branches).to_have_text("1 of 2")
    await expect(page.get_by_text("Stopped.")).to_be_visible()
    there.say("It is silver.")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.get_by_text("It is silver.")).to_be_visible()
    await page.locator(".about > summary").click()
    await page.get_by_role("link", name="Delete the conversation").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/chat")
    assert seen.complaints == []


async def test_a_lost_line_is_said_and_what_was_missed_comes_later(
    browser: Browser, client: httpx2.Client, there: Parlour
) -> None:
    seen = await visit(browser, there.site)
    page, here = seen.page, chat(client)
    there.say("The first half, and the second half.", pause=asyncio.Event())
    message = made(client, f"/api/v1/chats/{here}/messages", {"text": "go on"})
    lines = f"**/api/v1/chats/{here}/messages/**"
    await page.route(lines, lambda route: route.abort())
    await page.goto(f"/chat/{here}")
    lost = page.locator("[data-part=lost]")
    await expect(lost).to_contain_text("Connection lost")
    await expect(lost).to_contain_text("The server cannot be reached. Trying again in ")
    await page.unroute(lines)
    await expect(lost).to_be_hidden()
    await expect(page.get_by_role("log")).to_contain_text("The first half,")
    await page.route(f"{lines}/events**", lambda route: route.abort())
    await page.reload()
    await expect(lost).to_be_visible()
    made(client, f"/api/v1/chats/{here}/messages/{message['id']}/stop", None)
    await expect(page.get_by_text("Stopped.")).to_be_visible()
    await expect(lost).to_be_hidden()


@pytest.fixture(scope="module")
def states(there: Parlour) -> tuple[str, dict[str, str]]:
    """A chat with a block in every state, and their ids."""
    there.talker.says.clear()
    here = chat(there.site.client, title="All states")
    ids = {"complete": offered(there, here, LONG)}
    bought(there, here, ids["complete"])
    ids["error"] = offered(there, here, "a coast")
    there.site.stand_in.faults.add(Fault(status=401, body=BAD_KEY))
    bought(there, here, ids["error"])
    ids["generating"] = offered(there, here, "a slow coast")
    there.site.stand_in.faults.add(Fault(delay=600))
    made(there.site.client, f"/api/v1/chats/{here}/blocks/{ids['generating']}/buy", {})
    ids["pending"] = offered(there, here, "a striped lighthouse", count=2)
    return here, ids


@pytest.mark.req("S3-054", "S3-055", "S3-059", "S3-063", "S3-064", "S3-065", "S3-066", "S3-109")
@pytest.mark.parametrize(("theme", "width"), [("ink", 1280), ("vellum", 360)])
async def test_all_four_states_are_accessible_and_the_same_without_a_script(
    browser: Browser, there: Parlour, states: tuple[str, dict[str, str]], theme: str, width: int
) -> None:
    here, ids = states
    seen = await visit(browser, there.site, theme, width)
    plain = await visit(browser, there.site, theme, width, java_script_enabled=False)
    for each in (seen, plain):
        await each.page.goto(f"/chat/{here}")
    await expect(seen.page.get_by_role("button", name="Copy", exact=True)).to_be_visible()
    for state, block_id in ids.items():
        lively, still = block_in(seen.page, block_id), block_in(plain.page, block_id)
        await expect(lively.locator(".gib")).to_have_attribute("data-state", state)
        if state != "complete":
            assert await text_of(lively) == await text_of(still)
    shown = block_in(seen.page, ids["complete"])
    await expect(shown.locator(".said")).to_have_text(f"{LONG[:150].rstrip()}… Show all")
    await shown.get_by_role("button", name="Show all").click()
    await expect(shown.locator(".said")).to_have_text(LONG.rstrip())
    await expect(block_in(seen.page, ids["error"]).get_by_role("alert")).to_contain_text(KEY_REFUSED)
    colour = await shown.locator(".prov").evaluate("each => getComputedStyle(each).color")
    assert colour == {"ink": "rgb(124, 199, 155)", "vellum": "rgb(29, 94, 69)"}[theme]  # OpenAI's green
    assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width < 1024:
        await seen.page.get_by_role("button", name="Conversations").click()
        await expect(seen.page.get_by_role("link", name="All states")).to_be_visible()
        assert await objections(seen.page) == []
        await seen.page.keyboard.press("Escape")
        await expect(seen.page.get_by_role("link", name="All states")).to_be_hidden()
    assert await objections(seen.page) == []
    await seen.page.goto("/chat")
    assert await objections(seen.page) == []
    assert seen.complaints == []


async def text_of(block: Locator) -> str:
    """What a block says, whichever way its parts are made."""
    return "".join(str(await block.locator(".gib").evaluate("each => each.textContent")).split())


@pytest.mark.req("S2-076", "S2-077")
async def test_who_paints_is_chosen_at_the_top(browser: Browser, client: httpx2.Client, there: Parlour) -> None:
    seen = await visit(browser, there.site)
    page, here = seen.page, chat(client)
    await page.goto(f"/chat/{here}")
    await page.get_by_role("textbox", name="Message", exact=True).fill("half a sentence")
    head = page.locator(".head summary")
    await expect(head.locator(".prov.openai")).to_have_text("OpenAI")
    await page.get_by_label("Image profile for this chat").select_option("No pictures in this chat")
    await expect(head.locator(".prov")).to_have_count(0)
    assert client.get(f"/api/v1/chats/{here}").json()["mode"] == "off"
    await page.get_by_label("Image profile for this chat").select_option(label="Free · Built in")
    await expect(head.locator(".prov.builtin")).to_have_text("Built in")
    await expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("half a sentence")
    assert seen.complaints == []


PAGE = """<!doctype html><html lang="en"><title>Elsewhere</title><main><h1>Elsewhere</h1></main>
<script type="module">
await import("{home}/generated-image.js");
window.told = [];
const block = document.createElement("generated-image");
block.data = {data};
block.accessToken = "none";
block.onCopy = (text) => told.push(["copy", text]);
block.onGrab = (text) => told.push(["grab", text]);
block.onLlmInfo = (call) => told.push(["info", call.type, call.cost]);
block.onStatusChange = (id, status) => told.push(["status", id, status]);
for (const kind of ["generating", "complete", "error"]) block.addEventListener(kind, () => told.push(["event", kind]));
document.querySelector("main").append(block);
</script>"""


@pytest.mark.req("S3-052", "S3-053", "S3-056", "S3-058", "S3-060", "S3-061", "S3-062", "S3-063", "S3-109")
async def test_the_block_works_on_pages_of_other_people(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving(tmp_path_factory.mktemp("elsewhere"), cors_origins=ELSEWHERE) as site:
        asked = {"prompt": "a lighthouse", "modelKey": "openai/gpt-image-2", "quality": "fast", "size": "1024x1024"}
        estimate = made(site.client, "/generate-image/estimate", asked)
        assert estimate["alternatives"]
        home = "/".join(site.client.get("/chat").text.partition("/chat.css")[0].rpartition('"')[2].split("/"))
        data: dict[str, Any] = {"id": "one", **asked, **estimate}
        html = PAGE.replace("{home}", f"{site.url}{home}").replace("{data}", json.dumps(data))
        seen = await elsewhere(browser, html)
        page = seen.page
        button = page.get_by_role("button", name=f"Generate Image for ${estimate['cost']:.4f}")
        await expect(button).to_have_css("background-color", "rgb(220, 174, 76)")
        await page.get_by_text("Alternatives").click()
        await expect(page.get_by_text(estimate["alternatives"][0]["model"]).first).to_be_visible()
        assert await objections(page) == []
        before = site.stand_in.purchases
        other = next(each for each in estimate["alternatives"] if each["available"])
        await page.get_by_role("button", name=f"· {other['model']}").click()
        await expect(page.get_by_role("button", name=f"Generate Image for ${other['cost']:.4f}")).to_be_visible()
        await page.evaluate("(data) => { document.querySelector('generated-image').data = data; }", data)
        assert site.stand_in.purchases == before
        site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "No.", "code": "invalid"}}))
        before = site.stand_in.purchases
        await button.dblclick()
        retry = page.get_by_role("button", name="Retry")
        await expect(page.get_by_role("alert")).to_contain_text("No.")
        await page.route(f"{site.url}/generate-image", lambda route: route.abort(), times=1)
        await retry.click()
        await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        await retry.click()
        await expect(page.get_by_role("img", name="a lighthouse")).to_be_visible()
        assert site.stand_in.purchases - before == 1
        for name in ("Copy", "Grab", "LLM Info"):
            await page.get_by_role("button", name=name, exact=True).click()
        told = await page.evaluate("told")
    states = [each[2] for each in told if each[0] == "status"]
    assert states == ["generating", "error", "generating", "error", "generating", "complete"]
    assert [each[1] for each in told if each[0] == "event"] == states
    assert [each[0] for each in told[-3:]] == ["copy", "grab", "info"]
    assert told[-2][1] == f"![a lighthouse]({told[-3][1]})"
    assert told[-1][1] == "image_generation"
    assert 0.9 * estimate["cost"] <= told[-1][2] <= estimate["cost"]  # what was charged is what was estimated


async def elsewhere(browser: Browser, html: str) -> Visit:
    """A window onto a page of another origin."""

    async def show(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    context = await browser.new_context(reduced_motion="reduce", permissions=["local-network-access"])
    context.set_default_timeout(20_000)
    seen = Visit(context, await context.new_page())
    await seen.page.route(f"{ELSEWHERE}/**", show)
    await seen.page.goto(f"{ELSEWHERE}/page")
    return seen


async def test_a_picture_that_waits_for_the_queue_says_so_and_goes_on_by_itself(
    browser: Browser, client: httpx2.Client, there: Parlour
) -> None:
    here = chat(client, "Free")
    block = offered(there, here, "a quay in the fog")
    assert client.patch("/api/v1/queue", json={"paused": True}).is_success
    seen = await visit(browser, there.site, width=360)
    page = seen.page
    await page.goto(f"/chat/{here}")
    found = block_in(page, block)
    await found.get_by_role("button", name="Generate Image").click()
    await expect(found.get_by_text("Waits: your queue is paused")).to_be_visible()
    await expect(found.get_by_text("Generating image")).to_have_count(0)
    assert await objections(page) == []
    link = found.get_by_role("link", name="Let the queue go on")
    assert await link.get_attribute("href") == f"{there.site.url}/jobs"
    assert client.patch("/api/v1/queue", json={"paused": False}).is_success
    await expect(found.get_by_role("img", name="a quay in the fog")).to_be_visible()
    assert seen.complaints == []
