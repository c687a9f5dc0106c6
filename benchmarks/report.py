"""What a benchmark found, and the table that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Way = Literal["ratio", "more_ms", "memory_mb", "memory_ratio"]
"""How a figure is held against its floor: times it, milliseconds above it, megabytes above it, or times its memory."""

HEADER = ("work", "floor", "measured", "against the floor", "limit", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement: `floor` and `measured` are in seconds, or in bytes where `way` is of memory."""

    work: str
    floor: float
    measured: float
    way: Way
    limit: float

    @property
    def against(self) -> float:
        """The measurement against its floor, in the unit of the limit."""
        if self.way in ("ratio", "memory_ratio"):
            return self.measured / self.floor
        if self.way == "more_ms":
            return (self.measured - self.floor) * 1000
        return (self.measured - self.floor) / 1_000_000

    @property
    def is_over(self) -> bool:
        """Whether the limit is broken."""
        return self.against > self.limit

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        shown = _megabytes if self.way.startswith("memory") else _duration
        against, limit = (_against(value, self.way) for value in (self.against, self.limit))
        floor = shown(self.floor) if self.floor else "–"
        return self.work, floor, shown(self.measured), against, limit, "OVER" if self.is_over else "ok"


def _against(value: float, way: Way) -> str:
    match way:
        case "ratio" | "memory_ratio":
            return f"{value:.2f} ×"
        case "more_ms":
            return f"{value:+.1f} ms"
        case _:
            return f"{value:.0f} MB"


def _megabytes(size: float) -> str:
    return f"{size / 1_000_000:.0f} MB"


def _duration(seconds: float) -> str:
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.2f} {name}"
    return f"{seconds / 1e-6:.0f} µs"


def table(figures: Sequence[Figure]) -> str:
    """All figures under one header, in columns."""
    rows = [HEADER, *(figure.cells() for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
