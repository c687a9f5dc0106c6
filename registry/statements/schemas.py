"""The statement's figures, for page, API and PDF alike: one party, one year, every funder. Knows no engine."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from registry.core.money import Money
from registry.statements.matters import (
    BasisLine,
    ClaimLine,
    EngagementLine,
    FlowLine,
    PartnerLine,
    ReportLine,
    StopLine,
)
from registry.statements.values import Figures, later

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Language = Literal["sv", "fi", "en"]
AmendmentKind = Literal["increase", "decrease", "withdrawal"]
EventKind = Literal["payment", "reversal", "repayment"]
ComingStatus = Literal["coming", "overdue", "waiting"]


class StatementParty(Figures):
    """Who the statement is for. `org_number` is already masked where it may be a personnummer."""

    number: str
    name: str
    org_number: str
    address: tuple[str, ...] = ()
    municipality: str = ""


class Sums(Figures):
    """The year in six sums, in öre: `opening` + `decided` - `paid` + `reversed` = `remaining`.

    `paid_ore` is gross; `decided_ore` holds the year's decisions and amendments, so it can be negative. A repayment
    settles a debt and doesn't open the grant again: it is no part of what remains.
    """

    opening_ore: Money
    decided_ore: Money
    paid_ore: Money
    reversed_ore: Money
    repaid_ore: Money
    remaining_ore: Money

    @property
    def net_ore(self) -> Money:
        """What was paid out less what was reversed."""
        return Money(self.paid_ore - self.reversed_ore)

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if self.opening_ore + self.decided_ore - self.net_ore != self.remaining_ore:
            raise ValueError("opening + decided - paid + reversed must be what remains")
        return self


class FunderSection(Sums):
    """One funder's part of the year. `monthly_ore` is paid less reversed, January to December."""

    key: str
    name: str
    org_number: str
    colour: Colour
    contact: tuple[str, ...] = ()
    monthly_ore: Annotated[tuple[Money, ...], Field(min_length=12, max_length=12)]

    @model_validator(mode="after")
    def _months_add_up(self) -> Self:
        if sum(self.monthly_ore) != self.net_ore:
            raise ValueError("the twelve months must add up to paid less reversed")
        return self


class Amendment(Figures):
    """A later decision on a grant. `delta_ore` is negative for a decrease or a withdrawal."""

    decided_on: date
    kind: AmendmentKind
    delta_ore: Money
    reason: str


class PlannedPart(Figures):
    """An instalment of the plan in force when the year ended."""

    due_on: date
    amount_ore: Money


class GrantLine(Figures):
    """One decision as it stands at 31 December. `paid_ore` is the year's payments less its reversals.

    `conditions` are as they read when the grant was decided; `benefit` says what it is to the kommun's inhabitants.
    """

    number: str
    funder: str
    dnr: str
    paragraph: str = ""
    decided_on: date
    decider: str
    programme: str
    priority_area: str = ""
    purpose: str = ""
    via: str = ""
    period_from: date
    period_to: date
    granted_ore: Money
    amendments: tuple[Amendment, ...] = ()
    paid_ore: Money
    remaining_ore: Money
    instalments: tuple[PlannedPart, ...] = later((), since=2)
    conditions: str = later("", since=2)
    benefit: str = later("", since=2)

    @property
    def paid_before_ore(self) -> Money:
        """What earlier years paid, net."""
        return Money(self.granted_ore - self.paid_ore - self.remaining_ore)


class StatementEvent(Figures):
    """Money that moved: `amount_ore` is positive for a payment, negative for a reversal or a repayment.

    `note` says which payment a reversal undoes and why; `account` is masked.
    """

    on: date
    number: str
    kind: EventKind
    grant: str
    funder: str
    voucher: str = ""
    account: str = ""
    amount_ore: Money
    note: str = ""


class ComingPayment(Figures):
    """An instalment that isn't paid: still to come, overdue, or registered and waiting for a colleague's attest."""

    due_on: date
    grant: str
    funder: str
    amount_ore: Money
    status: ComingStatus


