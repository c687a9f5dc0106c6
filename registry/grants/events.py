"""One line of a history: what happened when, who registered it, and the entry of the trail that proves it."""

from dataclasses import dataclass
from datetime import date, datetime

from registry.core.access import Permission, Scope
from registry.core.money import Money
from registry.texts import _, format_datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a history. `when` is the value date; `who` says who registered it and when."""

    when: date
    what: str
    kind: str
    seq: int
    who: str = ""
    text: str = ""
    amount_ore: Money | None = None
    link: str | None = None
    link_label: str | None = None


def make_event(
    scope: Scope, when: date, what: str, kind: str, seq: int, name: str, moment: datetime, *, text: str = "",
    amount: Money | None = None,
) -> Event:  # fmt: skip
    """A line for one reader: officers' names and links to the trail only for those who may see them."""
    told = _("registered %(moment)s by %(name)s") if scope.reads_all else _("registered %(moment)s")
    who = told % {"moment": format_datetime(moment), "name": name or _("the operator")}
    link = f"/audit/{seq}" if scope.may(Permission.AUDIT_VIEW) else None
    label = _("entry %(seq)s") % {"seq": seq} if link else None
    return Event(when, what, kind, seq, who, text, amount, link, label)
