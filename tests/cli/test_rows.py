"""The rows of a batch as they are read from files."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from limner.cli.lists import read_rows
from limner.domain.errors import InvalidRequest


def read(tmp_path: Path, name: str, text: str | bytes) -> list[tuple[int, Mapping[str, object], str | None]]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [(row.line, row.given, row.fault) for row in read_rows(str(path))]


def test_plain_lines_are_prompts(tmp_path: Path) -> None:
    text = "one\r\n\n  two, with a comma  \n# three\u2028still three\n"
    assert read(tmp_path, "a.txt", text) == [
        (1, {"prompt": "one"}, None),
        (3, {"prompt": "two, with a comma"}, None),
        (4, {"prompt": "# three\u2028still three"}, None),
    ]


def test_csv_rows_know_their_lines_and_types(tmp_path: Path) -> None:
    text = '\ufeffPrompt,n,negative_prompt,strict,tags,extra\n"two\nlines",2,fog,yes,"a; b",user=me\n\n,,,,,\nx,,,,,\n'
    assert read(tmp_path, "a.csv", text) == [
        (
            2,
            {
                "prompt": "two\nlines",
                "count": 2,
                "negative": "fog",
                "strict": True,
                "tags": ["a", "b"],
                "extra": ["user=me"],
            },
            None,
        ),
        (6, {"prompt": "x"}, None),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_of_other_countries_is_read(tmp_path: Path, delimiter: str) -> None:
    text = f"prompt{delimiter}size\na, b{delimiter}64x64\n"
    assert read(tmp_path, "a.csv", text) == [(2, {"prompt": "a, b", "size": "64x64"}, None)]


def test_json_lines_are_objects_or_texts(tmp_path: Path) -> None:
    text = '{"prompt": "a", "seed": 3.0, "max_cost": 0.1, "extra": {"k": [1]}, "tags": ["t"], "size": null}\n"b"\n'
    given = {"prompt": "a", "seed": 3, "max_cost": "0.1", "extra": ["k=[1]"], "tags": ["t"]}
    assert read(tmp_path, "a.jsonl", text) == [(1, given, None), (2, {"prompt": "b"}, None)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("not json", "not JSON"),
        ("[1]", "write an object"),
        ('{"promt": "x"}', "nearest is prompt"),
        ('{"prompt": 3}', "prompt is text"),
        ('{"count": true}', "whole number"),
        ('{"count": 1.5}', "whole number"),
        ('{"seed": 1e999}', "whole number"),
        ('{"strength": "much"}', "a number"),
        ('{"strict": "perhaps"}', "yes or no"),
        ('{"tags": [1]}', "list of words"),
        ('{"extra": 3}', "an object"),
    ],
)
def test_a_bad_row_spoils_no_other(tmp_path: Path, row: str, fault: str) -> None:
    bad, good = read(tmp_path, "a.jsonl", f'{row}\n{{"prompt": "fine"}}\n')
    assert fault in str(bad[2])
    assert good == (2, {"prompt": "fine"}, None)


def test_cells_without_a_column_and_open_quotes_are_told_by_line(tmp_path: Path) -> None:
    rows = read(tmp_path, "a.csv", 'prompt,n\na,1,2\nb,1\n"c,1\n')
    assert "3 cells under 2 columns" in str(rows[0][2])
    assert rows[1] == (3, {"prompt": "b", "count": 1}, None)
    assert rows[2][0] == 4
    assert "nothing after it was read" in str(rows[2][2])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "promt\nx\n", "nearest is prompt"),
        ("a.csv", "size\n1x1\n", "no column named prompt"),
        ("a.csv", "prompt,n,count\nx,1,1\n", "count is there twice"),
        ("a.csv", "prompt\n", "no rows"),
        ("a.txt", "\n\n", "no rows"),
        ("a.txt", b"fine\nbad \xff\n", "line 2"),
        ("a.xlsx", "x", ".csv, .jsonl or .txt"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, name: str, text: str | bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read(tmp_path, name, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="No such file"):
        read_rows(str(tmp_path / "none.csv"))


@pytest.mark.parametrize(("data", "prompt"), [(b"a cat\n", "a cat"), (b'\n{"prompt": "a dog"}\n', "a dog")])
def test_stdin_is_read_as_what_it_looks_like(monkeypatch: pytest.MonkeyPatch, data: bytes, prompt: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert [row.given for row in read_rows("-")] == [{"prompt": prompt}]


def test_equal_rows_have_names_of_their_own_that_do_not_depend_on_the_rows_around_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("cat\ndog\ncat\n")
    cat, dog, second = (row.name for row in read_rows(str(path)))
    assert len({cat, dog, second}) == 3
    path.write_text("bird\ncat\ncat\n")
    assert [row.name for row in read_rows(str(path))][1:] == [cat, second]
