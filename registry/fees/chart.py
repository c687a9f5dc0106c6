"""The chart of the yearly follow-up as an SVG string without style or script: what was paid, in front of the level."""

from collections.abc import Sequence

from markupsafe import Markup

LINE, BAR, WIDEST = 58, 16, 72
"""A group's height in pixels, a bar's own, and the longest bar's width in percent."""
MOST = 15
"""Groups that are drawn; the table holds all."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" width="100%" height="{height}" font-size="15"'
    ' fill="currentColor"><title>{title}</title>{body}</svg>'
)
_GROUP = Markup(
    '<text x="0" y="{name_y}">{name}</text>'
    '<rect x="0" y="{bar_y}" width="{level}%" height="{bar}" rx="2" fill="#e9dfcc" stroke="#b59a68"/>'
    '<rect x="0" y="{bar_y}" width="{paid}%" height="{bar}" rx="2" fill="{colour}"/>'
    '<text x="{end}%" dx="8" y="{text_y}">{text}</text>'
)
MET, BELOW = "#2f7d5b", "#94471c"


def paid_against_level(bars: Sequence[tuple[str, int, int, str]], *, title: str) -> Markup | None:
    """Draw for each group (name, paid and level in öre, text) its paid bar upon the level's, none for no group."""
    shown = bars[:MOST]
    largest = max((max(paid, level) for _name, paid, level, _text in shown), default=0)
    if largest <= 0:
        return None
    body = [_group(place * LINE, bar, largest) for place, bar in enumerate(shown)]
    return _SVG.format(height=LINE * len(shown), title=title, body=Markup("").join(body))


def _group(top: int, bar: tuple[str, int, int, str], largest: int) -> Markup:
    name, paid, level, text = bar
    widths = [round(value * WIDEST / largest, 2) for value in (paid, level)]
    return _GROUP.format(
        name=name, paid=widths[0], level=widths[1], end=max(widths), text=text, bar=BAR,
        colour=MET if paid >= level else BELOW, name_y=top + 15, bar_y=top + 23, text_y=top + 36,
    )  # fmt: skip
