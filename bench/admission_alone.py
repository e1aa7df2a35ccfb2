"""Admission without HTTP and without painting: jobs are planned, held and written down; prints what that costs.

    python -m bench.admission_alone --budgets 1000 --total 500

The installation is the one that the environment names. Writes one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, product
from pathlib import Path

import uvloop

from limner.cli.entry import GARBAGE
from limner.domain.budgets import Counted, Kind, Window
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.engine.budgeting import Wanted
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings, read_variables

AT_ONCE = 16
PLENTY = 2**50


def wish(number: int) -> ImageRequest:
    """A request that 200 models could carry out."""
    return ImageRequest(
        prompt=f"a lighthouse at dusk, number {number}", tier="fast", quality="high", size=Size(1024, 1024)
    )


def budgets(number: int) -> Iterator[Wanted]:
    """So many budgets, of which the first eight cover every request: in all, a day, dollars, pictures."""
    own = product((Kind.EVERYONE, Kind.USER), (Window.ALL, Window.MONTH), Counted)
    covering = (
        Wanted(kind=kind, name="local" if kind is Kind.USER else "", window=window, counted=counted, limit=PLENTY)
        for kind, window, counted in own
    )
    others = (
        Wanted(kind=Kind.PROJECT, name=f"project {place}", window=Window.DAY, counted=Counted.USD, limit=PLENTY)
        for place in range(number)
    )
    for wanted, _ in zip(chain(covering, others), range(number), strict=False):
        yield wanted


async def measured(number: int, total: int) -> dict[str, float]:
    """Milliseconds of processor time for each plan and each submission, after a few to warm up."""
    folder = Path.cwd()
    async with open_runtime(read_settings(read_variables(folder), folder), work=False) as runtime:
        await asyncio.gather(*(runtime.budgeting.add(wanted, LOCAL) for wanted in budgets(number)))
        await submitted(runtime, AT_ONCE)
        gc.freeze()  # as the server does when it is ready
        plan = spent(total, lambda: [runtime.engine.plan(wish(each)) for each in range(total)])
        before = time.process_time()
        await submitted(runtime, total)
        submission = (time.process_time() - before) / total * 1000
        held = sum(standing.use.held > 0 for standing in await runtime.budgeting.visible(LOCAL))
    return {"plan": plan, "submission": submission, "held": held}


async def submitted(runtime: Runtime, total: int) -> None:
    """Submits so many jobs, several at once."""
    numbers = iter(range(total))

    async def work() -> None:
        for number in numbers:
            await runtime.engine.submit(wish(number), LOCAL)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def spent(total: int, work: Callable[[], object]) -> float:
    """Milliseconds of processor time for each of so many."""
    before = time.process_time()
    work()
    return (time.process_time() - before) / total * 1000


def main() -> None:
    """Runs it once."""
    parser = argparse.ArgumentParser(description="Admission, plan and hold.")
    parser.add_argument("--budgets", type=int, required=True)
    parser.add_argument("--total", type=int, required=True)
    arguments = parser.parse_args()
    gc.set_threshold(*GARBAGE)
    sys.stdout.write(json.dumps(uvloop.run(measured(arguments.budgets, arguments.total))) + "\n")


if __name__ == "__main__":
    main()
