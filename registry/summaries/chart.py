"""A bar chart of a summary as an SVG string without style or script: what was paid, by the first group."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

LINE, BAR, WIDEST = 46, 14, 66
"""A name's and its bar's height in pixels, the bar's own, and the longest bar's width in percent."""
MOST = 12
"""Bars; what is beyond them is summed in a last one."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="100%" height="{height}" font-size="15"'
    ' fill="currentColor"><title>{title}</title>{body}</svg>'
)
_BAR = Markup(
    '<text x="0" y="{name_y}">{name}</text>'
    '<rect x="0" y="{bar_y}" width="{width}%" height="{bar}" rx="2" fill="#2f6f8f"/>'
    '<text x="{width}%" dx="8" y="{amount_y}">{amount}</text>'
)


def paid_bars(
    bars: Sequence[tuple[str, int]], *, title: str, others: str, amount: Callable[[int], str]
) -> Markup | None:
    """Draw one bar for each name and sum in öre, none for less than two bars or when nothing was paid.

    The drawing is as wide as its place; its letters keep their size. `title` says what it shows, `others` names the bar
    of what is beyond the first twelve, and `amount` writes a sum for the reader.
    """
    shown = list(bars[:MOST])
    if len(bars) > MOST:
        shown = [*bars[: MOST - 1], (others, sum(ore for _name, ore in bars[MOST - 1 :]))]
    largest = max((ore for _name, ore in shown), default=0)
    if len(shown) < 2 or largest <= 0:
        return None
    body = [
        _bar(place * LINE, name, amount(ore), max(ore, 0) * WIDEST / largest) for place, (name, ore) in enumerate(shown)
    ]
    return _SVG.format(height=LINE * len(shown), title=title, body=Markup("").join(body))


def _bar(top: int, name: str, amount: str, width: float) -> Markup:
    return _BAR.format(
        name=name, amount=amount, width=round(width, 2), bar=BAR, name_y=top + 14, bar_y=top + 21, amount_y=top + 33
    )
