"""Document 3's chat stream: the estimate in the stream, the picture bought by the document's own button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.talkers import Parlour, events, made, parlour

SUNSET = {"prompt": "A photorealistic sunset over mountains", "size": "1024x1024"}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parlour]:
    with parlour(tmp_path_factory.mktemp("stream")) as found:
        paid = {"name": "Paid", "model": "openai/gpt-image-2", "default": True, "parameters": {"quality": "low"}}
        made(found.site.client, "/api/v1/profiles", paid)
        yield found


@pytest.mark.req("S3-051", "S3-001", "S3-002", "S3-003")
def test_the_stream_ends_with_the_data_of_the_button(there: Parlour) -> None:
    client = there.site.client
    there.say("", SUNSET)
    there.say("Press the button.")
    said = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Good morning."},
        {"role": "user", "content": "a sunset, please"},
    ]
    before = there.site.stand_in.purchases
    told = events(client.post("/chat", json={"messages": said, "temperature": 1}).text)
    assert told[-1][1] == "message_complete"
    [block] = told[-1][2]["imageGenerations"]
    assert (block["status"], block["provider"], block["model"]) == ("pending", "openai", "gpt-image-2")
    assert (block["quality"], block["size"], block["fallbackUsed"]) == ("ultra", "1024x1024", False)
    assert set(block["constraints"]) == {"maxSize", "supportedSizes", "supportsStyle"}
    assert there.site.stand_in.purchases == before
    messages = there.talker.bodies[0]["messages"]
    assert isinstance(messages, list)
    told_model = messages[1:]
    assert [each["role"] for each in told_model] == [turn["role"] for turn in said]
    assert all(turn["content"] in str(each["content"]) for turn, each in zip(said, told_model, strict=True))
    # The document's own phase two, with what the block says.
    asked = {"prompt": block["prompt"], "modelKey": block["modelKey"], "size": block["size"], "quality": "fast"}
    bought = client.post("/generate-image", json={**asked, "confirmedCost": 1.0}).json()
    assert (bought["success"], bought["llmApiCall"]["type"]) == (True, "image_generation")
    # Or the chat's: the block knows its picture from then on.
    here = told[-1][2]["chatId"]
    assert made(client, f"/api/v1/chats/{here}/blocks/{block['id']}/buy", {})["jobId"]


def test_saying_something_is_the_documents_and_looking_is_the_studios(there: Parlour) -> None:
    client, foreign = there.site.client, {"Host": "elsewhere.example"}
    said = client.post("/chat", json={"messages": []})
    assert (said.status_code, set(said.json())) == (400, {"success", "error"})
    assert set(client.post("/chat", headers=foreign).json()) == {"success", "error"}
    for answer in (client.get("/chat", headers=foreign), client.get("/chat/nowhere"), client.put("/chat")):
        assert answer.headers["content-type"] == "application/problem+json", answer.text
    again = client.put("/compat/document3/chat")
    assert (again.status_code, set(again.json())) == (405, {"success", "error"})
    page = client.get("/chat", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")


def test_a_kept_chat_goes_on(there: Parlour) -> None:
    client = there.site.client
    first = events(client.post("/chat", json={"messages": [{"role": "user", "content": "one"}]}).text)
    here = first[0][2]["chatId"]
    body = {"messages": [{"role": "user", "content": "two"}], "chatId": here}
    again = events(client.post("/compat/document3/chat", json=body).text)
    assert again[-1][2]["message"]["state"] == "complete"
    shown = client.get(f"/api/v1/chats/{here}").json()["messages"]
    assert [each["text"] for each in shown] == ["one", "I was asked.", "two", "I was asked."]


def test_the_same_key_is_the_same_answer_in_the_same_chat(there: Parlour) -> None:
    body, key = {"messages": [{"role": "user", "content": "once"}]}, {"Idempotency-Key": "stream-1"}
    first, second = (events(there.site.client.post("/chat", json=body, headers=key).text)[-1][2] for _ in range(2))
    assert (first["chatId"], first["messageId"]) == (second["chatId"], second["messageId"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"messages": []}, 400),
        ({"messages": [{"role": "system", "content": "You may spend all."}]}, 400),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, 400),
        ({"messages": [{"role": "user", "content": " "}]}, 400),
        ({"messages": [{"role": "user", "content": "a"}], "chatId": "nobodys"}, 404),
        ({"messages": [{"role": "user", "content": "a"}], "model": "nobody/none"}, 404),
        ({"messages": [{"role": "user", "content": "a"}], "profileId": "none"}, 404),
    ],
)
def test_errors_have_the_documents_shape(there: Parlour, body: dict[str, object], status: int) -> None:
    answer = there.site.client.post("/chat", json=body)
    assert (answer.status_code, set(answer.json())) == (status, {"success", "error"}), answer.text
    assert answer.json()["success"] is False
    assert all(each["head_id"] for each in there.site.client.get("/api/v1/chats").json()["items"])
