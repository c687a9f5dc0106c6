"""Writes of agreements: the one that the registry starts from, the next ones, better summaries, and withdrawals."""

from registry.agreements.queries import get_agreement
from registry.agreements.rules import check_agreement, code_of
from registry.agreements.schemas import AgreementDetails, AreaText
from registry.agreements.source import FIRST, LAST, PARTIES, SOURCE, SUMMARIES, TITLE, TITLES, source_areas
from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, ForbiddenError, NotFoundError, RuleError
from registry.database import fetch, fetch_value
from registry.tables import Agreement, AgreementArea, AgreementParty, AgreementWithdrawal, PriorityArea
from registry.trail import Entry, Recording, recording


class LastAgreementError(RuleError):
    """Programmes need areas, and areas an agreement."""

    code = "last-agreement"
    message = N_("This is the only agreement. Register the right one first.")


def _demand(scope: Scope) -> None:
    if scope is not CONSOLE and not scope.may(Permission.AGREEMENTS_REGISTER):
        raise ForbiddenError


async def ensure_agreement() -> None:
    """Register the agreement of 2019-2022 with its eleven areas, parties and summaries in a registry that lacks them.

    A registry of an earlier version has the agreement and its areas already: it gets the rest.
    """
    if await fetch_value("SELECT count(*) FROM agreement_area"):
        return
    async with recording(CONSOLE) as unit:
        if await fetch_value("SELECT count(*) FROM agreement_area"):
            return
        known = await fetch_value("SELECT id FROM agreement WHERE title = $1 ORDER BY id LIMIT 1", TITLE)
        if known is None:
            known = await _insert_source(unit, unit.enter("agreements:agreement:register"))
        await _describe_source(unit, unit.enter("agreements:agreement:describe"), known)


async def _insert_source(unit: Recording, entry: Entry) -> int:
    agreement_id = await unit.insert(entry, Agreement, title=TITLE, period_from=FIRST, period_to=LAST, source=SOURCE)
    for position, area in enumerate(source_areas(), start=1):
        titles = {column: area[column] for column in TITLES}
        await unit.insert(
            entry, PriorityArea, agreement_id=agreement_id, code=area["code"], position=position, **titles
        )
    return agreement_id


async def _describe_source(unit: Recording, entry: Entry, agreement_id: int) -> None:
    for position, (number, name) in enumerate(PARTIES, start=1):
        await unit.insert(
            entry, AgreementParty, agreement_id=agreement_id, position=position, org_number=number, name=name
        )
    ids = await _area_ids()
    for position, area in enumerate(source_areas(), start=1):
        await unit.insert(
            entry,
            AgreementArea,
            agreement_id=agreement_id,
            area_id=ids[area["code"]],
            version=1,
            position=position,
            **{column: area[column] for column in SUMMARIES},
        )


async def register_agreement(scope: Scope, details: AgreementDetails) -> int:
    """Register an agreement beside the others, which it never changes. Returns its id.

    Raises: RefusedAgreementError.
    """
    _demand(scope)
    async with recording(scope) as unit:
        ids = await _area_ids()
        details = check_agreement(details, known=ids)
        entry = unit.enter("agreements:agreement:register")
        agreement_id = await unit.insert(
            entry,
            Agreement,
            title=details.title,
            period_from=details.period_from,
            period_to=details.period_to,
            source=details.source,
        )
        for position, party in enumerate(details.parties, start=1):
            await unit.insert(entry, AgreementParty, agreement_id=agreement_id, position=position, **party.model_dump())
        for position, code in enumerate(details.areas, start=1):
            await unit.insert(
                entry, AgreementArea, agreement_id=agreement_id, area_id=ids[code], version=1, position=position
            )
        await _insert_new_areas(unit, entry, agreement_id, details)
        return agreement_id


async def _insert_new_areas(unit: Recording, entry: Entry, agreement_id: int, details: AgreementDetails) -> None:
    for place, area in enumerate(details.new_areas, start=1):
        area_id = await unit.insert(
            entry,
            PriorityArea,
            agreement_id=agreement_id,
            code=code_of(area),
            position=place,
            title_sv=area.title_sv,
            title_fi=area.title_fi or area.title_sv,
            title_en=area.title_en or area.title_sv,
        )
        await unit.insert(
            entry,
            AgreementArea,
            agreement_id=agreement_id,
            area_id=area_id,
            version=1,
            position=len(details.areas) + place,
            summary_sv=area.summary_sv,
        )


async def describe_area(scope: Scope, number: str, code: str, text: AreaText) -> None:
    """Write a better summary of an area in one agreement, as its next version; the earlier ones stay in the trail.

    Raises: NotFoundError, RuleError.
    """
    _demand(scope)
    async with recording(scope) as unit:
        agreement = await get_agreement(scope, number)
        area = agreement.area(code)
        if area is None:
            raise NotFoundError
        if (text.summary_sv, text.summary_fi, text.summary_en) == area.summaries:
            raise RuleError(field="summary_sv", message=N_("This is what the summary says already."))
        if area.summaries[0] and not text.reason:
            raise RuleError(field="reason", message=N_("Write why the summary is changed."))
        position = await fetch_value(
            "SELECT position FROM agreement_area WHERE agreement_id = $1 AND area_id = $2 LIMIT 1",
            agreement.id,
            area.id,
        )
        await unit.insert(
            unit.enter("agreements:area:describe", reason=text.reason),
            AgreementArea,
            agreement_id=agreement.id,
            area_id=area.id,
            version=area.version + 1,
            position=position,
            summary_sv=text.summary_sv,
            summary_fi=text.summary_fi,
            summary_en=text.summary_en,
            reason=text.reason,
        )


async def withdraw_agreement(scope: Scope, number: str, *, reason: str) -> None:
    """Take back an agreement that was registered by mistake; its rows stay, and nothing is offered from it any more.

    Raises: NotFoundError, LastAgreementError, RuleError, ConflictError when it is withdrawn already.
    """
    _demand(scope)
    async with recording(scope) as unit:
        agreement = await get_agreement(scope, number)
        if not reason.strip():
            raise RuleError(field="reason", message=N_("Write the reason."))
        left = await fetch_value(
            "SELECT count(*) FROM agreement g WHERE g.id <> $1"
            " AND NOT EXISTS (SELECT 1 FROM agreement_withdrawal w WHERE w.agreement_id = g.id)",
            agreement.id,
        )
        if not left:
            raise LastAgreementError(field="reason")
        await unit.insert(
            unit.enter("agreements:agreement:withdraw", reason=reason),
            AgreementWithdrawal,
            agreement_id=agreement.id,
            reason=reason,
            recorded_at=unit.now,
            recorded_by=scope.user_id,
        )


async def _area_ids() -> dict[str, int]:
    return {row["code"]: row["id"] for row in await fetch("SELECT id, code FROM priority_area")}
