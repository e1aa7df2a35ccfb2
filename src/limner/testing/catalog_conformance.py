"""Every model of a service, with every operation it declares, through the whole of Limner to the service's stand-in.

class TestAcme(CatalogConformance):
    service = "acme"
    stand_in = AcmeStandIn
    snapshots = Path(__file__).parent / "snapshots"

What goes out is compared with `snapshots/acme.json`; with `LIMNER_SNAPSHOTS=write` in the environment that file is
written afresh.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from limner.catalog.loader import load_catalog
from limner.catalog.lookup import TomlCatalog
from limner.domain.errors import InvalidRequest
from limner.domain.job import Job, JobState
from limner.domain.model_card import ModelCard, ParameterKind, ParameterRule, ServiceCard, Status
from limner.domain.request import Margins, Operation, Role, Size
from limner.runtime import open_runtime
from limner.settings import Settings
from limner.studio import Options, Studio
from limner.testing.conformance import KEY, expect
from limner.testing.conformance import StandIn as Server
from limner.testing.pictures import PictureMaker, grey_mask

SOURCE = Size(512, 384)
"""Within the limits of every service (2026-11)."""
LONG_TEXT = 200
"""Longer texts are pictures; snapshots have their kind only."""
OPTIONS = ("quality", "style", "steps", "guidance", "seed", "strength", "background", "negative_prompt", "format")
WRITES = "LIMNER_SNAPSHOTS"

Bodies = list[Mapping[str, object]]


class CatalogConformance:
    """One test for each living model: all its operations, first plain and then with every option it has."""

    service: str
    stand_in: Callable[[], AbstractAsyncContextManager[Server]]
    snapshots: Path

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The living models of the service."""
        if "model" in metafunc.fixturenames:
            metafunc.parametrize("model", [card.name for card in living(self.service)])

    @pytest_asyncio.fixture(scope="class", loop_scope="class")
    @classmethod
    async def opened(cls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Studio, Server]]:
        """An installation whose service is the stand-in, without waiting and without limits on money.

        One for all models of a service: to open it costs more than to paint with any of them.
        """
        folder = tmp_path_factory.mktemp(cls.service)
        async with cls.stand_in() as server:
            facts = folder / "catalog.d"
            facts.mkdir()
            pace = "requests_per_second = 0\npoll_seconds = 0.001\n"
            (facts / "pace.toml").write_text(f'[service]\nid = "{cls.service}"\n{pace}')
            settings = Settings(
                data_dir=folder,
                daily_cost_limit_usd=None,
                unpriced_ceiling_usd="1",  # type: ignore[arg-type]  # read from text as in the environment
                variables=variables(catalog().service(cls.service), server),
            )
            async with open_runtime(settings) as runtime:
                yield Studio(runtime), server

    @pytest.mark.asyncio(loop_scope="class")
    async def test_every_operation_of_a_model(self, model: str, opened: tuple[Studio, Server]) -> None:
        """The picture comes, and what goes out is what it was when somebody last looked at it."""
        studio, server = opened
        found: dict[str, Bodies] = {}
        card = studio.runtime.catalog.find(f"{self.service}/{model}")
        for operation in card.operations:
            for name, options in (("", {}), (" with options", every_option(card))):
                before = len(server.orders)
                await self._carry_out(studio, card, operation, options)
                found[f"{operation}{name}"] = [self.shown(body) for body in server.orders[before:]]
        self._compare(model, found)

    @pytest.mark.asyncio(loop_scope="class")
    async def test_an_operation_that_a_model_does_not_have_never_leaves(
        self, model: str, opened: tuple[Studio, Server]
    ) -> None:
        """It is refused by its name, and nothing is sent."""
        studio, server = opened
        card, before = studio.runtime.catalog.find(f"{self.service}/{model}"), len(server.orders)
        for operation in set(Operation) - {Operation.UPLOAD} - set(card.operations):
            with pytest.raises(InvalidRequest) as caught:
                await self._ordered(studio, card, operation, {})
            expect((operation, caught.value.field), (operation, "operation"))
        expect(len(server.orders), before)

    def shown(self, body: Mapping[str, object]) -> Mapping[str, object]:
        """A body as the snapshot has it; services into which chance goes leave that out."""
        return shortened(body)

    async def _carry_out(
        self, studio: Studio, card: ModelCard, operation: Operation, options: Mapping[str, object]
    ) -> None:
        job = await self._ordered(studio, card, operation, options)
        said = job.problem.message if job.problem else ""
        expect((operation, job.state, said), (operation, JobState.SUCCEEDED, ""))
        expect(len(job.pictures), job.request.count)

    async def _ordered(
        self, studio: Studio, card: ModelCard, operation: Operation, options: Mapping[str, object]
    ) -> Job:
        request = await studio.request(
            "" if operation in (Operation.UPSCALE, Operation.REMOVE_BACKGROUND) else "a red fox in snow",
            operation,
            inputs=inputs_for(card, operation),  # type: ignore[arg-type]  # keys of Inputs
            **options_for(card, operation, options),
        )
        return await studio.runtime.engine.generate(request, studio.principal, timeout=60)

    def _compare(self, model: str, found: Mapping[str, Bodies]) -> None:
        path = self.snapshots / self.service / f"{re.sub(r'[^A-Za-z0-9._-]', '_', model)}.json"
        text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        if os.environ.get(WRITES) == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        expect(json.loads(text), json.loads(path.read_text()) if path.exists() else "no snapshot yet")


