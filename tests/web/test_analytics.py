"""The page of figures: its sums are those of the ledger, nobody sees another's, and services that rest can be tried."""

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from limner.catalog.loader import load_catalog
from limner.domain.analytics import Durations, Kept, Lens, Measured, Outcomes, Period, Span, Spending
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.people import Role
from limner.engine.figures import Findings, Sums
from limner.testing.faults import Fault
from limner.web import analytics_words as words
from limner.web import charts
from limner.web.analytics_views import FiguresPart, FiguresView
from limner.web.figures import Drawing
from limner.web.languages import KNOWN, speaking
from limner.web.links import Links
from limner.web.rendering import Renderer
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving
from tests.web.test_pages import PAGE, get, send

PAID = {"model": "openai/gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
SHOT = "<b>Harbour</b>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what others paint is in no figure here."""
    with serving(tmp_path_factory.mktemp("figures"), variables={"CIRCUIT_BREAKER_FAILURE_THRESHOLD": "1"}) as found:
        for number in range(2):
            found.paint(prompt=f"a lake {number}", count=2)
        found.paint(prompt="a harbour", project=SHOT, **PAID)
        yield found


def shown(text: str) -> dict[str, str]:
    """The figures at the top of a page."""
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text))


@pytest.mark.req("S3-100", "S3-101", "S3-102", "S3-104", "S4-077")
def test_figures_are_the_sums_of_the_ledger(site: Site) -> None:
    usage: Any = site.client.get("/api/v1/usage").json()
    figures: Any = site.client.get("/api/v1/analytics").json()
    assert figures["total"]["spent"] == usage["total"]
    assert usage["total"]["micro_usd"] > 0
    spent = {each["service"]: each["cost"]["micro_usd"] for each in usage["services"]}
    assert {each["service"]: each["spent"]["micro_usd"] for each in figures["services"]} == spent
    for parts in ("slots", "projects", "people"):
        assert sum(each["spent"]["micro_usd"] for each in figures[parts]) == usage["total"]["micro_usd"], parts
    page = get(site, "/analytics").text
    found = shown(page)
    assert found["Pictures"] == "5"
    assert found["Succeeded"] == "100%"
    assert found["Spent"] == words.money(Money(usage["total"]["micro_usd"]))
    assert "$0" not in (found["Spent"], found["A picture costs"])
    assert page.count('role="img"') == 4
    assert page.count("Show as a table") == 4
    assert SHOT not in page


@pytest.mark.parametrize("query", ["", "?period=day", "?period=90", "?since=2020-01-01&until=2020-12-31"])
def test_the_export_adds_up_to_the_same(site: Site, query: str) -> None:
    page = get(site, f"/analytics{query}").text
    link = re.search(r'href="(/api/v1/analytics/export[^"]*)"', page)
    assert link
    answer = site.client.get(link[1].replace("&amp;", "&"))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    lines = list(csv.DictReader(StringIO(answer.text)))
    figures: Any = site.client.get(f"/api/v1/analytics{query}").json()
    assert sum(int(line["pictures"]) for line in lines) == figures["total"]["pictures"]
    cost = sum(Money.usd(line["cost_usd"]).micro for line in lines)
    assert cost == figures["total"]["spent"]["micro_usd"]


def test_periods_are_links_and_whatever_is_empty_is_not_asked_for(site: Site) -> None:
    page = get(site, "/analytics?period=7&project=&person=&since=&until=").text
    assert re.search(r'href="/analytics\?period=7" aria-current="true">7 days', page)
    assert "Nothing was spent in this time." in get(site, "/analytics?since=2020-01-01&until=2020-01-02").text
    assert shown(get(site, "/analytics", params={"project": SHOT}).text)["Pictures"] == "1"
    assert shown(get(site, "/analytics?since=2020-01-01").text)["Pictures"] == "5"
    for wrong in (
        "period=year",
        "since=2020-01-01",
        "since=2020-02-01&until=2020-01-01",
        "since=2010-01-01&until=2020-01-01",
    ):
        assert site.client.get(f"/api/v1/analytics?{wrong}").status_code == 422, wrong
    assert site.client.get("/api/v1/analytics?since=0001-01-01&until=0001-01-02").status_code == 200
    assert site.client.get("/api/v1/analytics?since=9999-12-30&until=9999-12-31").status_code == 200


