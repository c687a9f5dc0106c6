"""A small stacked bar chart of twelve months as an SVG string: one for page and PDF, without style sheet or script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup

WIDTH, HEIGHT = 680, 130
"""The whole drawing in CSS pixels."""
TOP, BOTTOM, GAP = 6, 18, 8
"""Room above and below the bars, and between the scale and the first line."""
LINES = 4
"""Distances between grid lines, about."""
DIGIT = 5.6
"""The width of a digit at the labels' size, a little more than the faces need: a page may set another."""
BAR = 0.52
"""The part of a month's room that its bar takes."""
STEPS = (1, 2, 5, 10)
"""Distances between grid lines that people read easily, times a power of ten."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}"><title>{title}</title>'
    '<g font-family="Source Sans, Source Sans Pro, sans-serif" font-size="10.5" fill="#55626f">{body}</g></svg>'
)
_LINE = Markup('<path d="M{left} {y}H{right}" stroke="{colour}" stroke-width="{weight}"/>')
_LABEL = Markup('<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>')
_RECTANGLE = Markup('<path fill="{colour}" d="M{x} {y}h{width}v{height}h-{width}z"/>')


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart: an amount in öre for each month, negative where more came back than went out."""

    name: str
    colour: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where amounts in öre and months lie in pixels."""

    lowest: int
    highest: int
    step: int
    left: float
    width: float
    height: float

    def y(self, ore: float) -> float:
        return round(TOP + self.height * (self.highest - ore) / (self.highest - self.lowest), 1)

    def x(self, month: float) -> float:
        return round(self.left + GAP + (self.width - self.left - GAP) / 12 * month, 1)

    def lines(self) -> range:
        return range(self.lowest, self.highest + 1, self.step)


def monthly_bars(
    series: Sequence[Series],
    *,
    labels: Sequence[str],
    title: str,
    number: Callable[[int], str],
    width: int = WIDTH,
    height: int = HEIGHT,
    lines: int = LINES,
) -> Markup:
    """Draw the months as stacked bars. `title` is the sentence that says what they show; the scale counts in kronor.

    `labels` name the months, `number` writes a whole number of kronor; `width` and `height` are in CSS pixels, and
    `lines` is about how many distances the scale has.
    """
    frame = _frame(series, number, width, height - TOP - BOTTOM, lines)
    months = [
        _LABEL.format(x=frame.x(month + 0.5), y=height - 4, anchor="middle", text=label)
        for month, label in enumerate(labels)
    ]
    body = [*_grid(frame, number), *_bars(series, frame), *months]
    return _SVG.format(width=width, height=height, title=title, body=Markup("").join(body))


def _frame(series: Sequence[Series], number: Callable[[int], str], width: float, height: float, lines: int) -> _Frame:
    months = list(zip(*(line.values for line in series), strict=True))
    above = max((sum(value for value in month if value > 0) for month in months), default=0)
    below = min((sum(value for value in month if value < 0) for month in months), default=0)
    step = _step(above - below, lines)
    lowest, highest = floor(below / step) * step, max(ceil(above / step), 1) * step
    left = DIGIT * max(len(number(ore // 100)) for ore in (lowest, highest))
    return _Frame(lowest, highest, step, left, width, height)


def _step(span: int, lines: int) -> int:
    """A round distance in öre that gives about so many lines over a span, whole kronor at the least."""
    rough = max(100, span / lines)
    power = 10 ** floor(log10(rough))
    return int(next(step for step in STEPS if rough <= step * power) * power)


def _grid(frame: _Frame, number: Callable[[int], str]) -> list[Markup]:
    drawn = []
    for ore in frame.lines():
        y = frame.y(ore)
        colour, weight = ("#8a94a0", 0.8) if ore == 0 else ("#dfe3e8", 0.6)
        drawn.append(
            _LINE.format(left=round(frame.left + GAP, 1), y=y, right=frame.width, colour=colour, weight=weight)
        )
        drawn.append(_LABEL.format(x=round(frame.left, 1), y=round(y + 3.5, 1), anchor="end", text=number(ore // 100)))
    return drawn


def _bars(series: Sequence[Series], frame: _Frame) -> list[Markup]:
    drawn = []
    for month, amounts in enumerate(zip(*(line.values for line in series), strict=True)):
        left, right = frame.x(month + (1 - BAR) / 2), frame.x(month + (1 + BAR) / 2)
        up = down = 0
        for line, amount in zip(series, amounts, strict=True):
            start = up if amount > 0 else down
            up, down = up + max(amount, 0), down + min(amount, 0)
            top, foot = sorted((frame.y(start + amount), frame.y(start)))
            if foot > top:
                size = {"width": round(right - left, 1), "height": round(foot - top, 1)}
                drawn.append(_RECTANGLE.format(colour=line.colour, x=left, y=top, **size))
    return drawn
