"""The seal: it keeps the file archivable, begins with what was sealed, breaks when touched, and loses no document."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from registry.documents import seal
from registry.documents.pdf import render_pdf
from registry.documents.seal import current_seal, is_sealed, load_seal, make_demo_certificate, seal_or_keep
from registry.settings import SettingError, Settings
from tests.documents.test_pdf import make_source
from tests.verapdf import broken_rules

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PEM = serialization.Encoding.PEM


def make_settings(**changes: Any) -> Settings:
    plain = Settings(database_url=None, data_dir=Path("var"), secret=None, base_url="", language="sv")
    return replace(plain, **changes)


def make_certificate(key: Key, *, days: int = 30) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ludvika kommun (test)")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def private(key: Key, passphrase: bytes | None = None) -> bytes:
    secret = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, secret)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return make_demo_certificate(tmp_path)


def judge(pdf: bytes, certificate: Path) -> Any:
    """What a validator says of the seal."""
    load: Any = load_cert_from_pemder
    root = load(str(certificate))
    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))


def test_a_sealed_file_is_the_file_and_its_seal(demo: Path) -> None:
    plain = render_pdf(make_source())
    made = load_seal(make_settings(seal_certificate=demo))
    assert made is not None
    sealed = made.apply(plain, reason="2025-P17-SV-1")
    assert sealed.startswith(plain)
    assert (is_sealed(plain), is_sealed(sealed)) == (False, True)
    assert broken_rules(sealed) == []
    assert sealed.count(b"<x:xmpmeta") == 1, "the seal wrote the metadata anew"
    status = judge(sealed, demo)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.bottom_line
    assert made.name == "Grant Registry (demo)"


def test_a_touched_file_breaks_its_seal(demo: Path) -> None:
    made = load_seal(make_settings(seal_certificate=demo))
    assert made is not None
    sealed = made.apply(render_pdf(make_source()), reason="x")
    place = sealed.index(b"<rdf:li>Region")
    status = judge(sealed[:place] + b"<rdf:li>REGION" + sealed[place + 14 :], demo)
    assert not status.intact
    assert not status.bottom_line


def test_the_demos_certificate_is_made_once_and_for_its_owner_alone(demo: Path) -> None:
    before = demo.read_bytes()
    assert make_demo_certificate(demo.parent) == demo
    assert demo.read_bytes() == before
    assert demo.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", ["p12", "pem", "apart", "rsa"])
def test_every_usual_kind_of_file_is_read(tmp_path: Path, kind: str) -> None:
    key: Key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    certificate = make_certificate(key)
    path, other = tmp_path / "seal", tmp_path / "key.pem"
    settings = make_settings(seal_certificate=path, seal_passphrase="hemlig")
    if kind == "p12":
        secret = serialization.BestAvailableEncryption(b"hemlig")
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, secret))
    elif kind == "apart":
        path.write_bytes(certificate.public_bytes(PEM))
        other.write_bytes(private(key, b"hemlig"))
        settings = replace(settings, seal_key=other)
    else:
        path.write_bytes(private(key, b"hemlig") + certificate.public_bytes(PEM))
    made = load_seal(settings)
    assert made is not None
    assert made.name == "Ludvika kommun (test)"
    assert is_sealed(made.apply(render_pdf(make_source()), reason="x"))
    with pytest.raises(SettingError, match=str(path)):
        load_seal(replace(settings, seal_passphrase="fel"))


def test_a_wrong_setting_says_what_is_wrong(tmp_path: Path, demo: Path) -> None:
    with pytest.raises(SettingError, match="No such file"):
        load_seal(make_settings(seal_certificate=tmp_path / "none.p12"))
    empty = tmp_path / "empty.p12"
    empty.write_bytes(b"")
    with pytest.raises(SettingError, match="PKCS#12"):
        load_seal(make_settings(seal_certificate=empty))
    other = tmp_path / "other.pem"
    other.write_bytes(private(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(SettingError, match=str(demo)):
        load_seal(make_settings(seal_certificate=demo, seal_key=other))
    key = ec.generate_private_key(ec.SECP256R1())
    old = tmp_path / "old.pem"
    old.write_bytes(private(key) + make_certificate(key, days=-1).public_bytes(PEM))
    with pytest.raises(SettingError, match=str(datetime.now(UTC).year)):
        load_seal(make_settings(seal_certificate=old))
    assert load_seal(make_settings()) is None


def test_a_server_with_a_wrong_seal_does_not_start(tmp_path: Path) -> None:
    environment = os.environ | {
        "REGISTRY_SEAL_CERTIFICATE": str(tmp_path / "none.p12"),
        "REGISTRY_SECRET": "x" * 32,
        "REGISTRY_DATA_DIR": str(tmp_path / "var"),
        "REGISTRY_LANGUAGE": "en",
    }
    command = [str(Path(sys.executable).with_name("registry")), "serve", "--port", "47999"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 1
    assert "none.p12: No such file" in done.stderr
    assert not (tmp_path / "var").exists()


def test_a_seal_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[str] = []
    monkeypatch.setattr(seal.log, "exception", told.append)
    pdf = render_pdf(make_source())
    monkeypatch.setenv("REGISTRY_SEAL_CERTIFICATE", str(tmp_path / "gone.p12"))
    current_seal.cache_clear()
    try:
        assert seal_or_keep(pdf, reason="x") == pdf
        assert "could not be sealed" in told.pop()
        monkeypatch.setenv("REGISTRY_SEAL_CERTIFICATE", str(make_demo_certificate(tmp_path)))
        assert is_sealed(seal_or_keep(pdf, reason="x"))
        assert seal_or_keep(b"no PDF", reason="x") == b"no PDF"
        assert "could not be sealed" in told.pop()
    finally:
        current_seal.cache_clear()
    monkeypatch.delenv("REGISTRY_SEAL_CERTIFICATE")
    monkeypatch.setattr(seal, "_signing", lambda: pytest.fail("nothing is to be sealed"))
    assert seal_or_keep(pdf, reason="x") == pdf
    current_seal.cache_clear()
