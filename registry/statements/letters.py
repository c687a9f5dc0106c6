"""The decision letter of a grant (bidragsbesked): what was decided, for its recipient, with what has changed since."""

from datetime import date

from registry.core.access import CONSOLE, Scope
from registry.core.money import Money
from registry.core.numbers import mask_org_number
from registry.database import fetch, fetch_row, snapshot
from registry.grants.queries import get_grant, list_amendments
from registry.grants.schemas import Grant
from registry.reports.queries import reports_of_grant
from registry.statements.queries import read_accounts, read_parties
from registry.statements.schemas import AmendmentKind, Language, PlannedPart, StatementParty
from registry.statements.values import Figures
from registry.texts import use_language


class LetterFunder(Figures):
    """The funder as its letterhead has it."""

    name: str
    org_number: str
    colour: str
    contact: tuple[str, ...] = ()


class LetterChange(Figures):
    """A later decision on the grant; `delta_ore` is signed."""

    decided_on: date
    kind: AmendmentKind
    delta_ore: Money
    decider: str
    reason: str


class LetterReport(Figures):
    """A report that the grant demands, and the day when it is due."""

    title: str
    due_on: date


class Letter(Figures):
    """All that a decision letter says. `plan` is the one in force; `seq` is the decision's entry in the trail."""

    number: str
    language: Language
    funder: LetterFunder
    recipient: StatementParty
    via: str = ""
    programme: str
    priority_area: str = ""
    dnr: str
    paragraph: str = ""
    decided_on: date
    decider: str
    decided_ore: Money
    granted_ore: Money
    period_from: date
    period_to: date
    purpose: str = ""
    benefit: str = ""
    conditions: tuple[str, ...] = ()
    plan: tuple[PlannedPart, ...] = ()
    reports: tuple[LetterReport, ...] = ()
    changes: tuple[LetterChange, ...] = ()
    account: str = ""
    seq: int


_FUNDER = "SELECT p.name, p.org_number, f.accent, f.contact FROM funder f JOIN party p ON p.id = f.id WHERE f.id = $1"
_PLAN = """
SELECT due_on, amount_ore FROM instalment i WHERE grant_id = $1 AND amount_ore > 0
AND plan = (SELECT max(plan) FROM instalment WHERE grant_id = $1) ORDER BY position
"""


async def read_letter(scope: Scope, number: str, language: Language | None) -> Letter:
    """The letter of a grant, in the recipient's language unless another is asked for. Raises: UnknownGrantError."""
    async with snapshot():
        grant = await get_grant(scope, number)
        [own] = await fetch("SELECT language FROM party WHERE id = $1", grant.recipient_id)
        chosen: Language = language or own["language"]
        with use_language(chosen):
            return await _read(grant, chosen)


async def _read(grant: Grant, language: Language) -> Letter:
    """Who may see the grant has been settled: everybody reads the same letter."""
    parties = await read_parties(CONSOLE, [grant.recipient_id], grant.decided_on)
    payee = grant.via_id or grant.recipient_id
    accounts = await read_accounts({payee})
    plan = await fetch(_PLAN, grant.id)
    return Letter(
        number=grant.number,
        language=language,
        funder=await _funder(grant.funder_id),
        recipient=parties[grant.recipient_id],
        via=grant.via_name or "",
        programme=grant.programme_title,
        priority_area=await _area(grant, language),
        dnr=grant.dnr,
        paragraph=grant.paragraph,
        decided_on=grant.decided_on,
        decider=grant.decider,
        decided_ore=grant.decided_ore,
        granted_ore=grant.granted_ore,
        period_from=grant.period_from,
        period_to=grant.period_to,
        purpose=grant.purpose,
        benefit=grant.benefit,
        conditions=tuple(line.strip() for line in grant.conditions.splitlines() if line.strip()),
        plan=tuple(PlannedPart(due_on=row["due_on"], amount_ore=Money(row["amount_ore"])) for row in plan),
        reports=tuple(
            LetterReport(title=report.shown_title, due_on=report.due_on)
            for report in await reports_of_grant(CONSOLE, grant.id)
            if report.state != "waived"
        ),
        changes=tuple(
            LetterChange(
                decided_on=change.decided_on,
                kind=change.kind.value,
                delta_ore=change.delta_ore,
                decider=change.decider,
                reason=change.reason,
            )
            for change in await list_amendments(CONSOLE, grant.id)
        ),
        account=accounts[payee].on(grant.decided_on),
        seq=grant.seq,
    )


async def _funder(funder_id: int) -> LetterFunder:
    row = await fetch_row(_FUNDER, funder_id)
    assert row is not None  # noqa: S101 - a grant has a funder
    return LetterFunder(
        name=row["name"],
        org_number=mask_org_number(row["org_number"]),
        colour=row["accent"],
        contact=tuple(line.strip() for line in row["contact"].splitlines() if line.strip()),
    )


async def _area(grant: Grant, language: Language) -> str:
    row = await fetch_row(f"SELECT title_{language} AS title FROM priority_area WHERE code = $1", grant.area_code)
    return str(row["title"]) if row else ""
