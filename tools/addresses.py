"""Find what ties a file to one machine: addresses of package registries and absolute paths of somebody's disk."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.sources import ROOT, Finding, report

PATTERNS = {
    "names a package registry": re.compile(
        r"(?:\bpypi\.org|pythonhosted\.org|registry\.npmjs|registry\.yarnpkg|index\.crates\.io|proxy\.golang)"
        r"|^\s*(?:--(?:extra-)?index-url|--find-links|-i\s+https?:)",
        re.IGNORECASE | re.MULTILINE,
    ),
    "names a path of one machine": re.compile(
        r"(?<![\w.~)}*/-])(?:file://)?/(?:work|root|home/\w+|Users/\w+)/|\b[A-Z]:\\Users\\\w"
    ),
}
LARGEST = 2_000_000


def project_files(root: Path) -> list[Path]:
    """The files git knows or would add; without git, all that are not hidden."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        found = (path for path in root.rglob("*") if not any(part[0] == "." for part in path.relative_to(root).parts))
        return sorted(path for path in found if path.is_file())
    return sorted(root / name for name in set(listed) if name and (root / name).is_file())


def findings_in(path: str, text: str) -> Iterator[Finding]:
    """Every place of a text that one of the patterns matches."""
    for what, pattern in PATTERNS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Finding(path, line, f"{what}: {match.group().strip()}")


def main() -> int:
    """Check every text file of the project."""
    findings: list[Finding] = []
    files = project_files(ROOT)
    for path in files:
        content = path.read_bytes()
        if b"\0" not in content[:8000] and len(content) <= LARGEST:
            findings += findings_in(path.relative_to(ROOT).as_posix(), content.decode("utf-8", "replace"))
    return report("addresses", findings, f"{len(files)} files")


if __name__ == "__main__":
    sys.exit(main())
