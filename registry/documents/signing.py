"""pyHanko and the keys: opening a certificate, signing a PDF by PAdES, and a certificate for the demo.

Loaded where something is sealed (`registry.documents.seal`): most commands never need it.
"""

import io
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

FIELD = "Seal"
DEMO_DAYS = 3650


class _Untold(IncrementalPdfFileWriter):
    """Adds to a file without telling its metadata of the day: what the document says of itself stays as it was."""

    def _update_meta(self) -> None:
        """Do nothing; pyHanko would write the metadata anew, empty descriptions and all."""


def open_signer(path: Path, key: Path, passphrase: str | None) -> Any:
    """A certificate with its key, out of PKCS#12 or PEM; None when it can't be opened."""
    secret = passphrase.encode() if passphrase else None
    simple: Any = signers.SimpleSigner
    # pyHanko tells its log with a traceback what the caller is about to say in one sentence.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        if b"-----BEGIN" not in path.read_bytes():
            return simple.load_pkcs12(str(path), passphrase=secret)
        return simple.load(str(key), str(path), key_passphrase=secret)
    except (ValueError, TypeError, OSError):
        return None
    finally:
        logging.getLogger("pyhanko").setLevel(logging.NOTSET)


def owns_key(signer: Any) -> bool:
    """Whether the certificate is the key's."""
    key = serialization.load_der_private_key(signer.signing_key.dump(), None)
    return bool(key.public_key() == x509.load_der_x509_certificate(signer.signing_cert.dump()).public_key())


def sign(pdf: bytes, signer: Any, *, name: str, reason: str) -> bytes:
    """Certify a PDF (PAdES, ETSI EN 319 142, level B-B): forms and further signatures may follow, nothing else."""
    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        name=name,
        reason=reason,
    )
    # No box: a visible stamp would need a place in the document's structure, and says nothing that can be checked.
    work = signers.PdfSigner(about, signer, new_field_spec=fields.SigFieldSpec(FIELD))
    return bytes(work.sign_pdf(_Untold(io.BytesIO(pdf))).getvalue())


def self_signed(name: str) -> bytes:
    """A new key (P-256) and its own certificate, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DEMO_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, kind, serialization.NoEncryption()) + certificate.public_bytes(encoding)
