"""Days and months as the language of a page writes them."""

from __future__ import annotations

from datetime import date

from limner.web.languages import gettext as _
from limner.web.languages import message

MONTHS = (
    message("January"),
    message("February"),
    message("March"),
    message("April"),
    message("May"),
    message("June"),
    message("July"),
    message("August"),
    message("September"),
    message("October"),
    message("November"),
    message("December"),
)

SHORT_DAYS = (
    message("%(day)s Jan"),
    message("%(day)s Feb"),
    message("%(day)s Mar"),
    message("%(day)s Apr"),
    message("%(day)s May"),
    message("%(day)s Jun"),
    message("%(day)s Jul"),
    message("%(day)s Aug"),
    message("%(day)s Sep"),
    message("%(day)s Oct"),
    message("%(day)s Nov"),
    message("%(day)s Dec"),
)
"""A day of each month, short."""

DAYS = (
    message("%(day)s January"),
    message("%(day)s February"),
    message("%(day)s March"),
    message("%(day)s April"),
    message("%(day)s May"),
    message("%(day)s June"),
    message("%(day)s July"),
    message("%(day)s August"),
    message("%(day)s September"),
    message("%(day)s October"),
    message("%(day)s November"),
    message("%(day)s December"),
)
"""A day of each month, in full."""

MONTHS_OF_YEARS = (
    message("January %(year)s"),
    message("February %(year)s"),
    message("March %(year)s"),
    message("April %(year)s"),
    message("May %(year)s"),
    message("June %(year)s"),
    message("July %(year)s"),
    message("August %(year)s"),
    message("September %(year)s"),
    message("October %(year)s"),
    message("November %(year)s"),
    message("December %(year)s"),
)

DAYS_OF_YEARS = (
    message("%(day)s Jan %(year)s"),
    message("%(day)s Feb %(year)s"),
    message("%(day)s Mar %(year)s"),
    message("%(day)s Apr %(year)s"),
    message("%(day)s May %(year)s"),
    message("%(day)s Jun %(year)s"),
    message("%(day)s Jul %(year)s"),
    message("%(day)s Aug %(year)s"),
    message("%(day)s Sep %(year)s"),
    message("%(day)s Oct %(year)s"),
    message("%(day)s Nov %(year)s"),
    message("%(day)s Dec %(year)s"),
)
"""A day of each month, with its year."""


def month(at: date) -> str:
    """November."""
    return _(MONTHS[at.month - 1])


def month_of_year(at: date) -> str:
    """November 2026."""
    return _(MONTHS_OF_YEARS[at.month - 1], year=at.year)


def short_day(at: date) -> str:
    """28 Nov."""
    return _(SHORT_DAYS[at.month - 1], day=at.day)


def day_in_full(at: date) -> str:
    """28 November."""
    return _(DAYS[at.month - 1], day=at.day)


def day(at: date) -> str:
    """20 Nov 2026."""
    return _(DAYS_OF_YEARS[at.month - 1], day=at.day, year=at.year)
