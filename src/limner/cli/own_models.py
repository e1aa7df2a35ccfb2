"""Models that people add to their installation: their names, and the files that describe them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.model_card import ModelCard

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnModels:
    """The models of one kind, in a folder of the installation."""

    kind: str
    """What they are called in a sentence."""
    folder: Path
    cards: Callable[[], Sequence[ModelCard]]
    """All of the kind, those that come with Limner too, read afresh. Raises NotConfigured for files that are wrong."""
    ours: str
    """What the installation's own cards give as their source."""

    def free_name(self, name: str, *, replace: bool) -> str:
        """The name, if it is one and nothing else has it. Raises InvalidRequest."""
        if not NAME.fullmatch(name):
            raise InvalidRequest(f"{name} is no name for a model; use letters, digits, dots and dashes.", field="name")
        taken = next((card for card in self.cards() if card.name.lower() == name.lower()), None)
        own = taken is not None and taken.source == self.ours
        if taken is None or (replace and own):
            return name
        advice = "--replace takes its place" if own else "it comes with Limner"
        said = f"There is a {self.kind} {taken.id} already; {advice}, or give another --name."
        raise InvalidRequest(said, field="name")

    def keep(self, name: str, texts: Mapping[str, str]) -> None:
        """Writes a model's files, by their endings, or leaves what was there: a catalog that cannot be read would stop
        every command. Raises InvalidRequest where the model cannot be described so, and OSError.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = {self.folder / f"{name}{ending}": text for ending, text in texts.items()}
        before = {path: path.read_bytes() if path.exists() else None for path in paths}
        try:
            for path, text in paths.items():
                path.write_text(text, encoding="utf-8")
            self.cards()
        except (NotConfigured, OSError) as error:
            for path, data in before.items():
                with suppress(OSError):
                    path.unlink(missing_ok=True) if data is None else path.write_bytes(data)
            if isinstance(error, OSError):
                raise
            said = f"The {self.kind} cannot be made a model. {error.message}"
            raise InvalidRequest(said, field=self.kind) from error
