"""Amounts, times and states in the words of the pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from limner.domain.budgets import Counted, Standing, Window
from limner.domain.errors import Problem
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import Role, TokenScope
from limner.domain.plan import Treatment
from limner.domain.readiness import SWITCHED_OFF, UNREACHABLE, Readiness
from limner.domain.request import DEFAULT_PROJECT, Operation
from limner.web import dates
from limner.web.failures import MANY, told
from limner.web.languages import ENGLISH, message, ngettext, number, pointed, spoken
from limner.web.languages import gettext as _

STATES: dict[JobState, tuple[str, str, str]] = {
    JobState.QUOTED: ("part", "part", message("Needs you")),
    JobState.QUEUED: ("queued", "clock", message("Queued")),
    JobState.RUNNING: ("running", "run", message("Running")),
    JobState.SUCCEEDED: ("done", "ok", message("Done")),
    JobState.PARTIAL: ("part", "part", message("Partly done")),
    JobState.FAILED: ("failed", "bad", message("Failed")),
    JobState.REFUSED: ("refused", "ban", message("Refused")),
    JobState.CANCELLED: ("cancelled", "cancel", message("Cancelled")),
    JobState.AMBIGUOUS: ("part", "part", message("Needs you")),
}
"""For each state its class, its icon and its word, still to be said: never colour alone."""

WAITS = message("Waits: your queue is paused")

TREATMENTS: dict[Treatment, tuple[str, str]] = {
    Treatment.USED: ("ok", message("kept")),
    Treatment.MAPPED: ("adapt", message("adapted")),
    Treatment.ROUNDED: ("adapt", message("adapted")),
    Treatment.SPLIT: ("fold", message("split")),
    Treatment.IGNORED: ("minus", message("dropped")),
    Treatment.REFUSED: ("ban", message("refused")),
    Treatment.REUSED: ("ok", message("reused")),
}
"""For each treatment of an option its icon and its word, still to be said."""

OPERATIONS: dict[Operation, str] = {
    Operation.GENERATE: message("generate"),
    Operation.EDIT: message("edit"),
    Operation.INPAINT: message("inpaint"),
    Operation.OUTPAINT: message("outpaint"),
    Operation.VARIATIONS: message("variations"),
    Operation.UPSCALE: message("upscale"),
    Operation.STYLE_TRANSFER: message("style transfer"),
    Operation.REMOVE_BACKGROUND: message("remove background"),
    Operation.UPLOAD: message("upload"),
}

ROLES: dict[Role, str] = {
    Role.OWNER: message("Owner"),
    Role.ADMIN: message("Administrator"),
    Role.MEMBER: message("Member"),
    Role.VIEWER: message("Viewer"),
}
"""What people are, in the installation or in a project."""

SCOPES: dict[TokenScope, str] = {
    TokenScope.READ: message("look"),
    TokenScope.GENERATE: message("make pictures"),
    TokenScope.MANAGE: message("manage"),
}
"""What an access token may be used for, the least first."""

FIELDS = {
    "prompt": message("Prompt"),
    "negative_prompt": message("Negative prompt"),
    "operation": message("Operation"),
    "inputs": message("References"),
    "model": message("Model"),
    "count": message("Count"),
    "size": message("Size"),
    "aspect": message("Shape"),
    "margins": message("Margins"),
    "quality": message("Quality"),
    "style": message("Style"),
    "presets": message("Presets"),
    "steps": message("Steps"),
    "guidance": message("Guidance"),
    "seed": message("Seed"),
    "strength": message("Strength"),
    "scale": message("Scale"),
    "format": message("Format"),
    "background": message("Background"),
    "previews": message("Previews"),
    "protect": message("Protected area"),
}
"""What options are called that a receipt may name."""

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}
"""Kinds of files that pictures are handed out in."""

LEFT = {
    Window.HOUR: message("%(amount)s left this hour"),
    Window.DAY: message("%(amount)s left today"),
    Window.MONTH: message("%(amount)s left this month"),
    Window.ALL: message("%(amount)s left"),
}

BADGES = {
    "queued": "",
    "running": "gold",
    "done": "ok",
    "part": "warn",
    "failed": "bad",
    "refused": "bad",
    "cancelled": "",
}


def price(money: Money | None) -> str:
    """Two decimals from a dollar up, else three at most; never nothing for something that cost money."""
    if money is None:
        return _("price unknown")
    if not money:
        return _("free")
    if money.micro < 1000:
        return _("under %(price)s", price=dollars("0.001"))
    places = "0.01" if money.dollars >= 1 else "0.001"
    text = str(money.dollars.quantize(Decimal(places), ROUND_HALF_UP))
    return dollars(text.removesuffix("0") if places == "0.001" else text)


def price_each(money: Money | None) -> str:
    """$0.04 an image; free; price unknown."""
    return _("%(price)s an image", price=price(money)) if money else price(money)


def quoted(money: Money | None) -> str:
    """Quoted $0.04; free; price unknown."""
    return _("quoted %(price)s", price=price(money)) if money else price(money)


def dollars(amount: str) -> str:
    """$0.04, as the language of the page writes dollars."""
    return _("$%(amount)s", amount=pointed(amount))


def amount(money: Money) -> str:
    """$10.00, $0.002, $0: a limit or a place on an axis, exactly; like a price with two decimals or more."""
    return dollars(money.text if money else "0")


def percent(value: float) -> str:
    """60%; its shares are told to the tenth."""
    return _("%(share)s%%", share=figure(value))


def figure(value: float) -> str:
    """28, 7.5: a number with no more decimals than it has."""
    return number(value, 0 if value == int(value) else 1)


def size(width: int, height: int) -> str:
    """Width by height: width first, also where text runs from right to left."""
    return apart(f"{width} \u00d7 {height}")


def file_size(count: int) -> str:
    """1.6 MB, 310 KB."""
    if count >= 1_000_000:
        return apart(f"{number(count / 1_000_000, 1)} MB")
    return apart(f"{max(1, round(count / 1000))} KB")


def format_name(media_type: str) -> str:
    """PNG, WebP: what a kind of file is called."""
    kind = media_type.removeprefix("image/")
    return FORMATS.get(kind, kind.upper())


def apart(text: str) -> str:
    """A text that runs from left to right whatever stands around it (Unicode 17, UAX 9, isolates)."""
    return text if spoken().direction == "ltr" else f"\u2066{text}\u2069"


def left(standing: Standing) -> str:
    """What a budget still has: `$9.60 left today`, `7 images left this hour`."""
    if standing.counted is Counted.PICTURES:
        return _(LEFT[standing.window], amount=images(standing.left))
    return _(LEFT[standing.window], amount=price(Money(standing.left)) if standing.left else dollars("0"))


def charged(money: Money | None) -> str:
    """What was booked, as it is said afterwards."""
    return _("unknown") if money is None else price(money) if money else _("nothing")


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 1 min 20 s."""
    if seconds < 1:
        return _("%(seconds)s s", seconds=number(max(seconds, 0.1), 1))
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return _("%(seconds)s s", seconds=rest)
    if not rest:
        return _("%(minutes)s min", minutes=minutes)
    return _("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=rest)


def moment(at: datetime) -> str:
    """20 Nov 2026, 17:42, by the clock of this machine."""
    local = at.astimezone()
    return _("%(date)s, %(time)s", date=dates.day(local), time=f"{local:%H:%M}")


def images(count: int) -> str:
    """1 image, 4 images."""
    return ngettext("%(num)s image", "%(num)s images", count)


def pictures(count: int) -> str:
    """1 picture, 4 pictures."""
    return ngettext("%(num)s picture", "%(num)s pictures", count)


def price_line(count: int, money: Money | None, seconds: float) -> str:
    """4 images · $0.16 · about 12 s."""
    values = {"images": images(count), "price": price(money), "time": duration(seconds)}
    return _("%(images)s · %(price)s · about %(time)s", **values)


def operation(value: Operation) -> str:
    """What is done, in a word or two."""
    return _(OPERATIONS[value])


def title(prompt: str, operation: Operation) -> str:
    """What a job or a picture is called: its prompt; what was done, where that takes no prompt."""
    said = _(OPERATIONS[operation])
    return prompt or f"{said[:1].upper()}{said[1:]}"


def role(value: Role) -> str:
    """What somebody is, in a word."""
    return _(ROLES[value])


def scopes(values: Collection[TokenScope]) -> tuple[str, ...]:
    """What an access token may be used for, the least first."""
    return tuple(_(said) for scope, said in SCOPES.items() if scope in values)


def project(name: str) -> str:
    """What a project is called."""
    return _("No project") if name == DEFAULT_PROJECT else name


def field(name: str) -> str:
    """What an option is called; a service's own goes by the name that it has there."""
    return _(FIELDS[name]) if name in FIELDS else name.replace("_", " ").capitalize()


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spelled(count: int) -> str:
    """A small number as a word in English; elsewhere in digits, as its word would have to agree with others."""
    return NUMBERS[count] if spoken() is ENGLISH and 0 <= count < len(NUMBERS) else number(count)


def explanation(job: Job) -> str:
    """The sentence under the head of a job that did not simply succeed; empty for one that did."""
    if job.state is JobState.CANCELLED:
        return _stopped(job)
    if job.state is JobState.AMBIGUOUS:
        return _(
            "The line broke after this was sent, so nobody here knows whether the service made and charged it. "
            "Look it up there, then say which."
        )
    if job.problem is None or not job.ended:
        return ""
    if job.state is JobState.PARTIAL:
        return trouble(job, job.problem)
    alone = _("Limner does not retry refusals on other providers.") if job.state is JobState.REFUSED else ""
    return told(job.problem, "", alone, _charged(job))


def own_before(count: int, provider: str) -> str:
    """What is known of a job's place in a line that several people share."""
    if not count:
        return _("Next of yours for %(provider)s. Others may be in line as well.", provider=provider)
    return ngettext(
        "One of yours is before it for %(provider)s. Others may be in line as well.",
        "%(num)s of yours are before it for %(provider)s. Others may be in line as well.",
        count,
        provider=provider,
    )


def trouble(job: Job, problem: Problem) -> str:
    """What went wrong with a job, for the text of an element."""
    return told(problem, _(MANY) if job.state is JobState.PARTIAL else "")


def _stopped(job: Job) -> str:
    """When somebody stopped it, and what was made by then."""
    ended = job.finished or job.created
    after = duration(max((ended - (job.started or job.created)).total_seconds(), 0.0))
    if job.pictures:
        made = pictures(len(job.pictures))
        stopped = _("You stopped this after %(time)s, with %(pictures)s made.", time=after, pictures=made)
    else:
        stopped = _("You stopped this after %(time)s, before any image was made.", time=after)
    return f"{stopped} {_charged(job)}"


def _charged(job: Job) -> str:
    if job.cost is not None and not job.cost:
        return _("Nothing was charged.")
    return _("Charged: %(price)s.", price=charged(job.cost))


def word(job: Job) -> str:
    """The state in a word or two."""
    if job.state is JobState.PARTIAL:
        return _("%(made)s of %(wanted)s done", made=len(job.pictures), wanted=job.request.count)
    return _(STATES[job.state][2])


def not_ready(readiness: Readiness) -> tuple[str, str]:
    """Why a service cannot paint now, in two words: by themselves, and at the end of a line."""
    if readiness.code == SWITCHED_OFF:
        return _("Switched off"), _("switched off")
    if readiness.code == UNREACHABLE:
        return _("Not reachable"), _("not reachable")
    return _("Add a key"), _("add a key")


def receipt_summary(treatments: tuple[Treatment, ...]) -> str:
    """What was sent: 3 kept, 2 adapted, 1 dropped."""
    words = [TREATMENTS[each][1] for each in treatments]
    counted = (_("%(count)s %(what)s", count=words.count(each), what=_(each)) for each in dict.fromkeys(words))
    return _(", ").join(counted)
