"""Reading what surrounds a party's money from the other slices, for many parties in as many queries as for one.

Who may see the statement has been settled when this is asked: the same statement tells everybody the same, so the
reads here see everything.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from registry.allocations import words
from registry.allocations.queries import ShareBasis, list_bases
from registry.allocations.schemas import FIXED_CODE
from registry.core.access import CONSOLE
from registry.core.periods import Period
from registry.fees.queries import list_party_engagements
from registry.fees.schemas import Engagement
from registry.grants.queries import list_stops
from registry.grants.schemas import grant_number
from registry.initiatives.queries import list_agreed, list_belongings
from registry.initiatives.schemas import Initiative, Share, initiative_number
from registry.recoveries.queries import StatementClaim, list_statement_claims
from registry.reports.queries import list_statement_reports
from registry.statements.facts import Agreed, Belonging, Matters
from registry.statements.matters import BasisLine, BasisPart, ClaimLine, EngagementLine, ReportLine, StopLine
from registry.statements.schemas import Language
from registry.texts import _, use_language


@dataclass(frozen=True, slots=True)
class Concerned:
    """A decision as far as its surroundings go: whose it is, by whom, and in which language its statement is."""

    grant_id: int
    recipient_id: int
    funder: str
    language: Language


async def read_matters(
    grants: Sequence[Concerned], creators: Mapping[int, Language], period: Period, today: date
) -> dict[int, Matters]:
    """What surrounds the money of some parties in a year, by party. `creators` are the parties that are creators."""
    last = min(period.last, today)
    of = {grant.grant_id: grant for grant in grants}
    found: dict[int, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for grant_id, report in await read_reports(of.values(), last):
        found[of[grant_id].recipient_id]["reports"].append(report)
    for grant_id, stops in (await list_stops(CONSOLE, list(of))).items():
        for stop in stops:
            if stop.stopped_on <= last and (stop.released_on is None or stop.released_on >= period.first):
                line = StopLine(
                    grant=grant_number(grant_id),
                    funder=of[grant_id].funder,
                    stopped_on=stop.stopped_on,
                    reason=stop.reason,
                    released_on=stop.released_on if stop.released_on and stop.released_on <= last else None,
                )
                found[of[grant_id].recipient_id]["stops"].append(line)
    for basis in (await list_bases(CONSOLE, list(of))).values():
        grant = of[basis.grant_id]
        with use_language(grant.language):
            found[grant.recipient_id]["bases"].append(_basis(basis, grant.funder))
    for claim in await list_statement_claims(CONSOLE, list(of), period.first, last):
        found[of[claim.grant_id].recipient_id]["claims"].append(_claim(claim, of[claim.grant_id].funder))
    for one in await list_belongings(CONSOLE, list(of)):
        belonging = Belonging(grant_number(one.grant_id), initiative_number(one.initiative_id), one.title)
        found[of[one.grant_id].recipient_id]["belongings"].append(belonging)
    for initiative, plan in await list_agreed(
        CONSOLE, [grant.recipient_id for grant in of.values()], period.first.year
    ):
        found[initiative.party_id]["agreed"] += [_agreed(initiative, share) for share in plan.shares]
    for party_id, language in creators.items():
        with use_language(language):
            done = await list_party_engagements(CONSOLE, party_id, period.first.year)
        found[party_id]["engagements"] += [_engagement(one) for one in done]
    return {party_id: Matters(**parts) for party_id, parts in found.items()}  # type: ignore[arg-type]


async def read_reports(grants: Iterable[Concerned], day: date) -> list[tuple[int, ReportLine]]:
    """The reports of some decisions as they stood on a day, each with its decision's id; titles in each language."""
    of = {grant.grant_id: grant for grant in grants}
    lines = []
    for language in sorted({grant.language for grant in of.values()}):
        own = [grant_id for grant_id, grant in of.items() if grant.language == language]
        with use_language(language):
            reports = await list_statement_reports(CONSOLE, own, day)
        for report in reports:
            line = ReportLine(
                number=report.number,
                grant=grant_number(report.grant_id),
                funder=of[report.grant_id].funder,
                title=report.title,
                due_on=report.due_on,
                state=report.state.value,
                overdue=report.overdue,
            )
            lines.append((report.grant_id, line))
    return lines


async def read_stopped(grant_ids: Iterable[int], day: date) -> set[str]:
    """Which of some decisions had their payments stopped when a day ended."""
    return {
        grant_number(grant_id)
        for grant_id, stops in (await list_stops(CONSOLE, list(grant_ids))).items()
        if any(stop.stopped_on <= day and (stop.released_on is None or stop.released_on > day) for stop in stops)
    }


def _basis(basis: ShareBasis, funder: str) -> BasisLine:
    parts = tuple(
        BasisPart(
            title=words.line_title(line),
            weight="" if line.part == FIXED_CODE else words.show_weight(line.weight),
            key=words.key_title(line.key),
            part_ore=line.part_amount,
            basis=words.basis_text(line),
            sum=words.sum_text(line),
            note=words.rounding_text(line),
            amount_ore=line.amount,
        )
        for line in basis.share.parts
    )
    rule = f"{basis.rule_name}, {_('version %(version)s') % {'version': basis.rule_version}}"
    return BasisLine(
        grant=grant_number(basis.grant_id),
        funder=funder,
        allocation=basis.allocation,
        rule=f"{basis.rule_issuer}: {rule}" if basis.rule_issuer else rule,
        source=basis.rule_source,
        year=basis.year,
        frame_ore=basis.frame,
        amount_ore=basis.share.amount,
        parts=parts,
    )


def _agreed(initiative: Initiative, share: Share) -> Agreed:
    return Agreed(
        initiative=initiative.number,
        title=initiative.title,
        funder="" if share.funder_id is None else f"P-{share.funder_id}",
        name=share.name,
        via=share.via_name,
        amount_ore=share.amount_ore,
    )


def _claim(claim: StatementClaim, funder: str) -> ClaimLine:
    return ClaimLine(
        number=claim.number,
        grant=grant_number(claim.grant_id),
        funder=funder,
        dnr=claim.dnr,
        decided_on=claim.decided_on,
        due_on=claim.due_on,
        ground=claim.ground.value,
        condition=claim.condition,
        reason=claim.reason,
        opening_ore=claim.opening_ore,
        claimed_ore=claim.claimed_ore,
        settled_ore=claim.settled_ore,
        closed_ore=claim.closed_ore,
        left_ore=claim.left_ore,
    )


def _engagement(done: Engagement) -> EngagementLine:
    found = done.check
    return EngagementLine(
        number=done.number,
        day=done.day,
        title=done.title,
        commissioner=done.commissioner_name,
        grant=grant_number(done.grant_id) if done.grant_id else "",
        fee_ore=done.agreed_fee_ore,
        outcome=found.outcome.value,
        schedule=found.schedule.title if found.schedule else "",
        level_ore=found.level_ore,
        compared_ore=found.fee_ore,
        gap_ore=found.gap_ore,
        gap_basis_points=found.gap_basis_points,
        motive=done.motive.strip(),
    )
