"""Routes are made once for a process, whatever the number of its applications."""

from pathlib import Path

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts

from limner.api.mounting import mount
from limner.server import create_app
from tests.api.served import settings_for


def test_applications_share_what_was_found_out_about_each_route() -> None:
    first, second = (create_app(settings_for(Path("unused"))).routes for _ in range(2))
    ours = [(one, other) for one, other in zip(first, second, strict=True) if isinstance(one, APIRoute)]
    assert len(ours) > 400
    for one, other in ours:
        assert isinstance(other, APIRoute)
        assert one.dependant is other.dependant, (
            f"{one.path} was included: mount its router, as limner.api.mounting says"
        )
    assert {context.path for context in iter_route_contexts(first)} == {getattr(each, "path", None) for each in first}


def test_a_route_is_found_below_a_path_and_at_its_own_and_is_described_once() -> None:
    source, found = APIRouter(prefix="/lakes"), APIRouter()

    @source.get("/{name}")
    async def get_lake(name: str) -> None: ...

    mount(found, source)
    mount(found, source, below="/more", described=False)
    first, second = (route for route in found.routes if isinstance(route, APIRoute))
    assert [first.path, second.path] == ["/lakes/{name}", "/more/lakes/{name}"]
    assert second.path_regex.match("/more/lakes/dawn")
    assert not second.path_regex.match("/lakes/dawn")
    assert [first.include_in_schema, second.include_in_schema] == [True, False]
    assert first.operation_id == "get_lake"
    assert [route.path for route in source.routes if isinstance(route, APIRoute)] == ["/lakes/{name}"]


def test_a_router_within_a_router_is_not_mounted_by_mistake() -> None:
    inner, outer = APIRouter(), APIRouter()

    @inner.get("/lakes")
    async def get_lakes() -> None: ...

    outer.include_router(inner)
    with pytest.raises(TypeError, match="one by one"):
        mount(APIRouter(), outer)
