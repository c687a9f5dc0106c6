"""The chart of an allocation: each association's share by part, above what it was granted the year before."""

from markupsafe import Markup

from registry.allocations.results import Result
from registry.documents.bars import Bar, Part, divided_bars
from registry.documents.paper import clip
from registry.texts import _, format_kronor

COLOURS = ("#1f5f7a", "#8fb8c9", "#b4622a", "#e0b08c", "#5b7a3a", "#b9cc9f", "#5a4a8a", "#b3a8d4", "#8a6d1f", "#d9c48a")
"""Of the parts, in pairs of dark and light; with more parts they come again."""
BEFORE = "#b9c2c9"
MOST = 25
"""Associations in the chart; with more, the largest shares."""


def allocation_chart(result: Result) -> Markup | None:
    """Two bars for each association: its pieces, and the year before. The title says in words what they show."""
    shown = sorted(result.shares, key=lambda share: -share.amount)[:MOST]
    shown = [share for share in result.shares if share in shown]
    if not shown:
        return None
    parts = [
        Part(part.title or _("Fixed amount"), COLOURS[place % len(COLOURS)]) for place, part in enumerate(result.parts)
    ]
    bars = []
    for share in shown:
        bars.append(Bar(share.name, (*(int(line.amount) for line in share.parts), 0)))
        bars.append(Bar(str(result.year - 1), (*[0] * len(parts), int(share.last_year))))
    most = max(shown, key=lambda share: share.amount)
    title = _(
        "Bar chart of what each of %(count)s associations gets of %(frame)s, part by part, above what it was granted in"
        " %(before)s. Most: %(name)s, %(amount)s. All figures are in the table."
    ) % {
        "count": len(result.shares),
        "frame": format_kronor(result.frame),
        "before": result.year - 1,
        "name": clip(most.name, 90),
        "amount": format_kronor(most.amount),
    }
    before = Part(_("Granted %(year)s") % {"year": result.year - 1}, BEFORE)
    return divided_bars([*parts, before], bars, title=title, amount=format_kronor)


def comparison_chart(first: Result, second: Result) -> Markup | None:
    """Two bars for each association: what one run gives it, and the other."""
    both = {share.party_number: share.amount for share in second.shares}
    shown = sorted(first.shares, key=lambda share: -share.amount)[:MOST]
    bars = []
    for share in (share for share in first.shares if share in shown):
        bars.append(Bar(share.name, (int(share.amount), 0)))
        bars.append(Bar("B", (0, int(both.get(share.party_number, 0)))))
    title = _("Bar chart of what each association gets in run A and in run B. All figures are in the table.")
    parts = [Part(_("Run A"), COLOURS[0]), Part(_("Run B"), COLOURS[2])]
    return divided_bars(parts, bars, title=title, amount=format_kronor)
