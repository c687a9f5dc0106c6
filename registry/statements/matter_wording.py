"""Reports, claims, engagements and ways as a statement tells them, in the reader's language; page and paper alike."""

from dataclasses import dataclass
from datetime import date

from registry.core.errors import N_
from registry.core.money import Money
from registry.documents.paper import clip, names
from registry.fees.schemas import OUTCOME_TITLES, Outcome
from registry.fees.working import below_text
from registry.reports.schemas import STATE_TITLES, ReportState
from registry.statements.matters import ClaimLine, EngagementLine, FlowLine, ReportLine, StopLine
from registry.statements.schemas import Position, StatementFigures
from registry.texts import _, format_date, format_kronor

GROUNDS = {
    "condition": N_("A condition wasn't met"),
    "false_facts": N_("False or incomplete facts"),
    "wrong_payment": N_("Paid by mistake"),
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it stood when the year ended (or stands now, while it runs), and when the statement was issued."""

    number: str
    grant: str
    funder: str
    title: str
    due_on: date
    then: str
    since: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with its ground as a sentence; amounts of the year."""

    claim: ClaimLine
    ground: str


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A way of the money: its stations in order, and what is to know of it besides its sums."""

    flow: FlowLine
    stations: tuple[str, ...]
    more: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """An engagement with its check in words."""

    engagement: EngagementLine
    outcome: str
    is_below: bool
    more: str


def report_rows(figures: StatementFigures, position: Position | None) -> tuple[ReportRow, ...]:
    """The reports, as many as are known now, the first due first."""
    then = {report.number: report for report in figures.reports}
    now = {report.number: report for report in position.reports} if position else {}
    rows = []
    for number in sorted({**then, **now}, key=lambda number: (now.get(number) or then[number]).due_on):
        last = now.get(number) or then[number]
        rows.append(
            ReportRow(
                number, last.grant, last.funder, last.title, last.due_on,
                _state(then[number]) if number in then else _("not demanded yet"),
                _state(now[number]) if number in now else "", last.overdue,
            )
        )  # fmt: skip
    return tuple(rows)


def _state(report: ReportLine) -> str:
    return _("overdue") if report.overdue else _(STATE_TITLES[ReportState(report.state)])


def claim_rows(figures: StatementFigures) -> tuple[ClaimRow, ...]:
    """The claims, each with what it rests on."""
    return tuple(ClaimRow(claim, _ground(claim)) for claim in figures.claims)


def _ground(claim: ClaimLine) -> str:
    parts = (_(GROUNDS[claim.ground]), claim.condition.strip().rstrip("."))
    return f"{': '.join(filter(None, parts))}."


def stop_text(stop: StopLine) -> str:
    """Since when payments are stopped, or from when to when they were, and why."""
    day = {
        "first": format_date(stop.stopped_on),
        "last": format_date(stop.released_on),
        "reason": clip(stop.reason, 300),
    }
    if stop.released_on is None:
        return _("Payments are stopped since %(first)s: %(reason)s") % day
    return _("Payments were stopped from %(first)s to %(last)s: %(reason)s") % day


def engagement_rows(figures: StatementFigures) -> tuple[EngagementRow, ...]:
    """The engagements with what the check found."""
    return tuple(_engagement(engagement) for engagement in figures.engagements)


def _engagement(done: EngagementLine) -> EngagementRow:
    below = done.outcome == "below"
    outcome = _(OUTCOME_TITLES[Outcome(done.outcome)])
    if below and done.gap_ore is not None:
        outcome = below_text(done.gap_ore, done.gap_basis_points)
    parts = [clip(done.schedule, 120), _compared(done.compared_ore)]
    if below:
        motive = {"motive": clip(done.motive, 240)}
        parts.append(_("Motive: %(motive)s") % motive if done.motive else _("The motive is missing"))
    return EngagementRow(done, outcome, below, " · ".join(filter(None, parts)))


def _compared(ore: Money | None) -> str:
    return "" if ore is None else _("compared: %(amount)s") % {"amount": format_kronor(ore)}


def flow_rows(figures: StatementFigures) -> tuple[FlowRow, ...]:
    """The ways of the money, each from its funder by its intermediary to the recipient."""
    return tuple(_flow(flow, figures) for flow in figures.flows)


def _flow(flow: FlowLine, figures: StatementFigures) -> FlowRow:
    stations = (clip(flow.name, 80), clip(flow.via, 80), clip(figures.party.name, 80))
    agreed = ""
    if flow.agreed_ore is not None:
        told = {"year": figures.year, "amount": format_kronor(flow.agreed_ore)}
        agreed = _("agreed share %(year)s: %(amount)s") % told
    more = (clip(flow.title, 90), names(flow.grants), agreed)
    return FlowRow(flow, tuple(filter(None, stations)), tuple(filter(None, more)))


def flow_sentence(figures: StatementFigures) -> str:
    """Which way what was paid in the year went; empty when none of it went by an intermediary."""
    paid = [flow for flow in figures.flows if flow.paid_ore]
    if not any(flow.via for flow in paid):
        return ""
    return _("Paid in %(year)s: %(ways)s.") % {"year": figures.year, "ways": names([_way(flow) for flow in paid])}


def _way(flow: FlowLine) -> str:
    told = {"amount": format_kronor(flow.paid_ore), "funder": clip(flow.name, 80), "via": clip(flow.via, 80)}
    if flow.via:
        return _("%(amount)s from %(funder)s by way of %(via)s") % told
    return _("%(amount)s straight from %(funder)s") % told


def partner_sentence(figures: StatementFigures) -> str:
    """Who pays besides the registry's funders, as it is agreed; empty when nobody does."""
    told = [f"{clip(one.name, 80)} {format_kronor(one.agreed_ore)}" for one in figures.partners]
    if not told:
        return ""
    return _("Agreed by others than the registry's funders, as a memo and in no sum: %(partners)s.") % {
        "partners": names(told)
    }
