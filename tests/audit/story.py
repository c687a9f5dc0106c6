"""A small registry with a row in every trailed table, made through the services."""

import hashlib
from datetime import date

from registry.activity.service import correct_report
from registry.agreements.service import withdraw_agreement
from registry.allocations.queries import allocation_number
from registry.allocations.rule_service import register_rule
from registry.allocations.schemas import Definition, RuleDetails
from registry.allocations.service import Decision, decide_allocation, discard_allocation, freeze_allocation
from registry.core.access import CONSOLE, Permission
from registry.core.money import Money
from registry.database import fetch_value
from registry.fees.service import cancel_engagement
from registry.funders.service import close_year
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant, state_benefit
from registry.grants.stops import release_grant, stop_grant
from registry.initiatives.edition_schemas import BudgetDetails, BudgetKind, BudgetLineDetails
from registry.initiatives.edition_service import link, set_budget
from registry.initiatives.schemas import InitiativeKind, ShareDetails
from registry.parties.protection import protect_party
from registry.parties.schemas import PartyDetails, PartyKind
from registry.parties.service import change_party, merge_parties
from registry.parties.statuses import Status, StatusDetails, set_status
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.recoveries.schemas import ClosureKind
from registry.recoveries.service import close_claim
from registry.reports.schemas import ReportEvent
from registry.statements.batch_schemas import BatchRequest, Origin
from registry.statements.batch_service import begin_batch, cancel_batch
from registry.tables.accounts import AccountDecision, AccountRequest
from registry.tables.reminders import CalendarFeed
from registry.tables.statements import Statement
from registry.trail import read_anchor, record, recording
from registry.users.rights import set_right
from registry.users.service import create_token
from tests.factories import (
    World,
    make_agreement,
    make_claim,
    make_creator,
    make_demand,
    make_edition,
    make_engagement,
    make_event,
    make_figures,
    make_grant,
    make_initiative,
    make_party,
    make_payment,
    make_report,
    make_shares,
    make_world,
    take_step,
)

PERSON = "640823-3234"


async def make_story() -> World:
    """Tell it."""
    world = await make_world()
    officer, colleague = await world.scope("officer"), await world.scope("colleague")
    person = await make_party("Åsa Skapare", kind=PartyKind.CREATOR, number=PERSON, bankgiro="297-3675")
    first = await make_grant(world.programme, world.abf, amount=500_000_00)
    second = await make_grant(world.programme, world.bilda, amount=300_000_00)
    third = await make_grant(world.region_programme, person, amount=80_000_00, decided_on=date(2024, 3, 1))
    numbers = [await make_payment(first, amount=10_000_00 + step, scope=officer) for step in range(12)]
    numbers += [await make_payment(second, amount=7_000_00 + step, voucher=f"V{step}") for step in range(8)]
    await make_payment(third, amount=80_000_00, paid_on=date(2024, 4, 2), voucher="V100")
    for number in numbers[:6]:
        await attest_payment(colleague, number)
    for number in (numbers[0], numbers[11], numbers[15]):
        await reverse_payment(officer, number, reason="Fel konto", reversed_on=date(2025, 5, 1))
    amendment = AmendmentDetails(
        kind=AmendmentKind.INCREASE,
        amount_ore=Money(20_000_00),
        decided_on=date(2025, 6, 1),
        decider="Nämnden",
        reason="Fler studietimmar",
    )
    await amend_grant(CONSOLE, second, amendment, key="amend")
    repaid = RepaymentDetails(amount=Money(1_000_00), repaid_on=date(2025, 9, 1), reason="Inställd kurs")
    await register_repayment(CONSOLE, first, repaid, key="repay")
    renamed = PartyDetails(
        org_number=PERSON, name="Åsa Konstnär", kind=PartyKind.CREATOR, municipality="Falun", bankgiro="297-3675"
    )
    await change_party(CONSOLE, person, renamed, valid_from=date(2025, 1, 1))
    await merge_parties(CONSOLE, await make_party("Mindre förbund"), world.abf, merged_on=date(2025, 7, 1))
    engagement = await make_engagement(person, world.kommun)
    await cancel_engagement(CONSOLE, engagement, reason="Inställt", key="cancel")
    await protect_party(CONSOLE, await make_creator("Skyddad Person"), reason="Beslut om skyddad folkbokföring")
    await set_right(CONSOLE, world.colleague, Permission.PARTIES_PROTECTED, given=True, reason="Handlägger ärendet")
    await state_benefit(CONSOLE, second, "Öppna cirklar i hela kommunen")
    await withdraw_agreement(CONSOLE, await make_agreement(), reason="Registrerad två gånger")
    await keep_up_together(world, second, engagement)
    await create_token(CONSOLE, await fetch_value("SELECT email FROM app_user WHERE id = $1", world.auditor))
    report = await make_report(world.abf)
    await correct_report(CONSOLE, report, make_figures(study_hours=900), reason="Fel summa")
    closed = StatusDetails(status=Status.CLOSED, valid_from=date(2025, 1, 1), source="Styrelsens beslut")
    await set_status(CONSOLE, await make_party("Nedlagt förbund"), closed)
    await allocate()
    await around(world, paid=first)
    await issue_statement(world.abf)
    batch = await begin_batch(CONSOLE, BatchRequest(year=2025), origin=Origin.CONSOLE)
    await cancel_batch(CONSOLE, batch.id)
    await close_year(CONSOLE, world.region, 2023)
    await record(CONSOLE, "summaries:summary:export", rows=3)
    return world


