"""What services said about their models, on disk."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from limner.domain.accounts import Listing
from limner.domain.errors import StorageError
from limner.storage.listings import NAME, ListingFile

LISTINGS = {"openai": Listing(at=datetime(2026, 11, 27, 8, tzinfo=UTC), models=("b", "a"))}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = ListingFile(tmp_path)
    assert file.read() == {}
    file.write(LISTINGS)
    assert file.read() == LISTINGS
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"openai": 3}', '{"openai": {"at": "soon", "models": []}}'])
def test_a_file_that_is_none_of_ours_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    assert ListingFile(tmp_path).read() == {}


def test_a_place_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        ListingFile(tmp_path / "missing").write(LISTINGS)
