"""A bar chart of a summary as an SVG string without style or script: what was paid, by the first group."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

WIDTH, LABEL, VALUE, LINE, BAR = 760, 230, 120, 26, 14
"""Pixels: the whole width, the room for names and for amounts, a line's height, and a bar's."""
MOST = 12
"""Bars; what is beyond them is summed in a last one."""
LONGEST = 34
"""Characters of a name that fit."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}"><title>{title}</title>'
    '<g font-family="Source Sans, sans-serif" font-size="13" fill="#37424d">{body}</g></svg>'
)
_NAME = Markup('<text x="0" y="{y}">{text}</text>')
_AMOUNT = Markup('<text x="{x}" y="{y}">{text}</text>')
_RECTANGLE = Markup('<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" fill="{colour}"/>')


def paid_bars(
    bars: Sequence[tuple[str, int]], *, title: str, others: str, amount: Callable[[int], str]
) -> Markup | None:
    """Draw one bar for each name and sum in öre, none for less than two bars or when nothing was paid.

    `title` says what the chart shows, `others` names the bar of what is beyond the first twelve, and `amount` writes a
    sum for the reader.
    """
    shown = list(bars[:MOST])
    if len(bars) > MOST:
        shown = [*bars[: MOST - 1], (others, sum(ore for _name, ore in bars[MOST - 1 :]))]
    largest = max((ore for _name, ore in shown), default=0)
    if len(shown) < 2 or largest <= 0:
        return None
    body = [part for place, (name, ore) in enumerate(shown) for part in _bar(place, name, ore, largest, amount)]
    return _SVG.format(width=WIDTH, height=LINE * len(shown), title=title, body=Markup("").join(body))


def _bar(place: int, name: str, ore: int, largest: int, amount: Callable[[int], str]) -> list[Markup]:
    top = place * LINE
    width = round(max(ore, 0) / largest * (WIDTH - LABEL - VALUE), 1)
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return [
        _NAME.format(y=top + 17, text=shown),
        _RECTANGLE.format(x=LABEL, y=top + (LINE - BAR) / 2, width=width, height=BAR, colour="#2f6f8f"),
        _AMOUNT.format(x=LABEL + width + 8, y=top + 17, text=amount(ore)),
    ]
