"""A body that several keep up and a society's initiative, whose every krona is known: ways, memo lines and all."""

from dataclasses import dataclass
from datetime import date

from registry.core.access import CONSOLE, Scope
from registry.core.money import Money
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.initiatives.edition_schemas import BudgetDetails, BudgetKind, BudgetLineDetails
from registry.initiatives.edition_service import link, set_budget
from registry.initiatives.schemas import InitiativeKind, ShareDetails
from registry.parties.schemas import PartyKind
from registry.payments.repayments import RepaymentDetails, register_repayment
from registry.payments.service import attest_payment, reverse_payment
from registry.programmes.schemas import ProgrammeKind
from tests.factories import (
    World,
    make_creator,
    make_edition,
    make_engagement,
    make_event,
    make_grant,
    make_initiative,
    make_party,
    make_payment,
    make_programme,
    make_shares,
    make_world,
)

LESS = AmendmentDetails(
    kind=AmendmentKind.DECREASE,
    amount_ore=Money(50_000_00),
    decided_on=date(2025, 9, 1),
    decider="Nämnden",
    reason="Färre visningar",
)


@dataclass
class Kept:
    """Ids and numbers. In 2025 the body's funders decide 950 000,01 kr and pay 620 000,01 of it."""

    world: World
    museum_body: int
    museum: int
    society: int
    body: str
    poetry: str
    event_id: int
    society_grant: str
    poetry_grant: str


async def keep() -> "Kept":
    """Tell it; nothing is agreed yet."""
    world = await make_world()
    body_id = await make_party("Ekomuseet", kind=PartyKind.OTHER, municipality="Smedjebacken")
    museum = await make_party("Länets museum", kind=PartyKind.MUSEUM)
    society = await make_party("Poesisällskapet", municipality="Smedjebacken")
    local = await make_programme(world.kommun, code="LK-EKO", kind=ProgrammeKind.CO_FUNDING, area="heritage_ekomuseum")
    regional = await make_programme(
        world.region, code="RD-EKO", kind=ProgrammeKind.CO_FUNDING, area="heritage_ekomuseum", inside_ksm=True
    )
    await _body_grants(world, body_id, museum, local, regional)
    body = await make_initiative(world.region, body_id, kind=InitiativeKind.CO_FUNDED, title="Ekomuseet")
    poetry, event_id, grants = await _edition(world, society)
    return Kept(world, body_id, museum, society, body, poetry, event_id, *grants)


async def _paid(scope: Scope, grant: str, *, amount: int) -> None:
    """An attested payment."""
    await attest_payment(CONSOLE, await make_payment(grant, amount=amount, scope=scope))


async def _body_grants(world: World, body: int, museum: int, local: int, regional: int) -> None:
    await make_grant(local, body, amount=300_000_00, decided_on=date(2024, 2, 1))
    direct = await make_grant(local, body, amount=450_000_00, decided_on=date(2025, 2, 1))
    await amend_grant(CONSOLE, direct, LESS, key="less")
    through = await make_grant(regional, body, via_id=museum, amount=500_000_01, decided_on=date(2025, 3, 1))
    extra = await make_grant(regional, body, amount=50_000_00, decided_on=date(2025, 3, 2))
    officer, region_officer = await world.scope("officer"), await world.scope("region_officer")
    await _paid(officer, direct, amount=200_000_00)
    await make_payment(direct, amount=100_000_00, scope=officer)
    wrong = await make_payment(direct, amount=70_000_00, scope=officer)
    await attest_payment(await world.scope("colleague"), wrong)
    await reverse_payment(officer, wrong, reason="Fel konto", reversed_on=date(2025, 6, 1))
    await _paid(region_officer, through, amount=400_000_01)
    await _paid(region_officer, extra, amount=20_000_00)
    await make_payment(extra, amount=1_00, scope=region_officer)
    await register_repayment(CONSOLE, through, RepaymentDetails(Money(3_000_00), date(2025, 11, 1), "Rest"), key="back")
    await make_grant(world.region_programme, museum, amount=80_000_00)
    await make_grant(world.programme, body, amount=7_000_00)
    study = await make_grant(world.programme, world.abf, amount=11_000_03)
    await _paid(officer, study, amount=10_000_03)


async def _edition(world: World, society: int) -> tuple[str, int, tuple[str, str]]:
    programme = await make_programme(world.kommun, code="LK-POESI", kind=ProgrammeKind.INITIATIVE, area="none at all")
    regional = await make_programme(
        world.region, code="RD-LITT", kind=ProgrammeKind.GENERAL, area="none at all", inside_ksm=True
    )
    ours = await make_grant(programme, society, amount=60_000_00)
    theirs = await make_grant(regional, society, amount=40_000_00)
    await _paid(await world.scope("officer"), ours, amount=60_000_00)
    number = await make_initiative(world.kommun, society, title="Poesisatsningen")
    await make_edition(number, theme="Sommaren")
    event_id = await make_event(number, audience=42)
    await make_event(number, "Avslutning", held_on=date(2025, 10, 1))
    creator = await make_creator("Åsa Skapare")
    paid = await make_engagement(creator, world.kommun, commissioner_id=society, fee=850_000)
    short = await make_engagement(creator, world.kommun, commissioner_id=society, fee=100_000)
    events = {int(paid[2:]): event_id, int(short[2:]): None}
    await link(CONSOLE, number, 2025, [int(ours[2:]), int(theirs[2:])], events)
    lines = (
        BudgetLineDetails(kind=BudgetKind.FUNDER, funder_id=world.kommun, amount_ore=Money(50_000_00)),
        BudgetLineDetails(kind=BudgetKind.OTHER_INCOME, title="Entréer", amount_ore=Money(5_000_00)),
        BudgetLineDetails(kind=BudgetKind.FEES, amount_ore=Money(10_000_00)),
        BudgetLineDetails(kind=BudgetKind.OTHER_COST, title="Resor", amount_ore=Money(4_000_00)),
    )
    await set_budget(CONSOLE, number, 2025, BudgetDetails(lines=lines))
    return number, event_id, (ours, theirs)


async def agree(kept: Kept) -> None:
    """What the funders agree to, partly as parts of a whole, and partners outside the registry."""
    world = kept.world
    await make_shares(
        kept.body,
        ShareDetails(funder_id=world.kommun, parts=2),
        ShareDetails(funder_id=world.region, via_id=kept.museum, parts=3),
        ShareDetails(partner="Smedjebackens kommun", parts=2),
        ShareDetails(partner="Västmanlands läns museum", amount_ore=Money(250_000_00)),
        whole=1_000_000_00,
    )