def test_the_figures_alone_are_those_of_the_page(site: Site) -> None:
    part = get(site, "/analytics/figures?period=day").text
    assert "<html" not in part
    assert shown(part)["Pictures"] == "5"


@pytest.mark.req("S3-103", "S3-104")
def test_a_service_that_rests_says_so_and_is_tried_again(site: Site) -> None:
    assert "Resting after" not in get(site, "/analytics").text
    site.stand_in.faults.add(Fault(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}))
    body = {"prompt": "a lake", **PAID}
    site.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"})
    page = get(site, "/analytics").text
    assert "Resting after 1 failure (key not accepted). Tries again in" in page
    assert "Try now: OpenAI" in page
    assert shown(page)["Succeeded"] == "75%"
    assert "OpenAI: key not accepted" in page
    answer = send(site, "/analytics/breakers/openai/reset")
    assert (answer.status_code, answer.headers["location"]) == (303, "/analytics#breakers")
    assert "Resting after" not in get(site, "/analytics").text
    assert send(site, "/analytics/breakers/nobody/reset").status_code == 404


def test_people_see_their_own_figures_and_administrators_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)
    ann, ada = add_user(tmp_path, "ann@x.example"), add_user(tmp_path, "ada@x.example", Role.OWNER)
    wish = {"prompt": "a lake", "model": "sketch", "size": "64x64"}
    with (
        accounts_site(tmp_path) as site,
        client_of(site, "ann@x.example") as hers,
        client_of(site, "ada@x.example") as all_,
    ):
        for client, count in ((hers, 3), (all_, 1)):
            assert (
                client.post("/api/v1/jobs", json={**wish, "count": count}, headers={"Prefer": "wait=30"}).status_code
                == 201
            )
        assert shown(hers.get("/analytics", headers=PAGE).text)["Pictures"] == "3"
        for other in (ada.id, "everybody", "nobody"):
            for path in ("/api/v1/analytics", "/api/v1/analytics/export", "/analytics", "/analytics/figures"):
                assert hers.get(path, params={"person": other}).status_code == 403, path
        assert "ada@x.example" not in hers.get("/analytics", headers=PAGE).text
        assert hers.post("/analytics/breakers/openai/reset", headers=PAGE).status_code == 403
        assert shown(all_.get("/analytics", headers=PAGE).text)["Pictures"] == "1"
        assert shown(all_.get("/analytics", params={"person": ann.id}, headers=PAGE).text)["Pictures"] == "3"
        whole = all_.get("/analytics", params={"person": "everybody"}, headers=PAGE).text
        assert shown(whole)["Pictures"] == "4"
        assert "By person" in whole
        assert "ann@x.example" in whole


def test_what_cost_money_is_never_nothing() -> None:
    assert words.money(Money(3)) == "under $0.001"
    assert words.money(Money(), 2) == "unknown"
    assert words.money(Money()) == "$0"
    nearly = Sums(spent=Money(5), unpriced=0, pictures=1000, painted=Money(5))
    assert words.cost_of_one(nearly) == "under $0.001"
    assert words.cost_of_one(Sums(spent=Money(), unpriced=1, pictures=1, painted=Money())) == "unknown"


