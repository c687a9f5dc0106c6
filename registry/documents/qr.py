"""A QR code as an SVG string of filled runs, for page and PDF."""

from markupsafe import Markup
from segno import make

INK = "#16263a"
QUIET = 4
"""The quiet zone that ISO/IEC 18004 asks for, in modules."""

_SVG = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {side} {side}" role="img"'
    ' shape-rendering="crispEdges"><title>{title}</title><path fill="{ink}" d="{path}"/></svg>'
)


def qr_svg(text: str, *, title: str, size: str = "23mm") -> Markup:
    """Draw a QR code with a quarter of it to spare (level Q); `title` says where it leads.

    One filled path for each run of dark modules; runs reach a little into the row below, so that no hairline shows.
    """
    matrix = [bytes(row) for row in make(text, error="q", micro=False).matrix]
    below = [*matrix[1:], bytes(len(matrix))]
    path = "".join(
        f"M{start + QUIET} {y + QUIET}h{end - start}v{1.06 if any(below[y][start:end]) else 1}h-{end - start}z"
        for y, row in enumerate(matrix)
        for start, end in _runs(row)
    )
    return _SVG.format(size=size, side=len(matrix) + 2 * QUIET, title=title, ink=INK, path=path)


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Where dark modules begin and end in a row."""
    edges = [x for x in range(len(row) + 1) if (row[x - 1 : x] or b"\0") != (row[x : x + 1] or b"\0")]
    return list(zip(edges[::2], edges[1::2], strict=True))
