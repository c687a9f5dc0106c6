"""Streams of money from their sources, perhaps by way of someone, to one recipient: an SVG string, as wide as the sums.

One drawing for page and PDF, without style sheet or script. What is only a memo is drawn with a dashed line and no
colour, and stands apart beneath the rest. A table beside it says the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

WIDTH = 680
NODE = 7
"""How wide the upright bars are that stand for source, intermediary and recipient."""
SOURCE_X, VIA_X, TARGET_X = 196, 360, 528
"""Where those bars stand; the names of sources lie to the left, the recipient's to the right."""
ROW, GAP = 30, 14
"""The least height of a source with its two lines of text, and what parts two sources."""
LARGEST, TALLEST = 150, 300
"""The height of all that is no memo together, and of memo lines and all: whichever makes the drawing smaller."""
MEMO_GAP = 30
NAME = 12
"""The room for an intermediary's name above its first stream."""
TOP = 20
MIX = 0.68
"""How much white a stream's colour has; what is paid of it is drawn in the colour itself."""
INK, GREY, MEMO_LINE, MEMO_FILL = "#1b2733", "#55626f", "#7d8893", "#f2f1ee"

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" width="{width}" height="{height}"'
    ' viewBox="0 0 {width} {height}"><title>{title}</title><desc>{description}</desc>'
    '<g font-family="Source Sans, Source Sans Pro, sans-serif" font-size="11" fill="{ink}">{body}</g></svg>'
)
_TEXT = Markup('<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{fill}"{weight}>{text}</text>')
_BOX = Markup('<path fill="{colour}" d="M{x} {y}h{width}v{height}h-{width}z"/>')
_STREAM = Markup(
    '<path fill="{fill}" d="M{left} {top}H{bend}C{middle} {top} {middle} {far} {right} {far}v{height}'
    'C{middle} {farther} {middle} {bottom} {bend} {bottom}H{left}z"{line}/>'
)
_DASHED = Markup(' stroke="{colour}" stroke-width="0.8" stroke-dasharray="4 3"')


@dataclass(frozen=True, slots=True)
class Stream:
    """A sum in öre from a source, and what is paid of it; `via` is empty for the direct way, `colour` is `#rrggbb`."""

    source: str
    via: str
    amount: int
    paid: int
    colour: str
    is_memo: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A source's place: the top and height of its row, and the height of its stream."""

    stream: Stream
    top: float
    height: float
    band: float

    @property
    def band_top(self) -> float:
        return self.top + (self.height - self.band) / 2


def draw_flows(
    streams: Sequence[Stream],
    recipient: str,
    *,
    title: str,
    description: str,
    amount: Callable[[int], str],
    memo_label: str,
) -> Markup | None:
    """Draw the streams, those that are no memo first; None when there are none.

    `title` says what the drawing is, `description` what it shows, `amount` writes a sum for the reader, and
    `memo_label` stands above the memo lines. The width is 680 CSS pixels.
    """
    ordered = sorted(streams, key=lambda stream: stream.is_memo)
    if not ordered:
        return None
    rows, memo_top = _rows(ordered)
    bottom = rows[-1].top + rows[-1].height
    total = sum(row.band for row in rows)
    target_top = max(TOP, (TOP + bottom - total) / 2)
    body: list[Markup] = []
    place = target_top
    for row in rows:
        body += _stream(row, place)
        place += row.band
    body += [_node(SOURCE_X, row.band_top, row.band, row.stream) for row in rows]
    body += _vias(rows)
    body += _target(rows, target_top)
    body += [text for row in rows for text in _source(row, amount)]
    if memo_top is not None:
        body.append(_text(0, memo_top, "start", memo_label, GREY, bold=True))
    body += _recipient(recipient, target_top + total / 2)
    return _SVG.format(
        width=WIDTH,
        height=round(max(bottom, target_top + total) + 10),
        title=title,
        description=description,
        ink=INK,
        body=Markup("").join(body),
    )


def _rows(streams: Sequence[Stream]) -> tuple[list[_Row], float | None]:
    """Where each source lies, and where the heading of the memo lines stands."""
    scale = _scale(streams)
    rows: list[_Row] = []
    top, memo_top = float(TOP), None
    named = {""}
    for stream in streams:
        if stream.via not in named:
            named.add(stream.via)
            top += NAME
        if stream.is_memo and memo_top is None:
            top += MEMO_GAP if rows else 0
            memo_top = top - 12
        band = max(scale * stream.amount, 1.2)
        height = max(float(ROW), band)
        rows.append(_Row(stream, top, height, band))
        top += height + GAP
    return rows, memo_top


