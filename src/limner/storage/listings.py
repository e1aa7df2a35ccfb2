"""What services said about their models, kept in one small file beside the pictures."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from limner.domain.accounts import Listing
from limner.storage.disks import disk_failure

NAME = "listings.json"


@dataclass(frozen=True, slots=True)
class ListingFile:
    """`listings.json` in the data directory. All methods block."""

    folder: Path

    def read(self) -> Mapping[str, Listing]:
        """All listings by service; none where the file is missing or is no list of ours, for it can be asked anew."""
        try:
            rows = json.loads((self.folder / NAME).read_bytes())
            return {
                service: Listing(at=datetime.fromisoformat(row["at"]), models=tuple(map(str, row["models"])))
                for service, row in rows.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def write(self, listings: Mapping[str, Listing]) -> None:
        """Replaces the file, whole or not at all. Raises StorageError."""
        rows = {
            service: {"at": listing.at.isoformat(), "models": list(listing.models)}
            for service, listing in sorted(listings.items())
        }
        draft = self.folder / f".{NAME}.{secrets.token_hex(6)}"
        try:
            draft.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            draft.replace(self.folder / NAME)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise disk_failure(error, str(self.folder)) from error
