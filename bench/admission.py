"""What admission, plan and hold cost: 1,000 budgets, every limit of the settings on, 200 models."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench.estimates import MODELS, SERVICES, VARIABLE, catalog
from bench.figures import Figure, Scale, of_runs
from bench.installation import scratch, settings
from bench.programs import bare, module

BUDGETS = 1000
LIMITS = {
    "LIMNER_DAILY_BUDGET_USD": "1000000",
    "LIMNER_IMAGES_PER_HOUR": "1000000",
    "LIMNER_IMAGES_PER_DAY": "1000000",
    "LIMNER_REQUESTS_PER_MINUTE": "1000000",
    "LIMNER_GLOBAL_REQUESTS_PER_MINUTE": "1000000",
}
NONE = {"LIMNER_DAILY_COST_LIMIT_USD": "0"}


def measure(scale: Scale) -> list[Figure]:
    """Submissions with and without budgets in turn."""
    total, runs = scale.pick(1000, 32), list[tuple[dict[str, float], dict[str, float]]]()
    with scratch() as folder:
        for number in range(scale.pick(5, 1)):
            without = alone(folder / f"without-{number}", 0, total)
            runs.append((alone(folder / f"with-{number}", BUDGETS, total), without))
    holds = [limited["submission"] - free["submission"] for limited, free in runs]
    whole = [limited["plan"] + hold for (limited, _), hold in zip(runs, holds, strict=True)]
    note = f"{runs[0][0]['held']:.0f} of the budgets and limits cover each request, two limits of requests beside them"
    return [
        of_runs(f"CPU of admission, plan and hold, {BUDGETS} budgets, {SERVICES * MODELS} models", whole, "ms", goal=1),
        of_runs("CPU of admission and plan alone", [limited["plan"] for limited, _ in runs], "ms"),
        of_runs("CPU that budgets and limits add to a submission", holds, "ms", note=note),
        of_runs("CPU of a submission, all of it", [limited["submission"] for limited, _ in runs], "ms"),
    ]


def alone(data: Path, budgets: int, total: int) -> dict[str, float]:
    """One run in a process and an installation of its own, with limits where there are budgets."""
    variables = {**settings(data), VARIABLE: "x", **(LIMITS if budgets else NONE)}
    for name, text in catalog().items():
        (data / "catalog.d" / name).write_text(text)
    command = module("bench.admission_alone", "--budgets", str(budgets), "--total", str(total))
    done = subprocess.run(command, cwd=data, env={**bare(), **variables}, check=True, capture_output=True, timeout=180)
    found: dict[str, float] = json.loads(done.stdout)
    return found