def test_shares_and_sizes_in_words() -> None:
    assert [words.percent(each) for each in (None, 0, 0.0001, 0.974, 0.99999, 1)] == [
        "\u2013",
        "0%",
        "under 0.1%",
        "97.4%",
        "99.9%",
        "100%",
    ]
    assert [words.size(each) for each in (0, 999, 46_400, 31_500_000, 4_200_000_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "46.4 kB",
        "31.5 MB",
        "4,200 TB",
    ]
    assert words.more_or_fewer(3, 5, Period(date(2026, 11, 1), date(2026, 11, 28))) == "2 fewer than the 28 days before"
    assert words.more_or_fewer(5, 5, Period(date(2026, 11, 1), date(2026, 11, 1))) == "as many as the day before"


def findings(now: datetime, *costs: int, span: Span = Span.MONTH) -> Findings:
    """Figures of bookings of one picture each."""
    rows = [
        Spending(
            slot="2026-11-01",
            person="ann",
            project="p",
            service="s",
            kind="picture",
            pictures=1,
            bookings=1,
            cost=Money(cost),
            unpriced=0,
        )
        for cost in costs
    ]
    ended = [Outcomes(slot="2026-11-01", model="s/m", code=code, calls=1, pictures=0) for code in ("a", "b")]
    took = [Durations("s/m", each, 1) for each in range(100, 2100, 100)]
    measured = Measured(spending=rows, outcomes=ended, durations=took)
    lens = Lens(owner=None, project=None, period=Period.of(span, now.date()))
    return Findings(lens=lens, measured=measured, earlier=(), kept=Kept(0, 0), now=now)


def test_a_month_is_on_pace_for_what_it_comes_to_if_it_goes_on_like_this() -> None:
    assert findings(datetime(2026, 11, 16, tzinfo=UTC), 1_000_000, 500_000).pace == Money(3_000_000)
    assert findings(datetime(2026, 11, 1, 9, tzinfo=UTC), 1_000_000).pace is None
    assert findings(datetime(2026, 11, 16, tzinfo=UTC), 1_000_000, span=Span.THIRTY).pace is None


def drawing(found: Findings) -> Drawing:
    return Drawing(found=found, catalog=load_catalog(entry_points=()), writers={"ollama": "Ollama"}, left="")


def test_what_fell_back_and_brought_no_picture_is_no_way_that_pictures_took() -> None:
    found = findings(datetime(2026, 11, 28, tzinfo=UTC))
    ended = [
        Outcomes(
            slot="2026-11-01", model=to, code="", calls=1, pictures=pictures, origin="xai/grok", because="unreachable"
        )
        for to, pictures in (("openai/gpt-image-2", 2), ("fal/flux", 0))
    ]
    rows = drawing(replace(found, measured=replace(found.measured, outcomes=ended))).falls()
    assert [(row.instead.name, row.text) for row in rows] == [("OpenAI", "2 \u00b7 could not be reached")]


def test_a_service_that_only_writes_is_called_by_its_name() -> None:
    draw = drawing(findings(datetime(2026, 11, 28, tzinfo=UTC)))
    assert [draw.named(each).name for each in ("ollama", "openai", "gone")] == ["Ollama", "OpenAI", "gone"]


def test_the_lowest_rate_is_told_in_the_legend_where_it_lies_on_no_line() -> None:
    chart = drawing(findings(datetime(2026, 11, 28, tzinfo=UTC))).success()
    assert chart is not None
    assert chart.low is not None
    assert chart.low.text.startswith("Lowest: 0%, 1 November \u00b7 s: ")


def test_the_pace_of_a_month_stands_in_the_legend_and_no_word_lies_on_the_columns() -> None:
    """The dearest day is the last one: over the line of the pace a word would lie on its column."""
    found = findings(datetime(2026, 11, 28, tzinfo=UTC), 9_000_000)
    [row] = found.measured.spending
    late = replace(
        found, measured=replace(found.measured, spending=[replace(row, slot="2026-11-28", service="openai")])
    )
    draw = drawing(late)
    spend = draw.spend()
    assert spend is not None
    assert spend.guide is not None
    sheet = draw.spend_sheet()
    view = FiguresView(
        period="November",
        figures=(),
        legend=draw.legend(),
        spend=spend,
        spend_sheet=sheet,
        painters=(),
        pictures=None,
        pictures_sheet=sheet,
        hourly=False,
        gauges=(),
        success=None,
        success_sheet=sheet,
        times=None,
        times_sheet=sheet,
        falls=(),
        fallen="",
        breakers=(),
        services=(),
        people=(),
        projects=(),
    )
    page = bytes(Renderer(Links(version="1")).part(FiguresPart(part=view)).body).decode()
    drawn = page.partition('<svg class="chart"')[2].partition("</svg>")[0]
    words_on_it = re.findall(r'<text[^>]* x="([-\d.]+)%?" y="([\d.]+)%"', drawn)
    assert words_on_it
    assert all(float(x) < 0 or float(y) > charts.BOTTOM for x, y in words_on_it)
    assert re.search(r'<div class="legend">.*<span class="aim">on pace for \$[\d.]+</span></div>', page)


def test_percentiles_are_times_that_calls_took() -> None:
    found = findings(datetime(2026, 11, 16, tzinfo=UTC))
    assert (found.times.median, found.times.ninety_fifth) == (1.0, 1.9)
    assert (found.ends.rate, found.sums.picture_cost, found.fallback_share) == (0.0, None, None)


def test_two_days_are_a_period_of_a_year_at_most() -> None:
    assert Period.between(date(2026, 1, 1), date(2026, 12, 31)).days == 365
    with pytest.raises(InvalidRequest):
        Period.between(date(2025, 1, 1), date(2026, 12, 31))


def test_axes_have_round_steps() -> None:
    assert [list(charts.steps(most)) for most in (0, 4, 0.7, 37)] == [
        [0.0, 1.0],
        [0, 1, 2, 3, 4],
        pytest.approx([0, 0.2, 0.4, 0.6, 0.8]),
        [0, 10, 20, 30, 40],
    ]


def test_figures_are_said_whole_in_the_language_of_the_page() -> None:
    month, day = Period.of(Span.MONTH, date(2026, 11, 28)), Period.of(Span.DAY, date(2026, 11, 28))
    week = Period.between(date(2025, 12, 30), date(2026, 1, 5))
    rates = {"2026-11-03": 50.0, "2026-11-04": 97.4}
    with speaking(KNOWN["de"]):
        assert (words.period(month), words.period(day)) == ("November 2026", "Heute, 28. Nov., UTC")
        assert words.period(week) == "30. Dez. 2025 bis 5. Jan. 2026"
        assert words.more_or_fewer(1500, 3, month) == "1.497 mehr als in den 28 Tagen davor"
        assert words.size(31_500_000) == "31,5 MB"
        assert (words.percent(0.974), words.seconds(0.05)) == ("97,4\u00a0%", "0,05 s")
        said = words.success_label(month, rates, "2026-11-03", "OpenAI: überlastet")
        assert "zwischen 50\u00a0% und 97,4\u00a0%, am niedrigsten am 3. November: OpenAI: überlastet." in said
        assert words.reason("provider_failed") == "Fehler beim Anbieter"
    with speaking(KNOWN["ar"]):
        assert words.span(Span.WEEK, month.last) == "7 أيام"
        assert words.span(Span.THIRTY, month.last) == "30 يومًا"
        assert words.more_or_fewer(5, 5, day) == "بعدد اليوم السابق"


def test_a_rate_that_never_changes_is_told_by_its_amount_and_not_by_its_words() -> None:
    month = Period.of(Span.MONTH, date(2026, 11, 28))
    steady = words.success_label(month, {"2026-11-03": 50.0, "2026-11-04": 50.0}, "2026-11-03", "")
    assert steady == "Success rate by day, always 50%."
    close = words.success_label(month, {"2026-11-03": 97.41, "2026-11-04": 97.43}, "2026-11-03", "A: timed out")
    assert "between 97.4% and 97.4%" in close
