"""Finding kept pictures: page by page, by what made them, by words, and by what they cost."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection

from limner.db.pictures import pictures_page
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.events import EventKind
from limner.domain.job import CallState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.records import Closing, NewJob, PictureFilter
from limner.domain.request import ImageRequest
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import a_file, a_job, a_picture, later, news

EVERYTHING = PictureFilter()

# Document 1, "Cost Monitoring", word for word.
COST_QUERY = """
SELECT
  user_id,
  DATE(created_at) as date,
  provider,
  COUNT(*) as images,
  SUM(cost_usd) as total_cost
FROM generated_images
WHERE user_id = 'user123'
GROUP BY user_id, DATE(created_at), provider
ORDER BY date DESC;
"""


async def keep(stores: Stores, new: NewJob, *pictures: Picture) -> None:
    """A job that made these pictures with its only call."""
    lease = await taken(stores, new)
    closing = Closing(
        call_id=new.calls[0].call.id, state=CallState.SETTLED, at=later(0), pictures=pictures, charge=Money(600)
    )
    await stores.jobs.close_call(lease, closing, [news(EventKind.PICTURE)])


async def kept(stores: Stores, *prompts: str, owner: str = "ann", project: str = "default") -> list[Picture]:
    """Pictures with these prompts, the first the oldest."""
    new = a_job(owner=owner, worker="w1", request=ImageRequest(prompt="anything", project=project))
    pictures = [
        a_picture(new, new.calls[0].call.id, number=number, prompt=prompt, created=later(number))
        for number, prompt in enumerate(prompts)
    ]
    await keep(stores, new, *pictures)
    return pictures


async def found(stores: Stores, words: str, owner: str = "ann") -> list[str]:
    page = await stores.pictures.page(owner, PictureFilter(words=words), limit=50, cursor=None)
    return [picture.prompt for picture in page.items]


async def everything(stores: Stores, which: PictureFilter, *, limit: int, owner: str = "ann") -> list[str]:
    """The ids on all pages."""
    ids: list[str] = []
    cursor = None
    while True:
        page = await stores.pictures.page(owner, which, limit=limit, cursor=cursor)
        ids += [picture.id for picture in page.items]
        assert len(page.items) == limit or page.next is None
        cursor = page.next
        if cursor is None:
            return ids


@pytest.mark.req("S1-058", "S1-025")
async def test_a_picture_is_read_back_whole(stores: Stores) -> None:
    new = a_job(worker="w1")
    call_id = new.calls[0].call.id
    plain = a_picture(new, call_id)
    rich = replace(
        a_picture(new, call_id, number=1, cost=None),
        file=a_file("d" * 64, 1234),
        original=a_file("e" * 64, 99),
        changes=("converted to WebP", "made smaller"),
        revised_prompt='A lighthouse; at dusk, in "oil" — 灯台',
        parents=("picture-a", "picture-b"),
        tone="#102030",
        seed=None,
        recipe={"call": {"id": call_id, "steps": [1, 2, {"deep": None}]}, "versions": {"limner": "1"}, "pi": 3.25},
    )
    await keep(stores, new, plain, rich)
    assert [await stores.pictures.get(picture.id, "ann") for picture in (plain, rich)] == [plain, rich]
    assert (await stores.jobs.get(new.id)).pictures == (plain, rich)


async def test_a_stray_character_of_a_service_loses_no_picture(stores: Stores) -> None:
    new = a_job(worker="w1")
    picture = replace(a_picture(new, new.calls[0].call.id), revised_prompt="a\x00boat \ud800")
    await keep(stores, new, picture)
    assert (await stores.pictures.get(picture.id)).revised_prompt == "a\ufffdboat ?"


async def test_somebody_elses_picture_does_not_exist(stores: Stores) -> None:
    (picture,) = await kept(stores, "a boat", owner="ann")
    with pytest.raises(NotFound):
        await stores.pictures.get(picture.id, "bob")
    assert await everything(stores, EVERYTHING, limit=5, owner="bob") == []
    assert await found(stores, "boat", owner="bob") == []


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("which", [EVERYTHING, PictureFilter(words="boat")])
async def test_pages_show_every_picture_once_newest_first(stores: Stores, which: PictureFilter, limit: int) -> None:
    await kept(stores, *["a boat of somebody else"] * 3, owner="bob")
    pictures = await kept(stores, *[f"boat {number}" for number in range(7)])
    assert await everything(stores, which, limit=limit) == [picture.id for picture in reversed(pictures)]


async def test_pictures_of_the_same_moment_are_not_lost_between_pages(stores: Stores) -> None:
    new = a_job(worker="w1")
    pictures = [a_picture(new, new.calls[0].call.id, number=number) for number in range(5)]
    await keep(stores, new, *pictures)
    assert await everything(stores, EVERYTHING, limit=2) == [picture.id for picture in reversed(pictures)]


async def test_a_page_stays_the_same_while_new_pictures_come(stores: Stores) -> None:
    pictures = await kept(stores, *[f"boat {number}" for number in range(4)])
    first = await stores.pictures.page("ann", EVERYTHING, limit=2, cursor=None)
    new = a_job(worker="w1")
    await keep(stores, new, a_picture(new, new.calls[0].call.id, created=later(999)))
    second = await stores.pictures.page("ann", EVERYTHING, limit=2, cursor=first.next)
    assert [picture.id for picture in second.items] == [pictures[1].id, pictures[0].id]


@pytest.mark.req("S4-051")
async def test_pictures_are_found_by_what_made_them(stores: Stores) -> None:
    new = a_job(worker="w1", request=ImageRequest(prompt="a boat", project="harbour"))
    call_id = new.calls[0].call.id
    one = a_picture(new, call_id, number=0, model="openai/painter-1", created=later(0))
    two = a_picture(new, call_id, number=1, model="stability/painter-2", created=later(1))
    await keep(stores, new, one, two)
    (plain,) = await kept(stores, "a boat")
    for which, wanted in (
        (PictureFilter(service="stability"), [two]),
        (PictureFilter(model="openai/painter-1", project="harbour"), [one]),
        (PictureFilter(project="harbour"), [two, one]),
        (PictureFilter(job_id=new.id, words="boat"), [two, one]),
        (PictureFilter(words="boat", project="default"), [plain]),
        (PictureFilter(service="nobody"), []),
    ):
        assert await everything(stores, which, limit=5) == [picture.id for picture in wanted]


async def test_words_are_found_in_any_order_and_case(stores: Stores) -> None:
    await kept(
        stores, "A Lighthouse at dusk", "sky-blue boat, 4k (foo.com)", "Ein Fluß bei Nacht; über Köln", "маяк ночью"
    )
    assert await found(stores, "dusk LIGHTHOUSE") == ["A Lighthouse at dusk"]
    assert await found(stores, "blue") == ["sky-blue boat, 4k (foo.com)"]
    assert await found(stores, "sky-blue, boat!") == ["sky-blue boat, 4k (foo.com)"]
    assert await found(stores, "foo.com 4K") == ["sky-blue boat, 4k (foo.com)"]
    assert await found(stores, "über") == ["Ein Fluß bei Nacht; über Köln"]
    assert await found(stores, "МАЯК") == ["маяк ночью"]
    assert await found(stores, "house") == []
    assert await found(stores, "dusk boat") == []


@pytest.mark.req("S0-066")
@pytest.mark.parametrize(
    "words",
    [
        '"',
        "*",
        "a*",
        "boat OR dusk",
        "NOT boat",
        "prompt : boat",
        "(",
        "'",
        "boat & !dusk",
        "NEAR(boat dusk)",
        "-boat",
        "%s",
    ],
)
async def test_what_somebody_types_is_never_a_query(stores: Stores, words: str) -> None:
    await kept(stores, "a boat", "the dusk")
    assert len(await found(stores, words)) < 2


async def test_only_signs_find_nothing(stores: Stores) -> None:
    await kept(stores, "a boat")
    assert await found(stores, "!?") == []


@pytest.mark.parametrize("which", [EVERYTHING, PictureFilter(words="boat")])
async def test_a_damaged_cursor_is_refused(stores: Stores, which: PictureFilter) -> None:
    await kept(stores, "boat", "boat", "boat")
    cursor = (await stores.pictures.page("ann", which, limit=1, cursor=None)).next
    assert cursor is not None
    damaged = [
        cursor[:-1],
        cursor[:8] + ("A" if cursor[8] != "A" else "B") + cursor[9:],
        "",
        "é",
        "x" * 5,
        cursor + "=",
    ]
    for wrong in damaged:
        with pytest.raises(InvalidRequest) as refused:
            await stores.pictures.page("ann", which, limit=1, cursor=wrong)
        assert refused.value.field == "cursor"


async def test_a_cursor_of_another_list_is_refused(lite: Stores) -> None:
    await kept(lite, "boat", "boat")
    cursor = (await lite.pictures.page("ann", PictureFilter(words="boat"), limit=1, cursor=None)).next
    with pytest.raises(InvalidRequest):
        await lite.pictures.page("ann", EVERYTHING, limit=1, cursor=cursor)


@pytest.mark.req("S1-069")
async def test_the_cost_query_of_the_document_runs_as_written(stores: Stores) -> None:
    new = a_job(owner="user123", worker="w1")
    call_id = new.calls[0].call.id
    day = 86_400
    await keep(
        stores,
        new,
        a_picture(new, call_id, number=0, cost=40_000, created=later(0)),
        a_picture(new, call_id, number=1, cost=2_500, created=later(60)),
        a_picture(new, call_id, number=2, cost=None, created=later(120)),
        a_picture(new, call_id, number=3, cost=80_000, model="stability/painter-2", created=later(day)),
    )
    await kept(stores, "a boat", owner="somebody else")
    rows = await stores.database.read(lambda connection: connection.exec_driver_sql(COST_QUERY).all())
    assert [(row[0], str(row[1]), row[2], row[3], round(float(row[4]), 6)) for row in rows] == [
        ("user123", "2026-11-22", "stability", 1, 0.08),
        ("user123", "2026-11-21", "openai", 3, 0.0425),
    ]


@pytest.mark.req("S1-058")
async def test_the_documents_columns_are_there(stores: Stores) -> None:
    (picture,) = await kept(stores, "a boat")
    query = "SELECT user_id, created_at, provider, model, prompt, revised_prompt, size, cost_usd FROM generated_images"
    row = await stores.database.read(lambda connection: connection.exec_driver_sql(query).one())
    assert tuple(row)[:7] == (
        "ann",
        "2026-11-21T12:00:00.000000Z",
        "openai",
        picture.model,
        "a boat",
        None,
        "64x48",
    )
    assert float(row[7]) == 0.0006


async def test_the_beginning_of_a_word_is_found_while_it_is_typed(stores: Stores) -> None:
    await kept(stores, "a boathouse", "Boats by a harbour", "a harbour at night", "boa constrictor")
    await kept(stores, "somebody's boats", owner="ben")
    assert await found(stores, "harb") == ["a harbour at night", "Boats by a harbour"]
    assert await found(stores, "harbour boat") == ["Boats by a harbour"]
    assert await found(stores, "boat harbour") == []
    assert await found(stores, "boat") == ["Boats by a harbour", "a boathouse"]
    assert await found(stores, "boa") == ["boa constrictor"]
    assert await found(stores, "ha") == []
    assert await found(stores, "somebody") == []
    assert len(await everything(stores, PictureFilter(words="HARB"), limit=1)) == 2
    await kept(stores, "a boa", project="reptiles")
    assert await everything(stores, PictureFilter(words="boathouse", project="reptiles"), limit=9) == []
    assert len(await everything(stores, PictureFilter(words="constr", project="default"), limit=9)) == 1
    assert await everything(stores, PictureFilter(words="harbour", project="reptiles"), limit=9) == []
    await kept(stores, "harbourmaster", project="reptiles")
    assert await everything(stores, PictureFilter(words="harbour", project="reptiles"), limit=9) == []
    assert await found(stores, "'har") == await found(stores, "har*") == await found(stores, "harb")


async def test_the_word_index_follows_changes_and_removals(lite: Stores) -> None:
    first, second = await kept(lite, "a boat", "a boat at night")

    def change(connection: Connection) -> None:
        connection.exec_driver_sql(
            "UPDATE generated_images SET prompt = 'a ship', project = 'sea' WHERE id = :id", {"id": first.id}
        )
        connection.exec_driver_sql("DELETE FROM generated_images WHERE id = :id", {"id": second.id})

    await lite.database.write(change)
    assert await found(lite, "boat") == []
    assert await found(lite, "ship") == ["a ship"]
    assert await everything(lite, PictureFilter(words="ship", project="sea"), limit=5) == [first.id]
    assert await everything(lite, PictureFilter(words="ship", project="default"), limit=5) == []


def explained(query: str, connection: Connection) -> list[str]:
    return [str(row[3]) for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + query)]


@pytest.mark.req("S4-052")
@pytest.mark.parametrize(
    "which, index",
    [
        (EVERYTHING, "ix_generated_images_page"),
        (PictureFilter(service="openai"), "ix_generated_images_provider"),
        (PictureFilter(model="openai/painter-1"), "ix_generated_images_model"),
        (PictureFilter(project="harbour"), "ix_generated_images_project"),
        (PictureFilter(words="boat"), "SCAN generated_images_words VIRTUAL TABLE"),
        (PictureFilter(words="boat", service="openai"), "SCAN generated_images_words VIRTUAL TABLE"),
    ],
)
async def test_a_page_is_read_from_an_index_without_sorting(lite: Stores, which: PictureFilter, index: str) -> None:
    seen: list[str] = []

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)
        first = pictures_page(connection, "ann", which, limit=2, cursor=None)
        pictures_page(connection, "ann", which, limit=2, cursor=first.next)
        driver.set_trace_callback(None)

    await kept(lite, *["boat"] * 5, project="harbour")
    await lite.database.read(watch)
    queries = [query for query in seen if "FROM generated_images " in query.replace("\n", " ")]
    assert len(queries) == 2
    for query in queries:
        plan = await lite.database.read(partial(explained, query))
        assert any(index in line for line in plan)
        assert not any("TEMP B-TREE" in line for line in plan)
