"""The demo: a stub until the import commands stand."""

from dataclasses import dataclass

DEMO_PASSWORD = "ludvika-dalarna"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    role: str
    belongs_to: str


async def ensure_demo() -> None:
    return


async def list_logins() -> list[Login]:
    return []
