"""Run every check, two at a time, and say which failed, with their output and the time each took."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tools.sources import ROOT

FOLDERS = [folder for folder in ("src", "tests", "tools", "bench") if any((ROOT / folder).rglob("*.py"))]
CHECKS = {  # the longest first
    "types": ["-m", "mypy", *FOLDERS],
    "dead code": ["-m", "tools.dead_code"],
    "style": ["-m", "ruff", "check"],
    "format": ["-m", "ruff", "format", "--check"],
    "imports": ["-m", "tools.imports"],
    "caps": ["-m", "tools.caps"],
    "duplicates": ["-m", "tools.duplicates"],
    "addresses": ["-m", "tools.addresses"],
    "docs": ["-m", "tools.docs", "--check"],
    "messages": ["-m", "tools.messages", "--check"],
    "words": ["-m", "tools.bare_words"],
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one check went."""

    name: str
    status: int
    output: str
    seconds: float


def run_check(name: str, arguments: list[str], root: Path) -> Outcome:
    """Run one check with this interpreter and keep what it prints."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(name=name, status=done.returncode, output=done.stdout, seconds=time.monotonic() - begun)


def run_checks(checks: dict[str, list[str]], root: Path) -> list[str]:
    """Run all checks, print each as it ends, and give the names of those that failed."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as workers:
        running = [workers.submit(run_check, name, arguments, root) for name, arguments in checks.items()]
        for ended in as_completed(running):
            outcome = ended.result()
            verdict = "FAILED" if outcome.status else "ok"
            print(f"{verdict:6} {outcome.name:11} {outcome.seconds:5.1f} s", flush=True)
            if outcome.status:
                failed.append(outcome.name)
                print(outcome.output.strip() + "\n", flush=True)
    return failed


def main(arguments: list[str]) -> int:
    """Run the checks named, or all of them."""
    unknown = [name for name in arguments if name not in CHECKS]
    if unknown:
        print(f"no such check: {', '.join(unknown)}; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = run_checks({name: CHECKS[name] for name in arguments or CHECKS}, ROOT)
    if failed:
        print(f"lint: failed: {', '.join(sorted(failed))}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
