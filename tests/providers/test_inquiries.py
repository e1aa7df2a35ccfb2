"""Questions that cost nothing: keys, accounts, lists of models."""

import asyncio
from decimal import Decimal

import pytest

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, LimnerError, NotConfigured, Problem, ProviderError
from limner.domain.ports import Provider
from limner.domain.vault import KeyState
from limner.providers import inquiries
from limner.providers.inquiries import Inquiries
from limner.testing.fakes import FakeProvider, FakeServices


class Banker:
    """A service that tells what is left on an account, or says what it was told to say."""

    def __init__(self, outcome: Account | LimnerError) -> None:
        self._outcome = outcome

    async def submit(self, call: Call) -> Finished:
        raise AssertionError(f"{call} was bought by a question")

    async def poll(self, pending: Pending) -> Finished:
        raise AssertionError(f"{pending} was asked after")

    async def check_key(self) -> Account:
        if isinstance(self._outcome, LimnerError):
            raise self._outcome
        return self._outcome


class Silent:
    """A service that can only paint."""

    async def submit(self, call: Call) -> Finished:
        raise AssertionError(f"{call} was bought by a question")

    async def poll(self, pending: Pending) -> Finished:
        raise AssertionError(f"{pending} was asked after")


def asking(provider: Provider) -> Inquiries:
    return Inquiries(services=FakeServices({"bank": provider}))


async def test_an_account_is_told() -> None:
    found = await asking(Banker(Account(name="acme", balance=Decimal("42.5"), unit="credits"))).inspect("bank")
    assert (found.state, found.account) == (
        KeyState.ACCEPTED,
        Account(name="acme", balance=Decimal("42.5"), unit="credits"),
    )


@pytest.mark.parametrize(
    "code, state",
    [
        (FailureCode.AUTHENTICATION, KeyState.REFUSED),
        (FailureCode.FORBIDDEN, KeyState.REFUSED),
        (FailureCode.UNREACHABLE, KeyState.UNKNOWN),
        (FailureCode.OVERLOADED, KeyState.UNKNOWN),
    ],
)
async def test_only_a_clear_no_refuses_a_key(code: FailureCode, state: KeyState) -> None:
    found = await asking(Banker(ProviderError(Problem(code=code, message="no such thing")))).inspect("bank")
    assert (found.state, found.message) == (state, "no such thing")


async def test_where_there_is_no_such_question_a_list_of_models_tells_as_much() -> None:
    found = await asking(FakeProvider(models=["x"])).inspect("bank")
    assert (found.state, found.account) == (KeyState.ACCEPTED, Account())


async def test_a_service_that_can_only_paint_is_not_asked() -> None:
    found = await asking(Silent()).inspect("bank")
    assert found.state is KeyState.UNKNOWN
    with pytest.raises(NotConfigured, match="no list of models"):
        await asking(Silent()).models("bank")


async def test_a_service_that_is_not_ready_says_what_it_needs() -> None:
    found = await asking(Silent()).inspect("nobody")
    assert found.state is KeyState.NOT_READY
    assert found.message


async def test_a_list_is_sorted_and_has_each_name_once() -> None:
    assert await asking(FakeProvider(models=["b", "a", "b"])).models("bank") == ("a", "b")


class Asleep(Silent):
    """A service that never answers."""

    async def check_key(self) -> Account:
        await asyncio.Event().wait()
        return Account()


async def test_every_question_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "DEADLINE", 0.01)
    found = await asking(Asleep()).inspect("bank")
    assert (found.state, found.message) == (KeyState.UNKNOWN, "It did not answer in time. Try again.")
