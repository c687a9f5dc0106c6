"""A statement's decisions as a ledger: under each decision what moved it, line by line, with what was left after.

Pure, and the same for page and paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from registry.core.money import Money
from registry.core.periods import Period
from registry.statements.matters import StopLine
from registry.statements.schemas import ComingPayment, GrantLine, StatementEvent, StatementFigures

LineKind = Literal["opening", "decision", "increase", "decrease", "withdrawal", "payment", "reversal", "repayment"]
ORDER: tuple[LineKind, ...] = (
    "opening", "decision", "increase", "decrease", "withdrawal", "payment", "reversal", "repayment",
)  # fmt: skip
"""Which comes first of what happened on the same day."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """Something that happened to a decision. `left_ore` is what was left to pay after it.

    `paid_ore` is negative for a reversal. A repayment settles a debt and moves neither sum: `repaid_ore` tells it.
    """

    kind: LineKind
    on: date
    left_ore: Money
    number: str = ""
    note: str = ""
    voucher: str = ""
    account: str = ""
    decided_ore: Money | None = None
    paid_ore: Money | None = None
    repaid_ore: Money | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A decision's year. Its first line is the decision itself, or what was left when the year began.

    `coming` are the instalments that what is left at its end is made of, `stops` what keeps them from being paid.
    """

    grant: GrantLine
    lines: tuple[LedgerLine, ...]
    coming: tuple[ComingPayment, ...] = ()
    stops: tuple[StopLine, ...] = ()

    @property
    def first(self) -> LedgerLine:
        """The decision, or its opening balance."""
        return self.lines[0]

    @property
    def decided_ore(self) -> Money:
        """What the year's decisions gave or took."""
        return Money(sum(line.decided_ore or 0 for line in self.lines))

    @property
    def earlier(self) -> bool:
        """Whether the decision was made before the year."""
        return self.first.kind == "opening"


def ledgers(figures: StatementFigures, funder: str) -> tuple[Ledger, ...]:
    """The decisions of a funder, each with its year."""
    events: dict[str, list[StatementEvent]] = {}
    for event in figures.events:
        events.setdefault(event.grant, []).append(event)
    coming: dict[str, list[ComingPayment]] = {}
    for part in figures.coming:
        coming.setdefault(part.grant, []).append(part)
    period = Period.of_year(figures.year)
    return tuple(
        Ledger(
            grant,
            _lines(grant, events.get(grant.number, ()), period),
            tuple(coming.get(grant.number, ())),
            tuple(stop for stop in figures.stops if stop.grant == grant.number),
        )
        for grant in figures.of_funder(funder)
    )


def _lines(grant: GrantLine, events: Sequence[StatementEvent], period: Period) -> tuple[LedgerLine, ...]:
    lines, left = [], 0
    for line in sorted(_happened(grant, events, period), key=lambda line: (line.on, ORDER.index(line.kind))):
        left += line.left_ore + (line.decided_ore or 0) - (line.paid_ore or 0)
        lines.append(_with_left(line, left))
    return tuple(lines)


def _with_left(line: LedgerLine, left: int) -> LedgerLine:
    return LedgerLine(
        line.kind, line.on, Money(left), line.number, line.note, line.voucher, line.account,
        line.decided_ore, line.paid_ore, line.repaid_ore,
    )  # fmt: skip


def _happened(grant: GrantLine, events: Sequence[StatementEvent], period: Period) -> Iterator[LedgerLine]:
    """The lines in any order; `left_ore` is what a line begins with, and 0 for all but the opening."""
    nothing = Money(0)
    changed = [change for change in grant.amendments if change.decided_on in period]
    decided = Money(grant.granted_ore - sum(change.delta_ore for change in grant.amendments))
    if grant.decided_on in period:
        yield LedgerLine("decision", grant.decided_on, nothing, number=grant.number, decided_ore=decided)
    else:
        opening = grant.remaining_ore + grant.paid_ore - sum(change.delta_ore for change in changed)
        yield LedgerLine("opening", period.first, Money(opening), number=grant.number)
    for change in changed:
        yield LedgerLine(
            change.kind, change.decided_on, nothing, grant.number, change.reason, decided_ore=change.delta_ore
        )
    for event in events:
        yield _moved(event)


def _moved(event: StatementEvent) -> LedgerLine:
    is_repayment = event.kind == "repayment"
    return LedgerLine(
        event.kind,
        event.on,
        Money(0),
        number=event.number,
        note=event.note,
        voucher=event.voucher,
        account=event.account,
        paid_ore=None if is_repayment else event.amount_ore,
        repaid_ore=Money(-event.amount_ore) if is_repayment else None,
    )
