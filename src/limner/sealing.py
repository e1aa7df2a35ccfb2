"""Sealing with AES-256-GCM under keys that are derived from the installation's secret."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache

from limner.domain.sealing import SealBroken

FORM = "v1"
"""First part of a sealed value: AES-256-GCM, key by HKDF-SHA256, 96 random bits of nonce."""
NONCE = 12
"""Bytes; the length for which GCM is made (NIST SP 800-38D, section 8.2.2)."""
KEY_NAME = 8
"""Bytes of the name that tells which secret sealed a value."""

Secrets = Callable[[], Sequence[bytes]]
"""The secrets of the installation, the newest first; what is sealed under any of them opens. Blocks."""


class AesSeals:
    """The `Seals` of `domain.vault`: `v1.<name of the secret>.<nonce, value and tag in base64>`.

    The secrets are read again before each sealing, and where a value was sealed under one that is not known: another
    process may have rotated them meanwhile.
    """

    def __init__(self, read_secrets: Secrets) -> None:
        self._read = read_secrets
        self._known: dict[str, bytes] = {}

    def seal(self, secret: str, *, context: str) -> str:
        """The value as it is stored, under the newest secret. Blocks."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # 20 ms that most commands need not pay

        name = self._renewed()
        nonce = secrets.token_bytes(NONCE)
        sealed = AESGCM(self._known[name]).encrypt(nonce, secret.encode(), _bound(name, context))
        return f"{FORM}.{name}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        """The value in clear. Blocks. Raises SealBroken."""
        from cryptography.exceptions import InvalidTag  # 20 ms that most commands need not pay
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # the same

        form, name, value = (*sealed.split("."), "", "")[:3]
        if form == FORM and name not in self._known:
            self._renewed()
        key = self._known.get(name)
        if form != FORM or key is None:
            raise SealBroken("This was sealed under another LIMNER_SECRET_KEY. Set that secret again.")
        try:
            raw = base64.b64decode(value, validate=True)
            return AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], _bound(name, context)).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise SealBroken("This sealed value was changed or belongs to another row. Store it again.") from None

    def is_newest(self, sealed: str) -> bool:
        """Whether a stored value is sealed under the newest secret. Blocks."""
        return sealed.startswith(f"{FORM}.{self._renewed()}.")

    def _renewed(self) -> str:
        """Reads the secrets; the name of the newest."""
        derived = [_derived(secret) for secret in self._read()]
        self._known = dict(derived)
        return derived[0][0]


@lru_cache(maxsize=8)
def _derived(secret: bytes) -> tuple[str, bytes]:
    """A secret's name, which says nothing about it, and the key that seals."""
    from cryptography.hazmat.primitives.hashes import SHA256  # 20 ms that most commands need not pay
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # the same

    def part(length: int, purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(secret)

    return part(KEY_NAME, b"limner sealing: name").hex(), part(32, b"limner sealing: key")


def _bound(name: str, context: str) -> bytes:
    """What is not secret but belongs to the value: a change of it breaks the seal."""
    return f"{FORM}\0{name}\0{context}".encode()
