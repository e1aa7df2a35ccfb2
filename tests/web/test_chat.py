"""The chat's pages as they come: what they say, what their forms do, and that nothing is bought or said by looking."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.api.talkers import Parlour, made, parlour
from tests.web.test_create import NO_PICTURES, picture

HTML = {"Accept": "text/html"}
WAIT = {"Prefer": "wait=30"}
HARBOUR = {"prompt": "a harbour at dusk"}
LONG = "a harbour city at dusk with lit windows, " * 5
PAID = {"name": "Paid", "model": "openai/gpt-image-2", "parameters": {"size": "1024x1024", "quality": "low"}}
FREE = {"name": "Free", "model": "sketch", "parameters": {"size": "64x64"}}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parlour]:
    with parlour(tmp_path_factory.mktemp("chatpage")) as found:
        for profile in (PAID, FREE):
            made(found.site.client, "/api/v1/profiles", profile)
        yield found


@pytest.fixture
def client(there: Parlour) -> httpx2.Client:
    there.talker.says.clear()
    return there.site.client


def chat(client: httpx2.Client, profile: str | None = "Paid", **fields: object) -> str:
    found: str = made(client, "/api/v1/chats", {"image_profile": profile, **fields})["id"]
    return found


def said(client: httpx2.Client, chat_id: str, text: str = "paint a harbour") -> Any:
    return made(client, f"/api/v1/chats/{chat_id}/messages", {"text": text}, **WAIT)


def shown(client: httpx2.Client, path: str) -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text


def posted(client: httpx2.Client, path: str, **fields: object) -> httpx2.Response:
    return client.post(path, data=fields, headers=HTML, follow_redirects=True)


def words(page: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def painted(client: httpx2.Client, chat_id: str, block_id: str) -> Any:
    """The block when its job has ended."""
    found = client.get(f"/api/v1/chats/{chat_id}/blocks/{block_id}").json()
    assert "finished" in client.get(f"/api/v1/jobs/{found['jobId']}/events").text
    return client.get(f"/api/v1/chats/{chat_id}/blocks/{block_id}").json()


@pytest.mark.req("S2-076", "S2-079")
def test_a_chat_is_begun_and_gone_on_with_by_forms_alone(client: httpx2.Client, there: Parlour) -> None:
    page = shown(client, "/chat")
    assert "New conversation" in page
    assert "No pictures in this chat" in page
    assert 'class="btn sm act" href="/settings/profiles"' not in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    there.say("I will paint **that**.", HARBOUR)
    there.say("")
    form = {"text": "a harbour, please", "key": key, "image_profile": "default", "mode": "confirm"}
    profile = re.findall(r'<option value="([^"]+)">Free · ', page)[0]
    answer = posted(client, "/chat/new", **{**form, "image_profile": profile})
    assert "<strong>that</strong>" in answer.text
    assert "Generate Image for $0.0000" in answer.text
    here = str(answer.url).rpartition("/")[2].partition("#")[0]
    again = posted(client, "/chat/new", **{**form, "image_profile": profile})
    assert str(again.url).partition("#")[0] == str(answer.url).partition("#")[0]
    action, agreed = re.findall(r'action="(/chat/[^"]+/buy)".*?name="agreed" value="([^"]*)"', answer.text, re.DOTALL)[
        0
    ]
    for _ in range(2):
        assert posted(client, action, agreed=agreed).status_code == 200
    painted(client, here, action.split("/")[-2])
    page = shown(client, f"/chat/{here}")
    assert re.search(r'<img src="/api/v1/images/[0-9a-f-]+/thumbnail', page)
    assert "download" in page
    assert len(client.get("/api/v1/images", params={"tag": f"CHAT:{here}"}).json()["items"]) == 1
    there.say("You are welcome.")
    assert "You are welcome." in posted(client, f"/chat/{here}/say", text="thank you", key=str(uuid4())).text


@pytest.mark.req("S3-053", "S3-054", "S3-055", "S3-066")
def test_offers_say_who_paints_for_how_much_and_within_which_bounds(client: httpx2.Client, there: Parlour) -> None:
    there.say("Two of them.", HARBOUR, {"prompt": LONG, "count": 2})
    there.say("")
    here = chat(client)
    first, second = said(client, here)["imageGenerations"]
    page = shown(client, f"/chat/{here}")
    assert page.count("<generated-image ") == 2
    text = words(page)
    for block, terms in ((first, "1 image"), (second, "2 images")):
        assert f"Generate Image for ${block['cost']:.4f} {terms} · about " in text
    assert "OpenAI GPT Image 2 standard 1024 \u00d7 1024 a harbour at dusk Generate Image" in text
    size = r"\d+ \u00d7 \d+"
    assert re.search(rf"Constraints Max size {size} Supported sizes {size}, .* Style support (yes|no)", text)
    assert f"{LONG[:150].rstrip()}… Show all {LONG}" in text


@pytest.mark.req("S3-057", "S3-058", "S3-059", "S3-062")
def test_pictures_are_shown_as_they_come(client: httpx2.Client, there: Parlour) -> None:
    there.say("", {"prompt": LONG})
    there.say("")
    here = chat(client)
    [block] = said(client, here)["imageGenerations"]
    there.site.stand_in.faults.add(Fault(delay=3))
    posted(client, f"/chat/{here}/blocks/{block['id']}/buy", agreed="0.01")
    text = words(shown(client, f"/chat/{here}"))
    assert "Generating image with OpenAI... This may take a few seconds" in text
    done = painted(client, here, block["id"])
    text = words(shown(client, f"/chat/{here}"))
    assert f"OpenAI GPT Image 2 1024 \u00d7 1024 ${done['cost']:.4f} {LONG[:150].rstrip()}… Show all" in text
    assert done["llmApiCall"]["id"] in text
    assert f"{done['cost']:.3f} spent" in text


def test_a_picture_that_waits_says_that_the_queue_is_paused(client: httpx2.Client, there: Parlour) -> None:
    there.say("", HARBOUR)
    there.say("")
    here = chat(client)
    [block] = said(client, here)["imageGenerations"]
    assert block["waits"] is None
    assert client.patch("/api/v1/queue", json={"paused": True}).is_success
    posted(client, f"/chat/{here}/blocks/{block['id']}/buy", agreed="0.01")
    page = shown(client, f"/chat/{here}")
    assert "Waits: your queue is paused Let the queue go on" in words(page)
    assert "Generating image with OpenAI" not in words(page)
    held = client.get(f"/api/v1/chats/{here}/blocks/{block['id']}").json()
    assert (held["status"], held["waits"]) == ("generating", "queue_paused")
    [message] = [each for each in client.get(f"/api/v1/chats/{here}").json()["messages"] if each["imageGenerations"]]
    assert message["imageGenerations"][0]["waits"] == "queue_paused"
    assert client.patch("/api/v1/queue", json={"paused": False}).is_success
    done = painted(client, here, block["id"])
    assert (done["status"], done["waits"]) == ("complete", None)


@pytest.mark.req("S3-063")
def test_what_failed_says_why_and_is_tried_again(client: httpx2.Client, there: Parlour) -> None:
    there.say("", HARBOUR)
    there.say("")
    here = chat(client)
    [block] = said(client, here)["imageGenerations"]
    buy, before = f"/chat/{here}/blocks/{block['id']}/buy", there.site.stand_in.purchases
    there.site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "No such size.", "code": "invalid"}}))
    posted(client, buy, agreed="0.01")
    assert painted(client, here, block["id"])["status"] == "error"
    page = shown(client, f"/chat/{here}")
    assert "No such size." in page
    assert "Retry" in page
    posted(client, buy, agreed="0.01")
    assert painted(client, here, block["id"])["status"] == "complete"
    assert there.site.stand_in.purchases - before == 1


def test_a_price_that_rose_asks_again_and_looking_buys_nothing(client: httpx2.Client, there: Parlour) -> None:
    there.say("", HARBOUR)
    there.say("")
    here = chat(client)
    [block] = said(client, here)["imageGenerations"]
    before = there.site.stand_in.purchases
    buy = f"/chat/{here}/blocks/{block['id']}/buy"
    answer = posted(client, buy, agreed="0.001")
    assert answer.status_code == 422
    assert "more than the $0.001 that was agreed to" in answer.text
    assert posted(client, buy, agreed="nothing").status_code == 422
    assert client.get(buy, headers=HTML).status_code == 405
    assert there.site.stand_in.purchases == before


def test_another_model_is_priced_by_its_button_and_nothing_is_bought(client: httpx2.Client, there: Parlour) -> None:
    there.say("", HARBOUR)
    there.say("")
    here = chat(client)
    [block] = said(client, here)["imageGenerations"]
    before, quote = there.site.stand_in.purchases, f"/chat/{here}/blocks/{block['id']}/quote"
    page = shown(client, f"/chat/{here}")
    offered = re.findall(r'name="model" value="([^"]+)" aria-label="Use this: [^"]+ · [^"]+"', page)
    assert [each["modelKey"] for each in block["alternatives"] if each["available"]] == offered
    model = next(each for each in offered if each.startswith("openai/"))
    assert f'action="{quote}"' in page
    text = words(posted(client, quote, model=model).text)
    now = client.get(f"/api/v1/chats/{here}/blocks/{block['id']}").json()
    assert (now["modelKey"], now["status"]) == (model, "pending")
    assert now["cost"] != block["cost"]
    assert f"Generate Image for ${now['cost']:.4f}" in text
    assert "openai/gpt-image-2" in {each["modelKey"] for each in now["alternatives"]}
    assert "There is no model" in posted(client, quote, model="openai/none").text
    assert posted(client, f"/chat/{chat(client)}/blocks/{block['id']}/quote", model=model).status_code == 404
    assert there.site.stand_in.purchases == before


@pytest.mark.req("S2-076", "S2-077", "S2-078")
def test_who_paints_is_chosen_for_each_chat(client: httpx2.Client, there: Parlour) -> None:
    usual = made(client, "/api/v1/profiles", {**FREE, "name": "Usual", "default": True})["id"]
    here = chat(client, None)
    page = shown(client, f"/chat/{here}")
    assert '<option value="default" selected>Default: Usual · ' in page
    assert "by the profile “Usual”: " in page
    paid = re.findall(r'<option value="([^"]+)">Paid · OpenAI</option>', page)[0]
    page = posted(client, f"/chat/{here}/profile", image_profile=paid).text
    assert f'<option value="{paid}" selected>Paid · OpenAI</option>' in page
    assert 'class="prov openai badge">OpenAI</span><span class="badge">GPT Image 2</span>' in page
    page = posted(client, f"/chat/{here}/profile", image_profile="none").text
    assert '<option value="none" selected>No pictures in this chat</option>' in page
    assert client.get(f"/api/v1/chats/{here}").json()["painting"]["enabled"] is False
    posted(client, f"/chat/{here}/profile", image_profile="default")
    assert client.get(f"/api/v1/chats/{here}").json()["painting"]["profile"]["id"] == usual
    assert posted(client, f"/chat/{here}/profile", image_profile=str(uuid4())).status_code == 404
    assert client.delete(f"/api/v1/profiles/{usual}").is_success


def test_what_is_set_is_changed_and_wrong_values_are_said(client: httpx2.Client) -> None:
    here = chat(client, "Free")
    fields = {"title": "Harbours", "mode": "direct", "ceiling": "$2.50", "text_model": ""}
    page = posted(client, f"/chat/{here}/settings", **fields).text
    assert "<title>Harbours · Limner</title>" in page
    now = client.get(f"/api/v1/chats/{here}").json()
    assert (now["title"], now["mode"], now["ceiling"]["usd"]) == ("Harbours", "direct", "2.50")
    for wrong in ("much", "-1", "1e30"):
        answer = posted(client, f"/chat/{here}/settings", **{**fields, "ceiling": wrong})
        assert (answer.status_code, "such as 1.50" in answer.text) == (422, True)
    assert "An image profile" not in page


def test_tags_are_put_on_looked_for_and_taken_off(client: httpx2.Client) -> None:
    here, word = chat(client, "Free", title="Tagged"), str(uuid4())
    page = posted(client, f"/chat/{here}/tags", kind="CHARACTER", tag=word).text
    assert f"Character {word}" in page
    listed = shown(client, f"/chat?tag=CHARACTER:{word}")
    assert [*re.findall(r'href="/chat/([0-9a-f-]{36})"', listed)] == [here]
    tag_id = re.findall(r'name="remove" value="([^"]+)"', page)[0]
    assert word not in posted(client, f"/chat/{here}/tags", remove=tag_id).text
    assert posted(client, f"/chat/{here}/tags", kind="PLACE", tag="x").status_code == 422


def test_branches_are_edited_sent_again_and_turned_to(client: httpx2.Client, there: Parlour) -> None:
    here = chat(client, "Free")
    there.say("The zeppelin is grey.")
    first = said(client, here, "tell me of zeppelins")
    there.say("Lighthouses blink.")
    page = posted(client, f"/chat/{here}/messages/{first['parent_id']}/edit", text="of lighthouses").text
    assert "2 of 2" in words(page)
    assert "Lighthouses blink." in page
    assert "zeppelins" not in words(page).partition("How long")[2]
    before = re.findall(r'action="([^"]+/branch)" data-act="branch"><button[^>]*aria-label="Previous branch">', page)[0]
    assert "The zeppelin is grey." in posted(client, before).text
    there.say("It is silver.")
    page = posted(client, f"/chat/{here}/messages/{first['id']}/resend").text
    assert "It is silver." in page
    assert "Zeppelins" not in page
    assert posted(client, f"/chat/{here}/messages/{first['id']}/edit", text="x").status_code == 422


def test_chats_are_searched_and_deleted_after_asking(client: httpx2.Client, there: Parlour) -> None:
    here = chat(client, "Free", title="To go")
    there.say("The xylophone is out of tune.")
    answer = said(client, here, "sing")
    found = shown(client, "/chat?q=xylophone")
    assert f"/chat/{here}#message-{answer['id']}" in found
    assert "1 message found" in words(found)
    asked = shown(client, f"/chat/{here}/delete")
    assert "Delete “To go”?" in asked
    assert client.get(f"/api/v1/chats/{here}").is_success
    posted(client, f"/chat/{here}/delete")
    assert client.get(f"/chat/{here}", headers=HTML).status_code == 404


def test_words_of_a_model_are_no_html(client: httpx2.Client, there: Parlour) -> None:
    here = chat(client, "Free")
    there.say("<script>alert(1)</script> ![x](https://spy.example/a.png)", {"prompt": "<img src=x onerror=alert(1)>"})
    there.say("")
    said(client, here, "<b>bold</b>")
    page = shown(client, f"/chat/{here}")
    assert not re.search(r"<script>alert|<img src=.?x|<b>bold|<img[^>]*spy", page)
    assert "&lt;b&gt;bold" in page


@pytest.mark.req("S2-071")
def test_the_pages_say_how_long_a_picture_takes(client: httpx2.Client) -> None:
    for path in ("/chat", f"/chat/{chat(client)}"):
        text = words(shown(client, path))
        assert "About 1 s the text model calls the tool 2 to 5 s the request goes to the provider" in text
        assert "5 to 60 s the provider paints, 10 to 60 s as a rule" in text


def test_without_a_text_model_the_page_says_what_to_set(tmp_path: Any) -> None:
    with serving(tmp_path, key="") as site:
        _says_what_is_missing(site)


def _says_what_is_missing(site: Site) -> None:
    here = chat(site.client, None, title="From before")
    for path in ("/chat", f"/chat/{here}"):
        page = shown(site.client, path)
        assert "No text model can be used. Set a key, such as ANTHROPIC_API_KEY" in page
        assert "From before" in page
    answer = posted(site.client, "/chat/new", text="hello", key=str(uuid4()))
    assert (answer.status_code, ">hello</textarea>" in answer.text) == (422, True)
    assert len(site.client.get("/api/v1/chats").json()["items"]) == 1


def test_pictures_go_with_a_message_of_plain_forms(client: httpx2.Client, there: Parlour) -> None:
    kept = made_picture(client, "kept.png")
    page = shown(client, f"/chat?picture={kept}")
    assert f'<input type="hidden" name="reference" value="{kept}">' in page
    assert f'<input type="checkbox" name="reference" value="{kept}"' in page
    there.say("A quay and a tower.")
    file = {"file": ("tower.png", picture(colour=(9, 9, 90)), "image/png")}
    fields = {"text": "", "key": str(uuid4()), "image_profile": "none", "reference": [kept, kept]}
    answer = client.post("/chat/new", data=fields, files=file, headers=HTML, follow_redirects=True)
    assert "A quay and a tower." in answer.text
    here = str(answer.url).rpartition("/")[2].partition("#")[0]
    said, _ = client.get(f"/api/v1/chats/{here}").json()["messages"]
    first, second = said["pictures"]
    assert (first, said["text"]) == (kept, "")
    assert client.get(f"/api/v1/images/{second}").json()["prompt"] == "tower"
    assert all(f'href="/images/{each}"' in answer.text for each in (first, second))
    assert re.findall(r"data:image/jpeg;base64,", str(there.talker.bodies[-1])) == ["data:image/jpeg;base64,"] * 2
    assert f"[image {second}]" in str(there.talker.bodies[-1])


@pytest.mark.parametrize(("name", "content", "sentence"), NO_PICTURES)
def test_a_file_that_is_no_picture_is_named_and_nothing_is_said(
    client: httpx2.Client, name: str, content: bytes, sentence: str
) -> None:
    kept, here = made_picture(client, "beside.png"), chat(client)
    for path in ("/chat/new", f"/chat/{here}/say"):
        file = {"file": (name, content, "application/octet-stream")}
        fields = {"text": "look at this", "key": str(uuid4()), "image_profile": "none", "reference": kept}
        answer = client.post(path, data=fields, files=file, headers=HTML)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "look at this</textarea>" in answer.text
        assert f'<input type="hidden" name="reference" value="{kept}">' in answer.text
    assert client.get(f"/api/v1/chats/{here}").json()["messages"] == []


def test_more_pictures_than_a_message_shows_and_none_of_ones_own_are_refused(client: httpx2.Client) -> None:
    here = chat(client)
    many = [made_picture(client, f"{number}.png", colour=(number, 0, 0)) for number in range(9)]
    answer = client.post(f"/chat/{here}/say", data={"text": "all", "reference": many}, headers=HTML)
    assert (answer.status_code, "A message shows at most 8 pictures." in answer.text) == (422, True)
    for path in (f"/chat/{here}/say", "/chat/new"):
        assert posted(client, path, text="look", reference=str(uuid4())).status_code == 404
    assert client.get("/chat", params={"picture": str(uuid4())}, headers=HTML).status_code == 404


def made_picture(client: httpx2.Client, name: str, **options: Any) -> str:
    """The id of a picture that somebody has brought."""
    answer = client.post("/api/v1/images", files={"file": (name, picture(**options), "image/png")})
    found: str = answer.json()["image"]["id"]
    return found


def test_what_is_not_there_is_not_there(client: httpx2.Client, there: Parlour) -> None:
    there.say("", HARBOUR)
    there.say("")
    here, other = chat(client), chat(client)
    message = said(client, here)
    [block] = message["imageGenerations"]
    for path in (
        f"/chat/{other}/messages/{message['id']}",
        f"/chat/{uuid4()}",
        "/chat/nothing",
        f"/chat/{uuid4()}/thread",
        f"/chat/{here}/messages/{uuid4()}",
    ):
        assert client.get(path, headers=HTML).status_code == 404, path
    for path in (f"messages/{message['id']}/stop", f"messages/{message['id']}/branch", f"blocks/{block['id']}/buy"):
        assert posted(client, f"/chat/{other}/{path}").status_code == 404, path
    part = shown(client, f"/chat/{here}/messages/{message['id']}")
    assert part.lstrip().startswith("<article")
    assert f'id="message-{message["id"]}"' in shown(client, f"/chat/{here}/thread")
