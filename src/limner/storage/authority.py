"""The installation's own signing certificate: a small authority and a signer under it, made on first use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from limner.domain.errors import StorageError
from limner.storage.disks import disk_failure

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.x509 import CertificateBuilder, Name

ORGANISATION = "Limner installation"
AUTHORITY_YEARS = 40
SIGNER_YEARS = 20
RENEWAL = timedelta(days=60)
"""A signer with less time than this left gets a successor."""
LOCK_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What signing needs, as PEM."""

    authority: str
    signer: str
    key: str = field(repr=False)

    @property
    def chain(self) -> str:
        """The signer's certificate, then the authority's."""
        return self.signer + self.authority


def credentials(folder: Path, now: datetime) -> Credentials:
    """The installation's credentials, from `folder` (files of mode 0600), made there where they are missing.

    Blocks. Two processes that start together get the same ones. Raises StorageError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / "credentials.lock", timeout=LOCK_SECONDS):
            return _load(folder, now)
    except OSError as error:
        raise disk_failure(error, str(folder)) from error
    except ValueError as error:
        raise StorageError(
            f"The signing certificate in {folder} cannot be read. Restore it from a backup, or remove the folder "
            "so that a new one is made; what the old one signed will then count as signed by somebody else."
        ) from error


def _load(folder: Path, now: datetime) -> Credentials:
    """Reads what is there and makes what is missing or runs out."""
    authority, authority_key, signer, signer_key = (
        folder / name for name in ("authority.pem", "authority.key", "signer.pem", "signer.key")
    )
    # A certificate is written after its key: where it is, the key is.
    if not authority.exists():
        signer.unlink(missing_ok=True)
        _keep(authority_key, authority, _issue(now, AUTHORITY_YEARS, None))
    if not signer.exists() or _end_of(signer.read_bytes()) - now < RENEWAL:
        signer.unlink(missing_ok=True)
        issuer = _Issuer(key=authority_key.read_bytes(), certificate=authority.read_bytes())
        _keep(signer_key, signer, _issue(now, SIGNER_YEARS, issuer))
    return Credentials(
        authority=authority.read_text("ascii"), signer=signer.read_text("ascii"), key=signer_key.read_text("ascii")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Issuer:
    """A private key and its certificate, as PEM."""

    key: bytes = field(repr=False)
    certificate: bytes


def _end_of(certificate: bytes) -> datetime:
    """When a certificate ends."""
    from cryptography import x509  # 40 ms and 9 MB, which whoever never signs need not pay

    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def _issue(now: datetime, years: int, issuer: _Issuer | None) -> _Issuer:
    """A new key and its certificate: an authority's own, or with `issuer` a signer's under that authority."""
    from cryptography import x509  # see _end_of
    from cryptography.hazmat.primitives.asymmetric import ec  # see _end_of
    from cryptography.hazmat.primitives.hashes import SHA256  # see _end_of
    from cryptography.hazmat.primitives.serialization import (  # see _end_of
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
    from cryptography.x509.oid import ExtendedKeyUsageOID  # see _end_of

    key = ec.generate_private_key(ec.SECP256R1())
    draft, name = _draft(key.public_key(), is_authority=issuer is None)
    signing = key
    if issuer is not None:
        loaded = load_pem_private_key(issuer.key, None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is not an elliptic curve key")
        signing, name = loaded, x509.load_pem_x509_certificate(issuer.certificate).subject
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        draft = draft.add_extension(purpose, critical=False).add_extension(above, critical=False)
    # Valid from yesterday, for clocks that are a little off.
    draft = draft.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365 * years))
    return _Issuer(
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=draft.issuer_name(name).sign(signing, SHA256()).public_bytes(Encoding.PEM),
    )


def _draft(key: EllipticCurvePublicKey, *, is_authority: bool) -> tuple[CertificateBuilder, Name]:
    """What a certificate says about its owner, and the owner's name; the fields that C2PA asks for."""
    from cryptography import x509  # see _end_of
    from cryptography.x509.oid import NameOID  # see _end_of

    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    # The end of the name tells installations apart.
    words = f"Limner {'authority' if is_authority else 'signer'} {identifier.digest.hex()[:8]}"
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION), x509.NameAttribute(NameOID.COMMON_NAME, words)]
    )
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    draft = x509.CertificateBuilder().subject_name(name).public_key(key).serial_number(x509.random_serial_number())
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    for extension, critical in ((identifier, False), (usage, True), (constraints, True)):
        draft = draft.add_extension(extension, critical=critical)
    return draft, name


def _keep(key_file: Path, certificate_file: Path, issued: _Issuer) -> None:
    _write(key_file, issued.key)
    _write(certificate_file, issued.certificate)


def _write(file: Path, content: bytes) -> None:
    """Writes a file that its owner alone may read, whole or not at all."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(descriptor)
    draft.replace(file)