def _scale(streams: Sequence[Stream]) -> float:
    """How high an öre is."""
    own = sum(max(stream.amount, 0) for stream in streams if not stream.is_memo)
    both = sum(max(stream.amount, 0) for stream in streams)
    heights = [LARGEST / own] if own else []
    return min([*heights, TALLEST / both]) if both else 0


def _stream(row: _Row, place: float) -> list[Markup]:
    """A stream from its source, by the middle, to its place at the recipient; what is paid lies at its top."""
    stream = row.stream
    if stream.is_memo or stream.amount <= 0:
        return [_path(row, place, row.band, MEMO_FILL, _DASHED.format(colour=MEMO_LINE))]
    paid = row.band * min(max(stream.paid, 0), stream.amount) / stream.amount
    heights = ((row.band, _mixed(stream.colour)), (paid, stream.colour))
    return [_path(row, place, height, fill) for height, fill in heights if height > 0]


def _path(row: _Row, far: float, height: float, fill: str, line: str = "") -> Markup:
    top = row.band_top
    return _STREAM.format(
        left=SOURCE_X + NODE, bend=VIA_X, middle=_short((VIA_X + TARGET_X) / 2), right=TARGET_X, top=_short(top),
        far=_short(far), height=_short(height), farther=_short(far + height), bottom=_short(top + height), fill=fill,
        line=line,
    )  # fmt: skip


def _vias(rows: Sequence[_Row]) -> list[Markup]:
    """A bar for each intermediary, as high as the streams that go by it, and its name above the first of them."""
    drawn: list[Markup] = []
    for name in dict.fromkeys(row.stream.via for row in rows if row.stream.via):
        through = [row for row in rows if row.stream.via == name]
        drawn += [_box(VIA_X - NODE / 2, row.band_top, max(row.band, 3), INK) for row in through]
        first = through[0]
        drawn.append(_text(VIA_X + NODE / 2, first.band_top - 4, "end", _cut(name, 30), INK))
    return drawn


def _target(rows: Sequence[_Row], top: float) -> list[Markup]:
    """The recipient's bar: solid for what the registry holds, hollow for memo lines."""
    own = sum(row.band for row in rows if not row.stream.is_memo)
    memo = sum(row.band for row in rows if row.stream.is_memo)
    drawn = [_box(TARGET_X, top, own, INK)] if own else []
    if memo:
        drawn.append(_hollow(TARGET_X, top + own, memo))
    return drawn


def _node(x: float, top: float, height: float, stream: Stream) -> Markup:
    return _hollow(x, top, height) if stream.is_memo or stream.amount <= 0 else _box(x, top, height, stream.colour)


def _box(x: float, top: float, height: float, colour: str) -> Markup:
    return _BOX.format(colour=colour, x=_short(x), y=_short(top), width=NODE, height=_short(height))


def _hollow(x: float, top: float, height: float) -> Markup:
    box = _box(x + 0.4, top + 0.4, max(height - 0.8, 0.4), MEMO_FILL)
    return Markup(str(box).replace("/>", f"{_DASHED.format(colour=MEMO_LINE)}/>"))  # noqa: S704 - our own two texts


def _source(row: _Row, amount: Callable[[int], str]) -> list[Markup]:
    """A source's name and sum, in two lines beside its bar."""
    stream, middle = row.stream, row.top + row.height / 2
    told = amount(stream.amount) + (f" · {stream.note}" if stream.note else "")
    return [
        _text(SOURCE_X - 8, middle - 2, "end", _cut(stream.source, 34), GREY if stream.is_memo else INK),
        _text(SOURCE_X - 8, middle + 11, "end", _cut(told, 40), GREY),
    ]


def _recipient(name: str, middle: float) -> list[Markup]:
    """The recipient's name beside its bar, over at most four lines."""
    lines = _lines(name, 22)[:4]
    first = middle + 4 - 7 * (len(lines) - 1)
    return [
        _text(TARGET_X + NODE + 8, first + 14 * place, "start", line, INK, bold=True)
        for place, line in enumerate(lines)
    ]


def _lines(text: str, most: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _text(x: float, y: float, anchor: str, text: str, fill: str, *, bold: bool = False) -> Markup:
    weight = Markup(' font-weight="600"') if bold else ""
    return _TEXT.format(x=_short(x), y=_short(y), anchor=anchor, text=text, fill=fill, weight=weight)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _short(number: float) -> str:
    return f"{round(number, 1):g}"


def _mixed(colour: str) -> str:
    """The colour with much white in it, as a solid one: paper archives don't take transparency."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(part + (255 - part) * MIX):02x}" for part in parts)
