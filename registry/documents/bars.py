"""Bars that divide wholes among parts, one under the other, as an SVG string: one for page and PDF, no style sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH, NAME_HEIGHT, BAR_HEIGHT, GAP, AMOUNT = 680, 15, 11, 9, 120
"""Room in CSS pixels: the whole width, a name above its bar, the bar, between two of them, and sums at the right."""
LEGEND_ROW, LEGEND_GAP = 17, 5
"""The height of a row of the legend, and the room under its last."""
LETTER, MARK, BETWEEN = 6.2, 15, 18
"""The width of a letter at the legend's size, a little more than the face needs, of a mark, and between two names."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}"><title>{title}</title>'
    '<g font-family="Source Sans, Source Sans Pro, sans-serif" font-size="11" fill="#33404c">{body}</g></svg>'
)
_TEXT = Markup('<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>')
_BAR = Markup('<path fill="{colour}" d="M{x} {y}h{width}v{height}h-{width}z"/>')


@dataclass(frozen=True, slots=True)
class Part:
    """A colour of the bars and what it stands for."""

    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name and an amount in öre for each part; what is negative is not drawn."""

    name: str
    values: tuple[int, ...]


def divided_bars(
    parts: Sequence[Part], bars: Sequence[Bar], *, title: str, amount: Callable[[int], str], most_letters: int = 70
) -> Markup | None:
    """Draw the bars to one scale, with a legend; None when there is nothing to draw.

    `title` is the sentence that says what they show, `amount` writes a sum for the reader. The width is 680.
    """
    largest = max((_sum(bar) for bar in bars), default=0)
    if largest <= 0:
        return None
    body, legend = _legend(parts)
    for place, bar in enumerate(bars):
        top = legend + place * (NAME_HEIGHT + BAR_HEIGHT + GAP)
        name = _cut(bar.name, most_letters)
        body.append(_TEXT.format(x=0, y=top + NAME_HEIGHT - 4, anchor="start", text=name))
        body += _parts(parts, bar, top + NAME_HEIGHT, largest)
        body.append(_TEXT.format(x=WIDTH, y=top + NAME_HEIGHT + 9.5, anchor="end", text=amount(_sum(bar))))
    height = legend + len(bars) * (NAME_HEIGHT + BAR_HEIGHT + GAP)
    return _SVG.format(width=WIDTH, height=height, title=title, body=Markup("").join(body))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _sum(bar: Bar) -> int:
    return sum(max(value, 0) for value in bar.values)


def _legend(parts: Sequence[Part]) -> tuple[list[Markup], int]:
    """The colours with their names, in as many rows as they need, and the height of it all."""
    drawn, x, y = [], 0.0, 0
    for part in parts:
        width = MARK + LETTER * len(part.name)
        if x and x + width > WIDTH:
            x, y = 0.0, y + LEGEND_ROW
        drawn.append(_BAR.format(colour=part.colour, x=round(x, 1), y=y + 2, width=10, height=10))
        drawn.append(_TEXT.format(x=round(x + MARK, 1), y=y + 11, anchor="start", text=part.name))
        x += width + BETWEEN
    return drawn, y + LEGEND_ROW + LEGEND_GAP


def _parts(parts: Sequence[Part], bar: Bar, top: float, largest: int) -> list[Markup]:
    drawn, left = [], 0
    for part, value in zip(parts, bar.values, strict=True):
        if value <= 0:
            continue
        start, end = (round((WIDTH - AMOUNT) * edge / largest, 1) for edge in (left, left + value))
        left += value
        if end > start:
            drawn.append(
                _BAR.format(colour=part.colour, x=start, y=top, width=round(end - start, 1), height=BAR_HEIGHT)
            )
    return drawn
