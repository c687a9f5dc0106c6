"""What is registered of a party, as a statement is drawn up from it: facts in öre, from `queries` to `rules`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from registry.core.periods import Period
from registry.statements.matters import BasisLine, ClaimLine, EngagementLine, ReportLine, StopLine
from registry.statements.schemas import Amendment

Plan = tuple[tuple[int, date, int], ...]
"""(position, due day, amount in öre) of each instalment."""


@dataclass(frozen=True, slots=True)
class FunderFacts:
    """A funder as its statements name it."""

    key: str
    name: str
    org_number: str
    colour: str
    contact: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in a time, in öre; `paid_ore` is gross."""

    paid_ore: int = 0
    reversed_ore: int = 0
    repaid_ore: int = 0

    @property
    def net_ore(self) -> int:
        """What was paid out less what was reversed."""
        return self.paid_ore - self.reversed_ore


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """A grant decided by the end of the year, with what had happened to it by then.

    `amendments` and `plans` (0 for the decision, n for the nth amendment) may be later: `amended` holds them in the
    order of registration. `paid_before_ore` is net at the start of the year; `settled` and `waiting` are what counts
    as paid and what waits for attest at its end, by position of the plan (None: free), in öre. `year_before` is what
    moved in the year before.
    """

    number: str
    funder: str
    dnr: str
    paragraph: str
    decided_on: date
    decider: str
    programme: str
    priority_area: str
    purpose: str
    via: str
    period_from: date
    period_to: date
    amount_ore: int
    conditions: str = ""
    benefit: str = ""
    amended: tuple[Amendment, ...] = ()
    plans: Mapping[int, Plan] = field(default_factory=dict)
    paid_before_ore: int = 0
    settled: Mapping[int | None, int] = field(default_factory=dict)
    waiting: Mapping[int | None, int] = field(default_factory=dict)
    year_before: Moved = Moved()

    def granted_by(self, day: date) -> int:
        """What was granted when the day ended, in öre."""
        if day < self.decided_on:
            return 0
        return self.amount_ore + sum(change.delta_ore for change in self.amended if change.decided_on <= day)

    def decision_days(self) -> tuple[date, ...]:
        """The days of the decision and of what changed it."""
        return (self.decided_on, *(change.decided_on for change in self.amended))

    def opening(self, period: Period) -> int:
        """What was granted and not paid when the year began, in öre."""
        return self.granted_by(date.fromordinal(period.first.toordinal() - 1)) - self.paid_before_ore

    def decided(self, period: Period) -> int:
        """What the year's decisions and amendments came to, in öre."""
        decided = self.amount_ore if self.decided_on in period else 0
        return decided + sum(change.delta_ore for change in self.amended if change.decided_on in period)

    def remaining_by(self, last: date) -> int:
        """What was granted and not paid when the year ended, in öre."""
        return self.granted_by(last) - sum(self.settled.values())


@dataclass(frozen=True, slots=True)
class Belonging:
    """The initiative that a decision belongs to, and what it is called there: its edition's title, or its own."""

    grant: str
    initiative: str
    title: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """A share of the year that is agreed for an initiative of the party; `funder` is empty for an outside partner."""

    initiative: str
    title: str
    funder: str
    name: str
    via: str
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Matters:
    """What surrounds a party's money: lines of decisions, listed or not, engagements, and initiatives."""

    reports: Sequence[ReportLine] = ()
    claims: Sequence[ClaimLine] = ()
    stops: Sequence[StopLine] = ()
    engagements: Sequence[EngagementLine] = ()
    bases: Sequence[BasisLine] = ()
    belongings: Sequence[Belonging] = ()
    agreed: Sequence[Agreed] = ()

    def concerned(self) -> set[str]:
        """The decisions that something is still open about."""
        open_reports = {report.grant for report in self.reports if report.is_open}
        return open_reports | {claim.grant for claim in self.claims} | {stop.grant for stop in self.stops}


NOTHING = Matters()


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What happened to decisions after the year until the day `on`, by their numbers; amounts in öre."""

    on: date
    moved: Mapping[str, Moved] = field(default_factory=dict)
    amended: Mapping[str, int] = field(default_factory=dict)
    reports: Sequence[ReportLine] = ()
    stopped: frozenset[str] = frozenset()
