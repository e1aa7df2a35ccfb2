"""Pictures out as a ZIP file, and files of one's own in."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PIL import Image

from tests.cli.conftest import Limner


def test_files_come_in_and_pictures_go_out(limner: Limner, home: Path) -> None:
    Image.new("RGB", (30, 20), "navy").save("harbour.png")
    Path("notes.txt").write_text("no picture")
    ended = limner("import", "harbour.png", "notes.txt", "absent.png", "--tag", "own", "--json")
    assert ended.code == 1
    first, second, third = ended.document["images"]
    assert (first["operation"], first["tags"], first["duplicate"]) == ("upload", ["own"], False)
    assert "error" in second
    assert "error" in third
    again = limner("import", "harbour.png")
    assert (again.code, "you have it already" in again.out) == (0, True)
    assert limner("export", "--tag", "own", "--recipes", "-o", "out.zip").out == "out.zip\n"
    with zipfile.ZipFile("out.zip") as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".png")]
        assert archive.read(name) == Path("harbour.png").read_bytes()
    assert limner("export", first["id"], "-o", "out.zip").code == 2  # it is there already
    assert limner("export", first["id"], "--format", "webp", "-o", "second.zip", "--json").document["ids"] == [
        first["id"]
    ]
    assert limner("export").code == 2
    assert limner("export", "--tag", "nothing").code == 1
    assert sorted(path.name for path in Path().iterdir()) == ["harbour.png", "notes.txt", "out.zip", "second.zip"]