@cache
def catalog() -> TomlCatalog:
    """What Limner and the installed packages know, read once for all tests of a process."""
    return load_catalog()


def living(service: str) -> list[ModelCard]:
    """The models of a service that can be asked for."""
    return [card for card in catalog().models if card.service == service and card.status is not Status.RETIRED]


def variables(card: ServiceCard, server: Server) -> Mapping[str, str]:
    """The environment in which the service is the stand-in."""
    found = {card.key_variables[0]: KEY} if card.key_variables else {}
    return {**found, card.base_url_variable: server.base_url} if card.base_url_variable else found


def inputs_for(card: ModelCard, operation: Operation) -> Mapping[str, object]:
    """The pictures that an operation of a model goes with."""
    maker = PictureMaker()
    found: dict[str, object] = {}
    if operation is not Operation.GENERATE:
        found["image"] = maker.png(SOURCE, 1)
    if operation is Operation.INPAINT:
        found["mask"] = grey_mask(SOURCE)
    if Role.CONTROL in card.needs:
        found["control_image"] = maker.png(SOURCE, 2)
    styled = operation is Operation.STYLE_TRANSFER and card.roles & {Role.STYLE, Role.REFERENCE}
    if (styled and card.max_inputs > 1) or Role.STYLE in card.needs:
        found["style_image"] = maker.png(SOURCE, 3)
    if Role.REFERENCE in card.needs:
        found["references"] = [maker.png(SOURCE, 4)]
    return found


def options_for(card: ModelCard, operation: Operation, options: Mapping[str, object]) -> Options:
    """The options of one request; for each model the same every time."""
    chosen: dict[str, object] = {"model": card.id, **options}
    required = {rule.name: example(rule) for rule in card.parameters if rule.required}
    if required:
        chosen["extra"] = required
    if operation is Operation.UPSCALE:
        chosen["scale"] = 2
    if operation is Operation.OUTPAINT:
        chosen["margins"] = Margins(left=64, right=64)
    if operation is Operation.STYLE_TRANSFER and "style" not in chosen:
        chosen["style"] = "watercolour"
    return chosen  # type: ignore[return-value]  # keys of Options


def every_option(card: ModelCard) -> Mapping[str, object]:
    """A value for each of Limner's own options that the model has, and as many pictures as a call makes, up to two."""
    found: dict[str, object] = {"count": min(2, card.max_count)}
    if card.sizes.fixed or card.sizes.aspects or card.sizes.grid:
        found["aspect"] = "3:2"
    for name in OPTIONS:
        rule = card.parameter(name)
        if rule is not None:
            found[name] = example(rule)
    return found


def example(rule: ParameterRule) -> object:
    """A value that a parameter takes: the last of its choices, the middle of its range."""
    if rule.kind is ParameterKind.CHOICE:
        return rule.choices[-1]
    if rule.kind is ParameterKind.FLAG:
        return True
    if rule.kind is ParameterKind.TEXT:
        return "blurred"
    low, high = rule.minimum or 0, rule.maximum if rule.maximum is not None else 100
    middle = low + (min(high, 1000) - low) / 2
    return int(middle) if rule.kind is ParameterKind.INTEGER else round(middle, 2)


def shortened(body: object) -> Mapping[str, object]:
    """A body that can be compared: pictures without their content, ids and addresses as a word."""
    text = json.dumps(body)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>", text)
    text = re.sub(r"(image/[a-z]+) \d+", r"\1", text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "<stand-in>", text)
    shown: Mapping[str, object] = json.loads(text, object_pairs_hook=lambda pairs: {k: _short(v) for k, v in pairs})
    return shown


def _short(value: object) -> object:
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, str) and len(value) > LONG_TEXT:
        return f"<{value.partition(',')[0]}>" if value.startswith("data:") else "<base64>"
    return value
