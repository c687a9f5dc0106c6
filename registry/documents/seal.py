"""The seal of issued documents: a PAdES signature by the organisation's own certificate, when the settings name one.

A sealed file begins with the exact bytes that were sealed. A signature holds a time, so a document is sealed once and
then kept.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from registry.settings import SettingError, Settings, load_settings
from registry.texts import _

SIGNING = "registry.documents.signing"
MARK = b"/ETSI.CAdES.detached"
"""What only a sealed file of ours holds in clear: streams are compressed, and no text stands outside them."""
DEMO_FILE, DEMO_NAME = "seal-demo.pem", "Grant Registry (demo)"

log = logging.getLogger("registry")


@dataclass(frozen=True, slots=True)
class Seal:
    """A certificate with its key. `name` is whose it is, as the certificate says it."""

    name: str
    signer: Any

    def apply(self, pdf: bytes, *, reason: str) -> bytes:
        """Seal a finished PDF; to add anything but forms and further signatures afterwards breaks the seal."""
        return bytes(_signing().sign(pdf, self.signer, name=self.name, reason=reason))


def _signing() -> Any:
    return import_module(SIGNING)


def is_sealed(pdf: bytes) -> bool:
    """Whether a file of ours has been sealed."""
    return MARK in pdf


def load_seal(settings: Settings) -> Seal | None:
    """The seal that the settings name, or None. Raises: SettingError, which says what is wrong with it."""
    path = settings.seal_certificate
    if path is None:
        return None
    key = settings.seal_key or path
    for file in {path, key}:
        try:
            file.read_bytes()
        except OSError as error:
            text = _("The seal can't be read from %(path)s: %(reason)s")
            raise SettingError(text % {"path": file, "reason": error.strerror or error}) from error
    signer = _signing().open_signer(path, key, settings.seal_passphrase)
    if signer is None:
        text = _(
            "The seal in %(path)s can't be opened: REGISTRY_SEAL_CERTIFICATE must name a certificate with its private "
            "key, as PKCS#12 (.p12, .pfx) or PEM, and REGISTRY_SEAL_PASSPHRASE hold its passphrase if it has one."
        )
        raise SettingError(text % {"path": path})
    if not _signing().owns_key(signer):
        raise SettingError(_("The private key of the seal isn't that of the certificate in %(path)s.") % {"path": path})
    certificate = signer.signing_cert
    first, last = certificate.not_valid_before, certificate.not_valid_after
    if not first <= datetime.now(UTC) <= last:
        text = _("The certificate of the seal in %(path)s is valid from %(first)s to %(last)s, and not today.")
        raise SettingError(text % {"path": path, "first": first.date(), "last": last.date()})
    return Seal(certificate.subject.native.get("common_name") or certificate.subject.human_friendly, signer)


@cache
def current_seal() -> Seal | None:
    """The seal of this process, opened when something is first sealed."""
    return load_seal(load_settings())


def seal_or_keep(pdf: bytes, *, reason: str) -> bytes:
    """The sealed file, or the same bytes when there is no seal or it fails: a document is never lost over its seal."""
    try:
        seal = current_seal()
        return pdf if seal is None else seal.apply(pdf, reason=reason)
    except Exception:
        log.exception("a document could not be sealed and goes out without a seal")
        return pdf


def make_demo_certificate(folder: Path) -> Path:
    """Make a self-signed certificate with its key beside the demo's data, once; returns the file."""
    path = folder / DEMO_FILE
    if not path.exists():
        text = _signing().self_signed(DEMO_NAME)
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_bytes(text)
        part.replace(path)
    return path
