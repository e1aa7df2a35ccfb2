"""What an estimate costs: a plan over 200 models, priced and signed."""

from __future__ import annotations

from pathlib import Path

from bench.figures import Figure, Scale, of_runs
from bench.installation import Make, floor, scratch, server, stand_in
from bench.load import parcel, press
from bench.painting import cost

SERVICES = 20
MODELS = 10
"""Models of each service: 200 in all."""
VARIABLE = "BENCH_MODELS"


def catalog() -> dict[str, str]:
    """Catalog files by name: services that are ready where VARIABLE is set, every model in the tier `fast`."""
    return {f"made-up-{number}.toml": _service(number) for number in range(SERVICES)}


def _service(number: int) -> str:
    head = f"""
[service]
id = "made-up-{number}"
name = "Made up {number}"
description = "Stands in the catalog to be planned over."
adapter = "openai"
base_url = "https://images-{number}.example/v1"
base_url_variable = "MADE_UP_BASE_URL"
documentation = "https://images-{number}.example/docs"
key_variables = ["{VARIABLE}"]
concurrency = 8
default_model = "model-0"
colour = "#1d5e45"
as_of = 2026-11-20

[defaults]
operations = ["generate"]
max_count = 4
prompt_limit = 4000
formats = ["png", "jpeg", "webp"]
timeout = 60
seconds = 8
source = "made up"
sizes = {{ fixed = ["512x512", "1024x1024", "1536x1024"], default = "1024x1024" }}

[defaults.parameters]
quality = {{ choices = ["low", "medium", "high"], default = "medium" }}
format = {{ choices = ["png", "jpeg", "webp"], default = "png" }}
"""
    return head + "".join(_model(number, model) for model in range(MODELS))


def _model(number: int, model: int) -> str:
    return f"""
[[model]]
name = "model-{model}"
title = "Model {model} of {number}"
description = "One of two hundred."
tiers = {{ fast = {model + 1} }}
prices = {{ rates = [{{ meter = "image", usd = "0.0{model + 1:02d}" }}] }}
"""


def quote(address: str, number: int) -> bytes:
    """A request for a quote over every model of the tier."""
    body = {"prompt": f"a lighthouse at dusk, number {number}", "tier": "fast", "size": "1024x1024", "quality": "high"}
    return parcel(address, "POST", "/api/v1/quotes", body)


def named(address: str, number: int) -> bytes:
    """A request for a quote of one model."""
    body = {"prompt": f"a lighthouse at dusk, number {number}", "model": "made-up-3/model-4", "size": "1024x1024"}
    return parcel(address, "POST", "/api/v1/quotes", body)


def small(address: str, _: int) -> bytes:
    """A bare small answer of the floor."""
    return parcel(address, "GET", "/small")


def health(address: str, _: int) -> bytes:
    """The smallest answer of the server."""
    return parcel(address, "GET", "/health")


def measure(scale: Scale) -> list[Figure]:
    """Estimates and bare small answers in turn, at 64 connections."""
    runs: dict[str, list[float]] = {}
    with scratch() as folder, stand_in(folder) as upstream:
        _write(folder / "data" / "catalog.d")
        with floor(folder, upstream) as bottom, server(folder, upstream, more={VARIABLE: "x"}) as limner:
            sides: tuple[tuple[str, Make], ...] = (("plan", quote), ("named", named), ("health", health))
            answer = press(limner.address, lambda number: quote(limner.address, number), connections=1, total=1)
            answer.check()
            for _ in range(scale.pick(3, 1)):
                for name, make in sides:
                    total = scale.pick(256, 64) if name == "plan" else scale.pick(2000, 64)
                    runs.setdefault(name, []).append(cost(limner, make, 64, total))
                runs.setdefault("small", []).append(cost(bottom, small, 64, scale.pick(4000, 64)))
    size = len(answer.answers[0].body) / 1000
    return [
        of_runs(
            f"CPU per estimate over {SERVICES * MODELS} models, 64 connections",
            runs["plan"],
            "ms",
            goal=0.8,
            note=f"all {SERVICES * MODELS} can paint it; the answer has {size:.0f} kB",
        ),
        of_runs("CPU per estimate of one model, 64 connections", runs["named"], "ms"),
        of_runs("CPU per GET /health, 64 connections", runs["health"], "ms"),
        of_runs("CPU per bare small answer of the floor, 64 connections", runs["small"], "ms"),
    ]


def _write(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, text in catalog().items():
        (folder / name).write_text(text)
