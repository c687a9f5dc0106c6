"""How much each benchmark does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of the big tables and files, and how often things are repeated."""

    registrations: int
    """Of each of the sixteen who register at once, in a round."""
    requests: int
    imported: int
    payments: int
    pages: int
    statements: int
    batched: int
    long: int
    """Payments of a long statement."""
    rounds: int


FULL = Sizes(
    registrations=60, requests=300, imported=100_000, payments=1_000_000, pages=60, statements=15, batched=500,
    long=5_000, rounds=7,
)  # fmt: skip
QUICK = Sizes(
    registrations=20, requests=60, imported=10_000, payments=100_000, pages=30, statements=5, batched=60,
    long=500, rounds=3,
)  # fmt: skip
