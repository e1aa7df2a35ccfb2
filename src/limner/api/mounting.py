"""How routers join the application: route by route, as they are.

`include_router` makes of each route a second one for each application, with everything that FastAPI finds out about its
parameters and answers: 0.65 s of processor for all of Limner's (measured 2026-11-28, FastAPI 0.165), and each request
is then looked for twice. What it would add to a route, ours say themselves.
"""

from __future__ import annotations

from copy import copy

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path


def mount(router: APIRouter, taken: APIRouter, *, below: str = "", described: bool = True) -> None:
    """Puts the routes of one router into another, `below` a path; the description leaves those out that are not
    `described`, and calls an operation by the name of its function.
    """
    router.routes.extend(_placed(route, below, described) for route in taken.routes)


def _placed(route: BaseRoute, below: str, described: bool) -> APIRoute:
    if not isinstance(route, APIRoute):
        raise TypeError(f"{route!r} is no route of its own: mount the routers it comes from one by one")
    placed = copy(route)
    placed.path = below + route.path
    placed.path_regex, placed.path_format, placed.param_convertors = compile_path(placed.path)
    placed.operation_id = route.name
    placed.include_in_schema = described and route.include_in_schema
    return placed
