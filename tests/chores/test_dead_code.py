"""The dead code check tells what nothing uses from what is used out of sight."""

from pathlib import Path
from textwrap import dedent

from tools.dead_code import unused, words_of_templates
from tools.sources import Source


def names(text: str, mentioned: set[str] | None = None) -> list[str]:
    found = unused([Source("src/limner/x.py", dedent(text))], mentioned or set())
    return sorted(finding.text.split("'")[1] for finding in found)


def test_functions_classes_and_constants_that_nothing_uses_are_found() -> None:
    text = """
        LIMIT = 3
        USED = 4

        class Card: ...

        def paint():
            return USED

        def look():
            return paint()
    """
    assert names(text) == ["Card", "LIMIT", "look"]


def test_a_name_that_a_template_mentions_is_used() -> None:
    assert names("def look(): ...", {"look"}) == []


def test_a_name_that_a_string_refers_to_is_used() -> None:
    assert names("class OpenAI: ...\nclass Xai: ...\nprint('limner.providers.openai:OpenAI', 'to: Xai')") == ["Xai"]


def test_decorated_functions_and_fields_are_used_from_outside() -> None:
    text = """
        @router.get("/jobs")
        def list_jobs(): ...

        @field_validator("size")
        def check_size(): ...

        class Body(BaseModel):
            session_id: str
            kind = "image"

        body = Body()
        print(body)
    """
    assert names(text) == []


def test_methods_of_a_class_of_another_library_are_called_by_it() -> None:
    text = """
        class Own:
            def lost(self): ...

        class Below(Own):
            def lost_too(self): ...

        class Reader(html.parser.HTMLParser):
            def handle_starttag(self): ...

        print(Below, Reader)
    """
    assert names(text) == ["lost", "lost_too"]


def test_attributes_count_only_where_the_object_sets_its_own() -> None:
    text = """
        class Job:
            def __init__(self, other):
                self.forgotten = 1
                other.headers = 2

        print(Job)
    """
    assert names(text) == ["forgotten"]


def test_words_are_read_from_the_expressions_of_templates_alone(tmp_path: Path) -> None:
    pages = tmp_path / "src/limner/web"
    pages.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('limner = "limner.cli.entry:main"')
    (pages / "job.html").write_text("<p>prose {{ job.price_line }} {% if job.is_paid %}more{% endif %}</p>")
    words = words_of_templates(tmp_path)
    assert {"price_line", "is_paid", "main"} <= words
    assert not {"prose", "more"} & words
