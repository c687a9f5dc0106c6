"""The settings, all read from the environment, each documented in the README."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from registry.core.errors import N_

PROJECT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32


class SettingError(Exception):
    """A setting is missing or can't be used; the text says which and how to mend it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    `database_url` is None when the registry runs its own PostgreSQL under `data_dir`. Issued documents are sealed when
    `seal_certificate` is set.
    """

    database_url: str | None
    data_dir: Path
    secret: str | None
    base_url: str
    language: str
    seal_certificate: Path | None = None
    seal_key: Path | None = None
    seal_passphrase: str | None = field(default=None, repr=False)

    def secret_or_refuse(self) -> str:
        """The secret that session ids and form tokens are bound to. Raises: SettingError."""
        if self.secret is None:
            raise SettingError(
                N_("REGISTRY_SECRET must be set outside demo mode: export REGISTRY_SECRET=$(openssl rand -hex 32)")
            )
        if len(self.secret) < SHORTEST_SECRET:
            raise SettingError(N_("REGISTRY_SECRET must be at least 32 characters: openssl rand -hex 32"))
        return self.secret


def load_settings() -> Settings:
    """Read the environment."""
    return Settings(
        database_url=os.environ.get("DATABASE_URL") or None,
        data_dir=Path(os.environ.get("REGISTRY_DATA_DIR") or "var").resolve(),
        secret=os.environ.get("REGISTRY_SECRET") or None,
        base_url=(os.environ.get("REGISTRY_BASE_URL") or "http://127.0.0.1:8000").rstrip("/"),
        language=os.environ.get("REGISTRY_LANGUAGE") or "sv",
        seal_certificate=_path(os.environ.get("REGISTRY_SEAL_CERTIFICATE")),
        seal_key=_path(os.environ.get("REGISTRY_SEAL_KEY")),
        seal_passphrase=os.environ.get("REGISTRY_SEAL_PASSPHRASE") or None,
    )


def _path(text: str | None) -> Path | None:
    return Path(text).resolve() if text else None
