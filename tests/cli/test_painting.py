"""Pictures from the command line: what is painted, shown, copied, refused and paid for."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from limner.testing.faults import Drop, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner

SMALL = ("--size", "64x64")
BOUGHT = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low")


def picture_file(path: Path, size: tuple[int, int] = (64, 64), colour: str = "red") -> str:
    Image.new("RGB", size, colour).save(path)
    return str(path)


def test_a_picture_is_painted_kept_and_described(limner: Limner, home: Path) -> None:
    ended = limner("generate", "a lighthouse at dusk", *SMALL, "--seed", "7")
    assert ended.code == 0
    lines = ended.out.splitlines()
    path = Path(lines[0])
    assert path.is_relative_to(home)
    with Image.open(path) as painted:
        assert painted.size == (64, 64)
    assert "sketch/sketch, 64x64, seed 7" in ended.out
    assert "free ($0)" in ended.out
    thumbnail = next(line for line in lines if "thumbnail" in line).split()[-1]
    assert Path(thumbnail).is_file()
    recipe = next(line for line in lines if "limner show" in line)
    assert path.stem in recipe
    assert "painting" in ended.err


def test_with_json_stdout_holds_one_document_and_nothing_else(limner: Limner) -> None:
    ended = limner("generate", "a cat", *SMALL, "-n", "2", "--json")
    document = ended.document
    assert (ended.code, document["state"], document["error"]) == (0, "succeeded", None)
    assert [Path(image["path"]).is_file() for image in document["images"]] == [True, True]
    assert document["cost_usd"] == 0


@pytest.mark.parametrize(
    "prompt",
    [
        "\"quoted\" and 'single'",
        "two\nlines\tand a tab",
        "ein Leuchtturm 🗼 bei Dämmerung",
        "-starts with a dash",
        "--json",
    ],
)
def test_any_words_can_be_a_prompt(limner: Limner, prompt: str) -> None:
    ended = limner("generate", *SMALL, "--json", "--", prompt)
    assert ended.code == 0
    assert ended.document["prompt"] == prompt


def test_a_prompt_comes_from_stdin(limner: Limner) -> None:
    ended = limner("generate", "-", *SMALL, "--json", stdin="ein Fluß\nund Berge\n".encode())
    assert ended.document["prompt"] == "ein Fluß\nund Berge"
    assert limner("generate", "-", *SMALL, stdin=b"\xff\xfe").code == 2


def test_words_that_are_no_text_are_refused(limner: Limner) -> None:
    ended = limner("generate", "bad \udcff byte", *SMALL)
    assert ended.code == 2
    assert "UTF-8" in ended.err


def test_a_prompt_cannot_steer_the_terminal(limner: Limner) -> None:
    refused = limner("generate", "red \x1b[31m alarm", *SMALL)
    assert refused.code == 2
    assert "The prompt has a control character in it (U+001B). Remove it." in refused.err
    job = limner("generate", "red \u202e alarm", *SMALL, "--json").document["id"]
    assert "\u202e" not in limner("show", job).out
    assert "\u202e" not in limner("history").out


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["generate", ""], "prompt"),
        (["generate"], "prompt"),
        (["generate", "x" * 32_001], "prompt"),
        (["generate", "x", "-m", "sketsh"], "model"),
        (["generate", "x", "-n", "0"], "count"),
        (["generate", "x", "-n", "11"], "count"),
        (["generate", "x", "--size", "30000x30000"], "size"),
        (["generate", "x", "--size", "1x1", "--strict"], "size"),
        (["generate", "x", "--max-cost", "cheap"], "max_cost"),
        (["generate", "x", "--max-cost", "-1"], "max_cost"),
        (["generate", "x", "--extra", "novalue"], "extra"),
        (["generate", "x", "-o", "notes.txt"], "out"),
        (["generate", "x", "--quote", "abc"], "quote"),
        (["resolve", "abcdef", "abcdef"], "charged"),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_the_option(
    limner: Limner, arguments: list[str], field: str
) -> None:
    ended = limner(*arguments, "--json")
    assert ended.code == 2
    assert ended.document["error"]["field"] == field
    assert ended.err.count("\n") == 1


def test_a_text_file_is_no_picture_and_a_mask_must_fit(limner: Limner) -> None:
    text = Path("notes.png")
    text.write_text("no picture")
    small, large = picture_file(Path("small.png")), picture_file(Path("large.png"), (128, 128))
    for arguments in (
        ("edit", str(text), "brighter"),
        ("edit", "missing.png", "brighter"),
        ("edit", small, "brighter", "--mask", large),
        ("upscale", small, "--scale", "3"),
        ("style", small),
    ):
        ended = limner(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.count("\n") == 1


def test_copies_are_numbered_and_never_replace_a_file(limner: Limner) -> None:
    Path("cat-1.webp").write_bytes(b"mine")
    ended = limner("generate", "a cat", *SMALL, "-n", "2", "-o", "cat.webp", "--seed", "3")
    assert ended.code == 0
    assert Path("cat-1.webp").read_bytes() == b"mine"
    assert "cat-1-2.webp; cat-1.webp is taken" in ended.out
    for name in ("cat-1-2.webp", "cat-2.webp"):
        with Image.open(name) as copy:
            assert copy.format == "WEBP"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["cat-1-2.webp", "cat-1.webp", "cat-2.webp"]


def test_copies_go_into_a_folder_under_names_made_from_the_prompt(limner: Limner) -> None:
    document = limner("generate", "a red barn", *SMALL, "-o", "deep/er", "--json").document
    copy = Path(document["images"][0]["copy"])
    assert copy.parent == Path("deep/er")
    assert copy.name.startswith("a-red-barn-")
    assert limner("verify", str(copy)).code == 0


def test_a_copy_that_fails_loses_nothing(limner: Limner) -> None:
    Path("file").write_text("in the way")
    ended = limner("generate", "a cat", *SMALL, "-o", "file/cat.png", "--json")
    assert ended.code == 1
    document = ended.document
    assert document["state"] == "succeeded"
    assert document["error"]["code"] == "copy_failed"
    assert Path(document["images"][0]["path"]).is_file()
    assert "is kept" in ended.err


def test_every_operation_starts_from_a_file_or_from_a_kept_picture(limner: Limner) -> None:
    source = picture_file(Path("source.png"))
    mask = picture_file(Path("mask.png"), colour="white")
    kept = limner("edit", source, "brighter", "--mask", mask, "--protect", "--json").document
    assert kept["operation"] == "inpaint"
    picture = kept["images"][0]["id"]
    for arguments, operation, size in (
        (("edit", picture, "darker"), "edit", (64, 64)),
        (("outpaint", picture, "--left", "32"), "outpaint", (96, 64)),
        (("vary", picture[-8:]), "variations", (64, 64)),
        (("upscale", picture.upper(), "--scale", "2"), "upscale", (128, 128)),
        (("style", picture, "ink", "--like", source), "style_transfer", (64, 64)),
        (("style", picture, "--like", source), "style_transfer", (64, 64)),
        (("style", picture, "--preset", "watercolor"), "style_transfer", (64, 64)),
        (("remove-background", picture), "remove_background", (64, 64)),
    ):
        document = limner(*arguments, "--json").document
        assert document["operation"] == operation
        image = document["images"][0]
        assert (image["width"], image["height"]) == size
        assert image["parents"] == [picture]


def test_options_that_were_changed_are_told(limner: Limner) -> None:
    ended = limner("generate", "a cat", "--size", "63x63", "--steps", "9")
    assert "size 63x63 became 64x64" in ended.out
    assert "steps 9 was not used" in ended.out


def test_a_key_that_is_missing_or_wrong_is_a_sentence(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.faults.add(Fault(status=401, body={"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}))
    ended = limner("generate", "a cat", *BOUGHT)
    assert ended.code == 1
    assert "key" in ended.err.lower()
    assert "sk-of-the-tests" not in ended.err
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    ended = limner("generate", "a cat", *BOUGHT, "--json")
    assert (ended.code, ended.document["error"]["code"]) == (1, "not_configured")


def test_prices_are_kept_to(limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = limner("generate", "a cat", *BOUGHT, "--max-cost", "0.0001", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (3, "confirmation_required")
    monkeypatch.setenv("LIMNER_DAILY_COST_LIMIT_USD", "0.001")
    ended = limner("generate", "a cat", *BOUGHT, "--json")
    assert (ended.code, ended.document["error"]["code"]) == (3, "budget_exceeded")
    assert shop.purchases == 0
    monkeypatch.delenv("LIMNER_DAILY_COST_LIMIT_USD")
    ended = limner("generate", "a cat", *BOUGHT, "--max-cost", "$0.5")
    assert ended.code == 0
    assert "charged $0.0" in ended.out
    assert "quoted" in ended.out
    assert shop.purchases == 1


def test_a_refusal_by_the_service_is_3(limner: Limner, shop: OpenAIStandIn) -> None:
    body = {"error": {"message": "Rejected by the safety system", "code": "moderation_blocked", "type": "user_error"}}
    shop.faults.add(Fault(status=400, body=body))
    ended = limner("generate", "a cat", *BOUGHT, "--json")
    assert (ended.code, ended.document["state"]) == (3, "refused")


def test_fewer_pictures_than_asked_for_are_kept_and_1(limner: Limner, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(pictures=1))
    ended = limner("generate", "a cat", *BOUGHT, "-n", "2", "--json")
    assert (ended.code, ended.document["state"], len(ended.document["images"])) == (1, "partial", 1)


def test_a_purchase_of_which_nobody_knows_is_4_until_somebody_looks(limner: Limner, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(drop=Drop.AFTER_READING))
    ended = limner("generate", "a cat", *BOUGHT, "--json")
    assert (ended.code, ended.document["state"]) == (4, "ambiguous")
    assert ended.document["error"]["spent"] == "unknown"
    job = ended.document["id"]
    call = limner("show", job, "--json").document["calls"][0]["id"]
    assert limner("resolve", job, "aaaaaaaa", "--charged").code == 1
    ended = limner("resolve", job[-8:], call[-8:], "--not-charged", "--json")
    assert ended.code == 0, ended.err
    assert (ended.document["state"], ended.document["held_usd"]) == ("failed", 0)
    assert limner("resolve", job, call, "--not-charged").code == 1
    assert shop.purchases <= 1


def test_a_quote_is_painted_once_at_its_price(limner: Limner, shop: OpenAIStandIn) -> None:
    ended = limner("estimate", "a cat", *BOUGHT, "--json")
    assert ended.code == 0
    quote = ended.document
    assert quote["model"] == "openai/gpt-image-2"
    assert quote["estimate"]["floor_usd"] <= quote["estimate"]["likely_usd"] <= quote["ceiling_usd"]
    assert shop.log == []
    bought = limner("generate", "--quote", quote["quote"], "--json")
    assert (bought.code, bought.document["prompt"]) == (0, "a cat")
    again = limner("generate", "--quote", quote["quote"], "--json")
    assert (again.code, again.document["error"]["code"]) == (3, "quote_used")
    assert shop.purchases == 1
    assert limner("generate", "--quote", "forged").code == 3


def test_an_estimate_tells_who_would_paint_and_who_not(limner: Limner, shop: OpenAIStandIn) -> None:
    ended = limner("estimate", "a cat", "--tier", "high")
    assert ended.code == 0
    assert "openai/gpt-image-2 " in ended.out
    assert "$" in ended.out
    assert re.search(r"bfl/flux-3-image\s+.*Needs a key: set BFL_API_KEY", ended.out)
    assert "Nothing was spent" in ended.err
    assert limner("estimate", "").code == 2


def test_an_installation_that_cannot_be_used_is_a_sentence(
    limner: Limner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_DATA_DIR", "/proc/limner")
    ended = limner("generate", "a cat", "--json")
    assert ended.code == 1
    assert ended.document["error"]["code"] == "read_only"
    monkeypatch.setenv("LIMNER_DATA_DIR", str(home))
    home.mkdir()
    (home / "limner.db").write_bytes(b"this is no database" * 100)
    ended = limner("history", "--json")
    assert ended.code == 1
    assert "limner.db" in json.loads(ended.out)["error"]["message"]


def test_references_and_extra_options_reach_the_service(limner: Limner, shop: OpenAIStandIn) -> None:
    reference = picture_file(Path("reference.png"))
    options = ("--reference", reference, "--extra", "user=me", "--extra", "output_compression=90", "--tag", "a")
    ended = limner("generate", "a cat", *BOUGHT, "--format", "webp", *options, "--json")
    assert ended.code == 0, ended.err
    sent = shop.log[-1].body
    assert sent["user"] == "me"
    assert str(sent["output_compression"]) == "90"
    with Image.open(BytesIO(Path(ended.document["images"][0]["path"]).read_bytes())) as painted:
        assert painted.format == "WEBP"


@pytest.mark.req("S3-086")
def test_what_may_not_be_painted_is_refused_unpaid(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_MODERATION", "openai")
    monkeypatch.setenv("LIMNER_BLOCKED_WORDS", "zeppelin")
    for prompt, words in (
        ("a gruesome scene", "violence/graphic by OpenAI's moderation"),
        ("a zeppelin", "blocked words"),
    ):
        ended = limner("generate", prompt, "-m", "openai/gpt-image-2", "--json")
        assert ended.code == 3
        assert "Content policy violation detected." in ended.out + ended.err
        assert words in ended.out + ended.err
    assert shop.purchases == 0
    assert limner("generate", "a boat", "-m", "openai/gpt-image-2", "--yes", "--json").document["state"] == "succeeded"


def test_without_a_key_for_moderation_only_painting_is_refused(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_MODERATION", "openai")
    monkeypatch.setenv("XAI_API_KEY", "xai-of-the-tests")
    assert limner("history").code == 0
    assert limner("generate", "a boat", "-m", "sketch", *SMALL).code == 0
    ended = limner("generate", "a boat", "-p", "xai", "--yes")
    assert ended.code == 1
    assert "LIMNER_MODERATION=openai cannot be used. Needs a key: set OPENAI_API_KEY." in ended.err


@pytest.mark.req("S0-051")
def test_the_log_is_shown_where_it_is_wished_for(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low", "--yes")
    shop.faults.add(Fault(status=400))
    failed = limner("generate", "a fox", *paid)
    assert (failed.code, "Image generation failed" in failed.err) == (1, False)
    monkeypatch.setenv("LIMNER_LOG_LEVEL", "debug")
    assert "Image generated successfully" in limner("generate", "a fox", *paid).err
