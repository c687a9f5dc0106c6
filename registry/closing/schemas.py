"""The closing of a year as it crosses the border: what is to be looked at before, and the figures."""

from dataclasses import dataclass
from enum import StrEnum

from registry.core.errors import N_
from registry.core.money import Money
from registry.funders.queries import ClosedYear, Funder
from registry.summaries.schemas import Figures


class Check(StrEnum):
    """What is looked at. The first blocks the closing while anything is left of it."""

    ATTEST = "attest"
    OVERDUE = "overdue"
    REPORTS = "reports"
    CLAIMS = "claims"
    UNPAID = "unpaid"
    STOPPED = "stopped"
    FRAMES = "frames"
    DRAFTS = "drafts"
    BENEFITS = "benefits"


CHECK_TITLES = {
    Check.ATTEST: N_("Payments of the year that wait for attest"),
    Check.OVERDUE: N_("Reports of the year's grants that are overdue"),
    Check.REPORTS: N_("Reports of the year's grants that aren't settled"),
    Check.CLAIMS: N_("Claims decided up to the year's end with something left to repay"),
    Check.UNPAID: N_("Grants up to the year with something left to pay"),
    Check.STOPPED: N_("Grants up to the year whose payments are stopped"),
    Check.FRAMES: N_("Frames of the year that aren't used up"),
    Check.DRAFTS: N_("Drafts of the year's allocations"),
    Check.BENEFITS: N_("Decisions of the year that lack the benefit for the inhabitants"),
}
CHECK_HELP = {
    Check.ATTEST: N_("Must be attested or reversed first: a payment can't be half in a closed year."),
    Check.OVERDUE: N_("Remind, extend with a reason, or claim back."),
    Check.REPORTS: N_("Review those that have come; the others go on after the closing."),
    Check.CLAIMS: N_("The funder's outstanding claims at the year's end. They go on after the closing."),
    Check.UNPAID: N_("Is it to be paid next year? If not, lower the grant while the year is open."),
    Check.STOPPED: N_("Release or lower the grant. A stop goes on after the closing."),
    Check.FRAMES: N_("What wasn't decided. After the closing no decision can be dated in the year."),
    Check.DRAFTS: N_("Decide or discard them: after the closing they can't be decided in the year."),
    Check.BENEFITS: N_("Can be stated after the closing too."),
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """How many there are of something and what they amount to; `href` is the list where they stand."""

    check: Check
    count: int
    href: str
    amount_ore: Money | None = None

    @property
    def blocks(self) -> bool:
        """Whether the year can't be closed while it is so."""
        return self.check is Check.ATTEST and self.count > 0


@dataclass(frozen=True, slots=True)
class ProgrammeFigures:
    """A programme's figures: all before the year, those of the year, and all up to its end."""

    code: str
    title: str
    before: Figures
    year: Figures
    after: Figures

    @property
    def agrees(self) -> bool:
        """Whether what stood at the start and what came in the year make what stands at the end."""
        return self.before + self.year == self.after


@dataclass(frozen=True, slots=True)
class Closing:
    """Everything about a funder's year on its way to being closed, read at one moment."""

    funder: Funder
    year: int
    over: bool
    checks: tuple[CheckLine, ...]
    programmes: tuple[ProgrammeFigures, ...]
    anchor: str
    next_open: int
    """The first open year after it, in which corrections land."""

    @property
    def closed(self) -> ClosedYear | None:
        """Who closed it and when, None while it is open."""
        return next((one for one in self.funder.closed if one.year == self.year), None)

    @property
    def total(self) -> ProgrammeFigures:
        """All programmes together."""
        nothing = Figures()
        return ProgrammeFigures(
            "",
            "",
            sum((one.before for one in self.programmes), nothing),
            sum((one.year for one in self.programmes), nothing),
            sum((one.after for one in self.programmes), nothing),
        )

    @property
    def agrees(self) -> bool:
        """Whether every programme's figures agree."""
        return all(one.agrees for one in self.programmes)

    @property
    def blocked(self) -> bool:
        """Whether something has to be done before it can be closed."""
        return not self.over or not self.agrees or any(line.blocks for line in self.checks)