async def keep_up_together(world: World, grant: str, engagement: str) -> None:
    """An initiative's edition with an event, a budget and links, and the shares of a body that several keep up."""
    edition = await make_initiative(world.kommun, world.bilda)
    await make_edition(edition, theme="Sommar")
    event_id = await make_event(edition)
    fees = BudgetLineDetails(kind=BudgetKind.FEES, amount_ore=Money(10_00))
    await set_budget(CONSOLE, edition, 2025, BudgetDetails(lines=(fees,)))
    await link(CONSOLE, edition, 2025, [int(grant[2:])], {int(engagement[2:]): event_id})
    body = await make_initiative(world.region, world.abf, kind=InitiativeKind.CO_FUNDED)
    await make_shares(body, ShareDetails(partner="Smedjebackens kommun", amount_ore=Money(5_00)))


async def around(world: World, *, paid: str) -> None:
    """A report that was overdue and a stop; a claim on a paid grant, settled in part, and the rest given up."""
    grant = await make_grant(world.programme, world.abf, amount=9_000_00)
    report = await make_demand(grant, due_on=date(2026, 2, 28))
    await make_payment(grant, amount=5_00, override_reason="Hyran förfaller")
    await take_step(report, ReportEvent.RECEIVED, date(2026, 3, 2))
    await stop_grant(CONSOLE, grant, reason="Utredning")
    await release_grant(CONSOLE, grant, reason="Utrett")
    claim = await make_claim(paid, amount=100_00)
    settled = RepaymentDetails(Money(40_00), date(2026, 2, 1), "Insatt", claim)
    await register_repayment(CONSOLE, paid, settled, key="settle")
    await close_claim(CONSOLE, claim, ClosureKind.WRITTEN_OFF, reason="Konkurs", closed_on=date(2026, 3, 1))
    async with recording(CONSOLE) as unit:
        entry = unit.enter("parties:account:request")
        request_id = await unit.insert(
            entry, AccountRequest, party_id=world.abf, bankgiro="297-3675", valid_from=date(2026, 1, 1), reason="Brev",
            source="form", recorded_at=unit.now,
        )  # fmt: skip
        await unit.insert(
            entry, AccountDecision, request_id=request_id, outcome="withdrawn", reason="Fel", recorded_at=unit.now
        )
        await unit.insert(
            entry, CalendarFeed, user_id=world.officer, active=True, token_hash=bytes(32), recorded_at=unit.now
        )


async def allocate() -> None:
    """An allocation that was discarded, and one that became grants."""
    equal = Definition.model_validate({"parts": [{"code": "all", "title": "Lika", "weight": "100", "key": "even"}]})
    rule = await register_rule(CONSOLE, "Lika till alla", RuleDetails(issuer="X", source="X", definition=equal))
    day = date(2026, 2, 3)
    discarded, decided = [await _freeze(f"FR-{rule}.1", day, discard=discard) for discard in (True, False)]
    assert discarded != decided
    decision = Decision(dnr="KUN 2026/77", decided_on=day, decider="Nämnden")
    await decide_allocation(CONSOLE, decided, decision)


async def _freeze(rule: str, day: date, *, discard: bool) -> str:
    number = allocation_number(
        await freeze_allocation(CONSOLE, "212000-2270:LK-STUD", rule, year=2026, frame=Money(2_00), eligible_on=day)
    )
    if discard:
        await discard_allocation(CONSOLE, number, reason="Fel dag")
    return number


async def issue_statement(party_id: int) -> None:
    """A statement with stand-in files."""
    anchor = await read_anchor()
    figures, pdf = b'{"paid": "1.00"}', b"%PDF-1.7 stand-in"
    async with recording(CONSOLE) as unit:
        await unit.insert(
            unit.enter("statements:statement:issue"),
            Statement,
            number="S-2025-1",
            party_id=party_id,
            year=2025,
            language="sv",
            version=1,
            code="ABCDEFGHJKMNPQRS",
            paid_ore=100,
            figures=figures,
            figures_sha256=hashlib.sha256(figures).digest(),
            pdf=pdf,
            pdf_sha256=hashlib.sha256(pdf).digest(),
            anchor_seq=anchor.seq,
            anchor_hash=anchor.hash,
            issued_on=unit.today,
            recorded_at=unit.now,
        )
