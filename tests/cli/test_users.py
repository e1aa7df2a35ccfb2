"""People and their tokens at the command line."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from limner.engine import passwords
from tests.cli.conftest import Limner

PASSWORD = b"correct horse battery\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)


def add(limner: Limner, email: str, *options: str) -> None:
    ended = limner("users", "add", email, "--password-stdin", *options, stdin=PASSWORD)
    assert ended.code == 0, ended.err


def test_people_are_added_listed_changed_and_removed(limner: Limner) -> None:
    add(limner, "Ann@example.com", "--admin")
    add(limner, "ben@example.com", "--admin")
    add(limner, "eve@example.com", "--role", "viewer")
    add(limner, "dan@example.com")
    users = limner("users", "list", "--json").document["users"]
    assert [(user["email"], user["role"]) for user in users] == [
        ("ann@example.com", "owner"),
        ("ben@example.com", "admin"),
        ("dan@example.com", "member"),
        ("eve@example.com", "viewer"),
    ]
    assert "ann@example.com" in limner("users", "list").out
    assert limner("users", "role", "eve@example.com", "member").code == 0
    changed = limner("users", "password", "ben@example.com", "--password-stdin", "--json", stdin=b"something longer\n")
    assert (changed.code, "password" in changed.document) == (0, False)
    assert limner("users", "remove", "DAN@example.com").code == 0
    assert limner("users", "remove", "dan@example.com").code == 1
    last = limner("users", "remove", "ann@example.com", "--json")
    assert (last.code, last.document["error"]["code"]) == (2, "last_owner")
    deeds = limner("audit", "--json", "--limit", "3").document["deeds"]
    assert [(deed["act"], deed["name"], deed["subject"]) for deed in deeds] == [
        ("user_removed", "You", "dan@example.com"),
        ("password_changed", "You", "ben@example.com"),
        ("role_changed", "You", "eve@example.com"),
    ]
    assert "user removed" in limner("audit").out
    assert len(limner("audit", "--act", "user_added", "--json").document["deeds"]) == 4


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("ann@example.com",), b"", "--password-stdin"),
        (("ann@example.com", "--password-stdin"), b"short\n", "10 to 200 characters"),
        (("ann@example.com", "--password-stdin"), b"", "10 to 200 characters"),
        (("ann@example.com", "--password-stdin"), b"with a \x07 bell in it\n", "no control characters"),
        (("ann", "--password-stdin"), PASSWORD, "no e-mail address"),
        (("ann@example.com", "--admin", "--role", "viewer", "--password-stdin"), PASSWORD, "one of the two"),
    ],
)
def test_people_that_make_no_sense_are_refused(
    limner: Limner, arguments: tuple[str, ...], stdin: bytes, said: str
) -> None:
    ended = limner("users", "add", *arguments, stdin=stdin)
    assert (ended.code, said in ended.err) == (2, True), ended.err
    assert limner("users", "list", "--json").document["users"] == []


def test_an_address_is_taken_once(limner: Limner) -> None:
    add(limner, "ann@example.com")
    ended = limner("users", "add", "ANN@example.com", "--password-stdin", stdin=PASSWORD)
    assert (ended.code, "already" in ended.err) == (2, True)


def test_tokens_are_made_listed_and_removed(limner: Limner) -> None:
    add(limner, "ann@example.com")
    whose = ("--user", "ann@example.com")
    assert "There is no token" in limner("tokens", "list", *whose).err
    made = limner("tokens", "add", "notebook", *whose, "--scope", "read", "--days", "30", "--json").document
    assert made["token"].startswith("lim_")
    assert made["scopes"] == ["read"]
    assert limner("tokens", "add", "other", *whose).out.startswith("lim_")
    listed = limner("tokens", "list", *whose, "--json")
    assert made["token"] not in listed.out
    ids = {token["name"]: token["id"] for token in listed.document["tokens"]}
    assert "notebook" in limner("tokens", "list", *whose).out
    assert limner("tokens", "remove", ids["notebook"][-8:], *whose).code == 0
    assert limner("tokens", "remove", ids["notebook"], *whose).code == 1
    assert limner("tokens", "remove", ids["other"][:0] or " ", *whose).code == 1
    assert limner("tokens", "add", "x", "--user", "nobody@example.com").code == 1
    (left,) = limner("tokens", "list", *whose, "--json").document["tokens"]
    assert left["name"] == "other"


def test_people_are_invited_by_a_link_and_invitations_withdrawn(limner: Limner) -> None:
    made = limner("users", "invite", "Ben@example.com", "--role", "admin", "--json").document
    assert (made["email"], made["role"]) == ("ben@example.com", "admin")
    assert made["url"].startswith("http://127.0.0.1:8003/invitation?code=")
    assert "/invitation?code=" in limner("users", "invite", "cal@example.com").out
    listed = limner("users", "invitations", "--json").document["invitations"]
    assert [(each["email"], each["role"]) for each in listed] == [
        ("ben@example.com", "admin"),
        ("cal@example.com", "member"),
    ]
    assert "ben@example.com" in limner("users", "invitations").out
    assert limner("users", "uninvite", "BEN@example.com").code == 0
    assert limner("users", "uninvite", "ben@example.com").code == 1
    assert len(limner("users", "invitations", "--json").document["invitations"]) == 1
    add(limner, "dan@example.com")
    taken = limner("users", "invite", "dan@example.com", "--json")
    assert (taken.code, taken.document["error"]["code"]) == (2, "user_exists")
