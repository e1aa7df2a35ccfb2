"""The import contract decides who may import what directly."""

import pytest
from importlinter.domain.contract import InvalidContractOptions

from tools.contracts import DirectUse, Rule


def rule(
    *modules: str,
    only_in: set[str] | None = None,
    not_in: tuple[str, ...] = (),
    exact: bool = False,
    libraries: bool = False,
) -> Rule:
    return Rule(
        modules=frozenset(modules),
        third_party=libraries,
        exact=exact,
        only_in=None if only_in is None else frozenset(only_in),
        not_in=frozenset(not_in),
    )


def forbids(one: Rule, importer: str, imported: str) -> bool:
    return one.forbids(importer, imported, root="limner")


def test_a_library_is_for_the_packages_named() -> None:
    http = rule("aiohttp", only_in={"limner.wire"})
    assert not forbids(http, "limner.wire.client", "aiohttp")
    assert forbids(http, "limner.engine.runner", "aiohttp")
    assert forbids(http, "limner.wireless", "aiohttp.web")
    assert not forbids(http, "limner.engine.runner", "aiohttp_jinja2")


def test_a_package_may_always_import_its_own_parts() -> None:
    api = rule("limner.api", only_in={"limner.server"})
    assert not forbids(api, "limner.api.jobs", "limner.api.deps")
    assert not forbids(api, "limner.server", "limner.api")
    assert forbids(api, "limner.cli.serve", "limner.api.jobs")


def test_a_package_may_be_barred_from_a_library() -> None:
    engine = rule("sqlalchemy", not_in=("limner.engine",))
    assert forbids(engine, "limner.engine.plan", "sqlalchemy")
    assert not forbids(engine, "limner.db.tables", "sqlalchemy")


def test_the_domain_may_use_the_standard_library_and_the_project_only() -> None:
    domain = rule(libraries=True, not_in=("limner.domain",))
    assert forbids(domain, "limner.domain.money", "pydantic")
    assert not forbids(domain, "limner.domain.money", "dataclasses")
    assert not forbids(domain, "limner.domain.money", "limner.domain.errors")
    assert not forbids(domain, "limner.catalog.schema", "pydantic")


def test_the_face_alone_can_be_meant() -> None:
    face = rule("limner", only_in={"limner.cli"}, exact=True)
    assert forbids(face, "limner.engine.plan", "limner")
    assert not forbids(face, "limner.engine.plan", "limner.domain")
    assert not forbids(face, "limner.cli.entry", "limner")


def test_a_library_may_be_for_nobody() -> None:
    client = rule("openai", only_in=set())
    assert forbids(client, "limner.providers.openai", "openai")
    assert forbids(client, "limner.testing.openai_rules", "openai.types")
    assert not forbids(client, "limner.providers.openai", "limner.testing.openai_rules")


@pytest.mark.parametrize("bound", [{}, {"not_in": []}, {"only_in": [], "not_in": ["limner.domain"]}])
def test_a_contract_says_whom_it_binds(bound: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidContractOptions):
        DirectUse("No clients", {"root_packages": ["limner"]}, {"modules": ["openai"], **bound})


@pytest.mark.parametrize("bound", [{"only_in": []}, {"only_in": ["limner.wire"]}, {"not_in": ["limner.domain"]}])
def test_whom_a_contract_binds_is_said_in_one_way(bound: dict[str, list[str]]) -> None:
    made = DirectUse("No clients", {"root_packages": ["limner"]}, {"modules": ["openai"], **bound})
    assert made.contract_options == {"modules": ["openai"], **bound}
