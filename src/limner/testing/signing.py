"""Keys that sign tokens as issuers do, for their stand-ins."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from itertools import count

from joserfc import jwk, jws

from limner.engine.signed_claims import ALGORITHMS, jws_registry

Said = Mapping[str, object]


def unsigned(claims: Said, **header: str) -> str:
    """A token with nobody's signature: what an attacker makes by himself."""
    return f"{_written({'typ': 'JWT', **header})}.{_written(claims)}."


def signed_with_secret(claims: Said, secret: bytes, **header: str) -> str:
    """A token that is signed with a secret (HS256): one which both sides know, or whatever an attacker takes for it."""
    text = unsigned(claims, alg="HS256", **header).removesuffix(".")
    return f"{text}.{_encoded(hmac.digest(secret, text.encode(), 'sha256'))}"


def _written(part: Said) -> str:
    return _encoded(json.dumps(part).encode())


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


class SigningKeys:
    """The keys of an issuer: the newest signs, those that are published verify."""

    def __init__(self, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        self._numbers = count(1)
        self._keys: list[jwk.RSAKey | jwk.ECKey | jwk.OKPKey] = []
        self.rotate()

    def rotate(self, *, keep: bool = False) -> None:
        """Signs with a new key from now on; the old ones are published only where they are kept."""
        parameters: jwk.KeyParameters = {"kid": f"key-{next(self._numbers)}", "use": "sig"}
        kind = ALGORITHMS[self.algorithm]
        made: jwk.RSAKey | jwk.ECKey | jwk.OKPKey
        if kind == "RSA":
            made = jwk.RSAKey.generate_key(2048, parameters)
        elif kind == "EC":
            made = jwk.ECKey.generate_key("P-256", parameters)
        else:
            made = jwk.OKPKey.generate_key("Ed25519", parameters)
        self._keys = [*(self._keys if keep else []), made]

    def published(self) -> dict[str, object]:
        """The JWK set that everybody may read."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def public_pem(self) -> bytes:
        """The newest key as text, as an attacker would copy it."""
        pem: bytes = self._keys[-1].as_pem(private=False)
        return pem

    def sign(self, claims: Said) -> str:
        """A token of this issuer's."""
        key = self._keys[-1]
        header = {"alg": self.algorithm, "typ": "JWT", "kid": key.kid or ""}
        return jws.serialize_compact(header, json.dumps(claims), key, registry=jws_registry())
