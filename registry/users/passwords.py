"""Argon2id in a thread of its own, a few at a time, so that log-ins neither block the server nor fill its memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.core.errors import N_, FieldError

SHORTEST = 10
LONGEST = 200
AT_ONCE = 2

hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's parameters for Argon2id: 19 MiB, two passes, one lane. Tests make it cheaper."""

_threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="argon2")
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$rvvr/fRJ4TNXyurMch5Uag$Gz2Jv2cZaAedTSec2AOkQJcKWO/41zivlOaJ58+OHzs"
"""Checked when the account doesn't exist, so that the answer takes as long."""


def check_password(password: str) -> None:
    """Raises: FieldError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise FieldError(field="password", message=N_("A password has 10 to 200 characters."))


async def hash_password(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads, hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the right one; as slow for a user that doesn't exist."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored or _NOBODY, password[:LONGEST])


def _verify(stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