class StatementFigures(Figures):
    """Everything a statement says about its party and year; the same figures make the same statement.

    `grants` come in the order of their funders; `events` and `coming` by date. While the year `is_running`, what
    remains is told as it is now. `previous` is the year before, when it had anything to state. `shape` says which
    fields the figures may have, for whoever reads figures that were issued long ago.
    """

    party: StatementParty
    year: int
    language: Language
    is_running: bool = False
    funders: tuple[FunderSection, ...]
    grants: tuple[GrantLine, ...]
    events: tuple[StatementEvent, ...]
    coming: tuple[ComingPayment, ...]
    totals: Sums
    shape: int = later(1, since=2)
    previous: Sums | None = later(None, since=2)
    reports: tuple[ReportLine, ...] = later((), since=2)
    claims: tuple[ClaimLine, ...] = later((), since=2)
    stops: tuple[StopLine, ...] = later((), since=2)
    engagements: tuple[EngagementLine, ...] = later((), since=2)
    bases: tuple[BasisLine, ...] = later((), since=2)
    flows: tuple[FlowLine, ...] = later((), since=2)
    partners: tuple[PartnerLine, ...] = later((), since=2)

    @property
    def to_report_ore(self) -> Money | None:
        """What had been paid on decisions whose reports are not all approved; None when none demands a report."""
        if not self.reports:
            return None
        awaited = {report.grant for report in self.reports if report.is_open}
        paid = (grant.granted_ore - grant.remaining_ore for grant in self.grants if grant.number in awaited)
        return Money(sum(paid))

    def of_funder(self, key: str) -> tuple[GrantLine, ...]:
        """The grants of one funder."""
        return tuple(grant for grant in self.grants if grant.funder == key)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for field in Sums.model_fields:
            if sum(getattr(funder, field) for funder in self.funders) != getattr(self.totals, field):
                raise ValueError(f"the funders' {field} must add up to the total")
        for funder in self.funders:
            _agree_with_events(funder, [event for event in self.events if event.funder == funder.key])
            grants = self.of_funder(funder.key)
            if sum(grant.paid_ore for grant in grants) != funder.net_ore:
                raise ValueError(f"the payments on the grants of {funder.name} must add up to its sum")
            if sum(grant.remaining_ore for grant in grants) != funder.remaining_ore:
                raise ValueError(f"what remains of the grants of {funder.name} must add up to its sum")
        _agree_with_grants(self.flows, self.grants)
        known = {funder.key for funder in self.funders}
        lines: tuple[GrantLine | StatementEvent | ComingPayment, ...] = (*self.grants, *self.events, *self.coming)
        if not known.issuperset(line.funder for line in lines):
            raise ValueError("every line must belong to a funder of the statement")
        return self


class Position(Figures):
    """What had happened to the statement's decisions between the year's end and the day of issue.

    `decided_ore` are later amendments, `paid_ore` is less reversals; `remaining_ore` is what was left on that day, and
    `to_report_ore` what was paid and not yet reported. `stopped` are the decisions whose payments were stopped then.
    """

    on: date
    decided_ore: Money
    paid_ore: Money
    repaid_ore: Money
    remaining_ore: Money
    to_report_ore: Money | None = None
    reports: tuple[ReportLine, ...] = ()
    stopped: tuple[str, ...] = ()


class StatementEnvelope(Figures):
    """What makes figures an issued document. `replaces` says which version it replaces and why, or is None.

    `anchor_seq` and `anchor_hash` (64 hex digits) are the head of the trail when the statement was issued. `changes`
    are what became different since the version it replaces, in the statement's language. `position` belongs here and
    not to the figures: what happens after the year has ended makes no new version of it.
    """

    number: str
    version: int
    code: str
    issued_on: date
    anchor_seq: int
    anchor_hash: str
    verify_url: str
    replaces: str | None = None
    changes: tuple[str, ...] = later((), since=2)
    position: Position | None = later(None, since=2)


class StatementDocument(Figures):
    """An issued statement: its figures and its envelope."""

    figures: StatementFigures
    envelope: StatementEnvelope

    @model_validator(mode="after")
    def _follow(self) -> Self:
        position, totals = self.envelope.position, self.figures.totals
        if position is not None and (
            totals.remaining_ore + position.decided_ore - position.paid_ore != position.remaining_ore
        ):
            raise ValueError("what remains when issued must follow from what remained when the year ended")
        return self


def _agree_with_grants(flows: Sequence[FlowLine], grants: Sequence[GrantLine]) -> None:
    """No decision goes by two ways, and each way tells what its decisions tell."""
    of = {grant.number: grant for grant in grants}
    gone = [number for flow in flows for number in flow.grants]
    if len(gone) != len(set(gone)) or not of.keys() >= set(gone):
        raise ValueError("each decision must go by one way at most")
    for flow in flows:
        own = [of[number] for number in flow.grants]
        if any(grant.funder != flow.funder or grant.via != flow.via for grant in own):
            raise ValueError(f"the decisions of a way must be by {flow.name} and by that way")
        sums = (sum(grant.paid_ore for grant in own), sum(grant.remaining_ore for grant in own))
        if sums != (flow.paid_ore, flow.remaining_ore):
            raise ValueError(f"the decisions of a way must add up to what {flow.name} paid by it")


def _agree_with_events(funder: FunderSection, events: list[StatementEvent]) -> None:
    expected = {"payment": funder.paid_ore, "reversal": -funder.reversed_ore, "repayment": -funder.repaid_ore}
    for kind, amount in expected.items():
        if sum(event.amount_ore for event in events if event.kind == kind) != amount:
            raise ValueError(f"every {kind} of {funder.name} must add up to its sum")
