"""Measures the speed goals: `python bench/run.py [SUBJECT ...] [--quick] [--json FILE] [--write]`; Linux only.

Without names every subject is measured, one after the other. Each figure is the median of runs that alternate with
those it is compared with. Load goes to this machine alone, and every process that is started is ended again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.figures import Figure, Scale, as_markdown, as_text
from bench.machine import described
from bench.programs import ROOT, NotHere, NotStarted

SUBJECTS: Mapping[str, str] = {
    "painting": "processor time per picture",
    "estimates": "an estimate over 200 models",
    "admission": "admission, plan and hold at 1,000 budgets",
    "latency": "added latency and throughput",
    "memory": "memory of large pictures",
    "starting": "cold start, idle memory, commands",
    "gallery": "the gallery at a million pictures",
    "studio": "the gallery's page in a browser",
    "listening": "events to 2,000 listeners",
    "talking": "first words of chats, and answers that are waited for",
    "files": "thumbnails and signatures",
    "batches": "a batch of 1,000 prompts",
    "lag": "the event loop while pictures are painted",
    "litellm": "LiteLLM's proxy in turn with Limner",
}
"""Each is a module of this folder with a function `measure`."""
RESULTS = ROOT / "bench" / "RESULTS.md"
REMARKS = "## What is over its goal, and why"
"""Written by hand; what stands below this line is kept when the results are written afresh."""


def measured(names: Sequence[str], scale: Scale) -> dict[str, list[Figure]]:
    """The figures of some subjects; one that cannot be measured is told on stderr and left out.

    One that needs what is not installed has no figures.
    """
    found: dict[str, list[Figure]] = {}
    for name in names:
        begun = time.perf_counter()
        print(f"{name}: {SUBJECTS[name]} ...", flush=True)
        measure: Callable[[Scale], list[Figure]] = import_module(f"bench.{name}").measure
        try:
            found[name] = measure(scale)
        except NotHere as error:
            found[name] = []
            print(f"{name} is left out: {error}\n", flush=True)
            continue
        except (OSError, RuntimeError, TimeoutError, NotStarted, subprocess.SubprocessError) as error:
            print(f"{name} could not be measured: {error}\n", file=sys.stderr, flush=True)
            continue
        print(f"{as_text(found[name])}\n({time.perf_counter() - begun:.0f} s)\n", flush=True)
    return found


def page(found: Mapping[str, Sequence[Figure]], machine: Mapping[str, str], remarks: str) -> str:
    """The results as a page, with the remarks at its end."""
    lines = [
        "# What was measured",
        "",
        "Written by `make bench ARGS=--write`; what is compared with what stands in [README.md](README.md).",
        "",
    ]
    lines += [f"- {name}: {value}" for name, value in machine.items()]
    for name, figures in found.items():
        if not figures:
            continue
        lines += ["", f"## {SUBJECTS[name][0].upper()}{SUBJECTS[name][1:]}", "", as_markdown(figures), ""]
        lines += [f"- {figure.name}: {figure.note}." for figure in figures if figure.note]
    return "\n".join([*lines, "", REMARKS, "", remarks.strip()]).rstrip() + "\n"


def remarks_of(path: Path) -> str:
    """The remarks of the page that is there."""
    return path.read_text().partition(REMARKS)[2] if path.exists() else ""


def main(arguments: Sequence[str]) -> int:
    """Measures what is asked for; 1 where a goal is not met or could not be measured."""
    parser = argparse.ArgumentParser(description="Measures the speed goals.")
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}; all where left out")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.relative_to(ROOT)}")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.subjects if name not in SUBJECTS]
    if unknown:
        parser.error(f"no such subject: {', '.join(unknown)}; there are: {', '.join(SUBJECTS)}")
    names = asked.subjects or list(SUBJECTS)
    found = measured(names, Scale(quick=asked.quick))
    machine = described()
    everything = [figure for figures in found.values() for figure in figures]
    print("\n".join(f"{name}: {value}" for name, value in machine.items()))
    print(as_text(everything))
    if asked.json:
        plain = {name: [asdict(figure) for figure in figures] for name, figures in found.items()}
        asked.json.write_text(json.dumps({"machine": dict(machine), "figures": plain}, indent=2) + "\n")
    if asked.write:
        RESULTS.write_text(page(found, machine, remarks_of(RESULTS)))
    missed = any(figure.verdict in {"over", "under"} for figure in everything)
    return 1 if missed or len(found) < len(names) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
