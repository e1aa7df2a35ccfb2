"""Shortens a prompt without a text model: leaves out clauses, never words inside one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from limner.words.protecting import lost
from limner.words.reading import clauses_of, content_words, holds

LONGEST_PIECE = 300
"""Characters; a clause that is longer falls into pieces between words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A clause, or a part of one that is very long."""

    text: str
    after: str
    """What stands between it and the next one."""


def compressed(prompt: str, terms: Sequence[str], *, below: int) -> str:
    """The prompt in fewer than `below` characters, with every one of `terms` in it.

    Extractive: what stays are whole clauses in their order. First those that hold protected terms, the most for their
    length before others; then those whose words are the most frequent in the whole prompt (the average that SumBasic
    ranks by: Nenkova and Vanderwende, 2005), as long as they bring a new word. Terms whose clauses are too long stand
    at the end. `terms` and their commas have to fit by themselves; `protecting.protected` sees to that.
    """
    picker = _Picker(list(_pieces(prompt)), terms, below - 1)
    picker.cover()
    picker.fill()
    return picker.text()


def _pieces(prompt: str) -> Iterator[Piece]:
    for clause, sign in clauses_of(prompt):
        parts = list(_parts(clause))
        for number, part in enumerate(parts):
            yield Piece(part, f"{sign} " if number == len(parts) - 1 else " ")


def _parts(clause: str) -> Iterator[str]:
    """A clause in pieces that are not too long; where it has no blanks it is cut."""
    while len(clause) > LONGEST_PIECE:
        cut = clause.rfind(" ", 0, LONGEST_PIECE + 1)
        cut = cut if cut > 0 else LONGEST_PIECE
        yield clause[:cut].rstrip()
        clause = clause[cut:].lstrip()
    if clause:
        yield clause


class _Picker:
    """Picks pieces, and keeps room for the terms that no picked one holds."""

    def __init__(self, pieces: Sequence[Piece], terms: Sequence[str], most: int) -> None:
        self._pieces = pieces
        self._held = [frozenset(_held(piece.text, terms)) for piece in pieces]
        self._words = [content_words(piece.text) or [piece.text] for piece in pieces]
        self._terms = terms
        self._missing = set(terms)
        self._room = most - sum(len(term) + 2 for term in terms)
        self._picked: set[int] = set()

    def cover(self) -> None:
        """Picks the first piece, which mostly names the subject, and then what holds terms, the densest first."""
        if self._pieces:
            self._pick(0)
        waiting = {number for number, held in enumerate(self._held) if held} - self._picked
        while waiting:
            best = max(waiting, key=lambda number: (self._gain(number), -number))
            if not self._gain(best):
                return
            waiting.discard(best)
            self._pick(best)

    def fill(self) -> None:
        """Picks what else fits and says something new, the words that come most often first."""
        counts = Counter(word for words in self._words for word in words)
        said = {word for number in self._picked for word in self._words[number]}
        for number in sorted(range(len(self._pieces)), key=lambda one: (-self._weight(one, counts), one)):
            if number not in self._picked and not said.issuperset(self._words[number]) and self._pick(number):
                said.update(self._words[number])

    def text(self) -> str:
        """What was picked, in its order, and the terms that are in none of it."""
        parts: list[str] = []
        for number in sorted(self._picked):
            piece = self._pieces[number]
            apart = number + 1 not in self._picked and not piece.after.strip()
            parts.append(piece.text + (", " if apart else piece.after))
        text = "".join(parts).strip().rstrip(",;:")
        missing = lost(self._terms, text)
        return ", ".join((text, *missing)) if text else ", ".join(missing)

    def _pick(self, number: int) -> bool:
        """Takes a piece where it fits: the terms that it holds need no room at the end any more."""
        freed = self._held[number] & self._missing
        room = self._room + sum(len(term) + 2 for term in freed) - len(self._pieces[number].text) - 4
        if room < 0:
            return False
        self._room = room
        self._missing -= freed
        self._picked.add(number)
        return True

    def _gain(self, number: int) -> float:
        """How many terms a piece would bring for its length."""
        return len(self._held[number] & self._missing) / (len(self._pieces[number].text) + 4)

    def _weight(self, number: int, counts: Counter[str]) -> float:
        words = self._words[number]
        return sum(counts[word] for word in words) / len(words) if words else 0.0


def _held(text: str, terms: Sequence[str]) -> Iterator[str]:
    folded = text.casefold()
    yield from (term for term in terms if term.split()[0].casefold() in folded and holds(text, term))
