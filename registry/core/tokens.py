"""How a secret that a client holds is stored."""

import hashlib


def token_hash(token: str) -> bytes:
    """The stored form of an API token (256 random bits, so a plain hash is enough)."""
    return hashlib.sha256(token.encode()).digest()
