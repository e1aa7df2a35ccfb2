"""Money, in whole micro-dollars.

A price may be a fraction of a micro-dollar a unit; an amount never is. Amounts are rounded up,
so that a sum of roundings never holds or books less than the service may charge.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import lru_cache

MICRO = 1_000_000


@dataclass(frozen=True, order=True, slots=True)
class Money:
    """An amount of US dollars, counted in millionths."""

    micro: int = 0

    @classmethod
    def usd(cls, amount: Decimal | str | int) -> Money:
        """An amount given in dollars, rounded up to a whole micro-dollar. Raises ValueError if it is no number."""
        try:
            value = Decimal(amount)
        except InvalidOperation as error:
            raise ValueError(f"{amount!r} is not an amount of dollars; write it like 0.10.") from error
        if not value.is_finite():
            raise ValueError(f"{amount!r} is not an amount of dollars; write it like 0.10.")
        return cls(int((value * MICRO).to_integral_value(rounding=ROUND_CEILING)))

    @property
    def dollars(self) -> Decimal:
        """The exact amount in dollars."""
        return Decimal(self.micro) / MICRO

    @property
    def text(self) -> str:
        """The exact amount without a sign for the currency, as programs read it: 0.053, 1.50."""
        return _exact(self.micro)

    def __add__(self, other: Money) -> Money:
        return Money(self.micro + other.micro)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micro - other.micro)

    def __mul__(self, count: int) -> Money:
        return Money(self.micro * count)

    def __bool__(self) -> bool:
        return self.micro != 0

    def __str__(self) -> str:
        """Two decimals from one dollar up, else as many as the amount needs; never "$0.00" for a cost."""
        sign, amount = ("-", -self.dollars) if self.micro < 0 else ("", self.dollars)
        if amount >= 1 or amount == 0:
            return f"{sign}${amount:.2f}"
        for places in (2, 3, 4, 5):
            if amount == round(amount, places):
                return f"{sign}${amount:.{places}f}"
        return f"{sign}${amount:.6f}"


@lru_cache(maxsize=1000)
def _exact(micro: int) -> str:
    """A plan names the same few prices again and again."""
    dollars, rest = divmod(abs(micro), MICRO)
    places = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if micro < 0 else ''}{dollars}.{places}"


ZERO = Money(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What something may cost: at least `floor`, probably `likely`, never more than `ceiling`."""

    floor: Money
    likely: Money
    ceiling: Money

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            floor=self.floor + other.floor, likely=self.likely + other.likely, ceiling=self.ceiling + other.ceiling
        )

    def __mul__(self, count: int) -> Estimate:
        return Estimate(floor=self.floor * count, likely=self.likely * count, ceiling=self.ceiling * count)


FREE = Estimate(floor=ZERO, likely=ZERO, ceiling=ZERO)


def share(total: Money, *, part: int, whole: int) -> Money:
    """`part` of `whole` equal shares of `total`, rounded up: a share never falls short of the real one."""
    return Money(-(-total.micro * part // whole))
