"""What went wrong, as a page: for whoever is in the studio with its navigation, for strangers without."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response

from limner.domain.errors import LimnerError
from limner.domain.people import LOCAL
from limner.web.asking import renderer_of
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.places import place_of
from limner.web.rendering import shell
from limner.web.views import ProblemPage, StrangerPage

SHARED = "/s/"
"""Whoever looks below it has nothing but a link."""


def problem_page(request: Request, error: Exception, status: int) -> Response:
    """The page that says it, with a way on for whoever has one."""
    path, renderer = request.url.path, renderer_of(request)
    title = _("Not found") if status == HTTPStatus.NOT_FOUND else _("Not possible")
    said = _said(error, status)
    if path.startswith(SHARED):
        return renderer.page(StrangerPage(shell=shell(request, title), message=said, may_sign_in=False), status)
    if request.scope.get("limner.principal", LOCAL) is None:
        return renderer.page(StrangerPage(shell=shell(request, title), message=said, may_sign_in=True), status)
    place = place_of(request.app.state.places, path)
    around = shell(request, title, current="" if place is None else place.key)
    return renderer.page(ProblemPage(shell=around, message=said, place=place), status)


def _said(error: Exception, status: int) -> str:
    if isinstance(error, LimnerError):
        if error.field == "cursor":
            return _("This part of the list cannot be found. Start with the newest.")
        return told(error)
    if status == HTTPStatus.NOT_FOUND:
        return _("There is nothing at this address.")
    return _("This address cannot be read. Start anew.")
