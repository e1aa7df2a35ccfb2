"""The duplicate check finds runs of equal code and leaves out what is alike by necessity."""

from tools.duplicates import duplicates
from tools.sources import Source

BODY = [f"value_{number} = step({number})" for number in range(8)]


def found(one: str, other: str) -> list[tuple[int, int, int]]:
    pairs = duplicates([Source("one.py", one), Source("other.py", other)])
    return [(left.number, right.number, length) for left, right, length in pairs]


def test_eight_equal_lines_are_found_whatever_their_indentation_and_comments() -> None:
    one = "\n".join(BODY)
    other = "def f():\n    # why\n\n" + "\n".join(f"    {line}  # said here" for line in BODY)
    assert found(one, other) == [(1, 4, 8)]


def test_a_run_is_given_once_at_its_full_length() -> None:
    longer = "\n".join([*BODY, "more = 1", "and_more = 2"])
    assert found("first = 0\n" + longer, longer + "\nlast = 3") == [(2, 1, 10)]


def test_seven_equal_lines_are_not_enough() -> None:
    assert not found("\n".join(BODY[:7]), "\n".join(BODY[:7]))


def test_a_file_is_compared_with_itself_but_a_run_not_with_its_own_end() -> None:
    twice = "\n".join([*BODY, "between = 1", *BODY])
    assert found(twice, "") == [(1, 10, 8)]
    assert not found("again()\n" * 15, "")


def test_imports_docstrings_heads_protocols_and_brackets_do_not_count() -> None:
    imports = "\n".join(f"import module_{number}" for number in range(9))
    head = "def paint(\n" + "".join(f"    option_{number}: int,\n" for number in range(9)) + ") -> None:\n"
    docstring = '    """' + "\n    ".join(f"Line {number}." for number in range(9)) + '\n    """\n    ...\n'
    brackets = "x = [\n" + "[\n" * 9 + "]\n" * 9 + "]\n"
    text = imports + "\n" + head + docstring + brackets
    assert not found(text, text)
