"""Plain functions that make what a test needs through the services, with sensible defaults."""

from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from registry import trail
from registry.activity.schemas import Figures, ReportDetails, report_number
from registry.activity.service import register_report
from registry.agreements.schemas import AgreementDetails, SignedBy, agreement_number
from registry.agreements.service import register_agreement
from registry.allocations.queries import allocation_number
from registry.allocations.rule_service import register_rule
from registry.allocations.schemas import RuleDetails, rule_number
from registry.allocations.service import Decision, decide_allocation, freeze_allocation
from registry.core.access import CONSOLE, Role, Scope
from registry.core.money import Money
from registry.database import fetch_row, fetch_value
from registry.fees.schemas import EngagementDetails, Tax, engagement_number
from registry.fees.service import register_engagement
from registry.grants.schemas import DemandedReport, GrantDetails, PlannedInstalment, ReportKind, grant_number
from registry.grants.service import decide_grant
from registry.initiatives.edition_schemas import EditionDetails
from registry.initiatives.edition_schemas import EventDetails as HeldEvent
from registry.initiatives.edition_service import register_edition
from registry.initiatives.edition_service import register_event as hold_event
from registry.initiatives.schemas import (
    InitiativeDetails,
    InitiativeKind,
    PlanDetails,
    ShareDetails,
    initiative_number,
)
from registry.initiatives.service import agree_shares, register_initiative
from registry.parties.accounts import request_account
from registry.parties.schemas import AccountDetails, PartyDetails, PartyKind, request_number
from registry.parties.service import register_party
from registry.payments.registrar import Registered
from registry.payments.schemas import PaymentDetails, payment_number
from registry.payments.service import attest_payment, register_payment
from registry.programmes.schemas import ProgrammeDetails, ProgrammeKind
from registry.programmes.service import register_programme, set_frame
from registry.recoveries.schemas import ClaimDetails, Ground, claim_number
from registry.recoveries.service import decide_claim
from registry.reports.schemas import EventDetails, ReportEvent
from registry.reports.schemas import report_number as demand_number
from registry.reports.service import demand_report, register_event
from registry.users.schemas import NewUser
from registry.users.service import create_user

LUDVIKA = "212000-2270"
DALARNA = "232100-0180"
_serial = count(1)


def org_number(serial: int) -> str:
    """An invented organisation number with the right check digit."""
    digits = f"8099{serial:05d}"
    total = sum(sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(digits))
    whole = digits + str(-total % 10)
    return f"{whole[:6]}-{whole[6:]}"


async def make_party(
    name: str = "Studieförbundet Exempel",
    *,
    kind: PartyKind = PartyKind.STUDY_ASSOCIATION,
    number: str | None = None,
    bankgiro: str = "",
    municipality: str = "Ludvika",
    language: str = "sv",
) -> int:
    """Register a party; returns its id."""
    details = PartyDetails(
        org_number=number or org_number(next(_serial)),
        name=name,
        kind=kind,
        bankgiro=bankgiro,
        municipality=municipality,
        language=language,
    )
    return await register_party(CONSOLE, details, valid_from=date(2020, 1, 1))


async def make_agreement(
    title: str = "Nästa överenskommelse", *, first: int = 2023, last: int = 2026, areas: tuple[str, ...] = ("youth",)
) -> str:
    """Register an agreement of both funders for some years; returns its number."""
    details = AgreementDetails(
        title=title,
        period_from=date(first, 1, 1),
        period_to=date(last, 12, 31),
        source="KS 2022/1",
        parties=(SignedBy(org_number=LUDVIKA, name="Ludvika"), SignedBy(org_number=DALARNA, name="Region Dalarna")),
        areas=areas,
    )
    return agreement_number(await register_agreement(CONSOLE, details))


async def make_programme(
    funder_id: int,
    *,
    code: str | None = None,
    frame: int = 100_000_000,
    years: tuple[int, ...] = (2024, 2025, 2026),
    kind: ProgrammeKind = ProgrammeKind.STUDY_ASSOCIATIONS,
    area: str = "civil_society_study_associations",
    inside_ksm: bool = False,
) -> int:
    """Register a programme with the same frame (öre) for some years; returns its id."""
    area_id = await fetch_value("SELECT id FROM priority_area WHERE code = $1", area)
    code = code or f"P{next(_serial)}"
    programme_id = await register_programme(
        CONSOLE,
        funder_id,
        ProgrammeDetails(code=code, title=f"Programmet {code}", kind=kind, area_id=area_id, inside_ksm=inside_ksm),
    )
    for year in years:
        await set_frame(CONSOLE, programme_id, year, Money(frame))
    return programme_id


async def make_grant(
    programme_id: int,
    recipient_id: int,
    *,
    amount: int = 10_000_000,
    decided_on: date = date(2025, 2, 3),
    via_id: int | None = None,
    dnr: str | None = None,
    benefit: str = "",
    instalments: tuple[tuple[date, int], ...] | None = None,
    conditions: str = "",
    reports: tuple[DemandedReport, ...] = (),
    scope: Scope = CONSOLE,
) -> str:
    """Decide a grant (amounts in öre); returns its number."""
    plan = instalments or ((decided_on, amount),)
    grant_id = await decide_grant(
        scope,
        GrantDetails(
            programme_id=programme_id,
            recipient_id=recipient_id,
            via_id=via_id,
            dnr=dnr or f"KUN {decided_on.year}/{next(_serial):04d}",
            decided_on=decided_on,
            decider="Kultur- och samhällsutvecklingsnämnden",
            amount_ore=Money(amount),
            period_from=date(decided_on.year, 1, 1),
            period_to=date(decided_on.year, 12, 31),
            purpose="Verksamhetsbidrag",
            benefit=benefit,
            conditions=conditions,
            reports=reports,
            instalments=tuple(PlannedInstalment(due_on=day, amount_ore=Money(part)) for day, part in plan),
        ),
    )
    return grant_number(grant_id)


async def make_payment(
    grant: str,
    *,
    amount: int = 1_000_000,
    paid_on: date = date(2025, 3, 31),
    voucher: str = "",
    instalment: int | None = None,
    override_reason: str = "",
    key: str | None = None,
    scope: Scope = CONSOLE,
) -> str:
    """Register a payment (öre); returns its number."""
    details = PaymentDetails(
        grant=grant,
        amount_ore=Money(amount),
        paid_on=paid_on,
        voucher=voucher,
        instalment=instalment,
        override_reason=override_reason,
    )
    done: Registered = await register_payment(scope, details, key=key or f"test-{next(_serial)}")
    return payment_number(done.payment_id)


async def make_paid(world: "World", grant: str, *, amount: int = 1_000_00, paid_on: date = date(2025, 3, 31)) -> str:
    """A payment of the kommun that a colleague has attested; returns its number."""
    payment = await make_payment(grant, amount=amount, paid_on=paid_on, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    return payment


async def make_demand(
    grant: str,
    *,
    due_on: date = date(2026, 2, 28),
    kind: ReportKind = ReportKind.FINAL,
    title: str = "",
    demanded_on: date = date(2025, 2, 3),
    scope: Scope = CONSOLE,
) -> str:
    """Demand a report of a grant; returns its number."""
    demanded = DemandedReport(kind=kind, title=title, due_on=due_on)
    return demand_number(await demand_report(scope, grant, demanded, demanded_on=demanded_on))


async def make_claim(
    grant: str,
    *,
    amount: int = 1_000_00,
    ground: Ground = Ground.WRONG_PAYMENT,
    condition: str = "",
    reason: str = "Utbetald två gånger",
    decided_on: date = date(2026, 1, 15),
    due_on: date = date(2026, 3, 31),
    key: str | None = None,
    scope: Scope = CONSOLE,
) -> str:
    """Claim back money of a grant (öre); returns the claim's number."""
    claim = ClaimDetails(
        amount_ore=Money(amount),
        ground=ground,
        condition=condition,
        reason=reason,
        decided_on=decided_on,
        decider="Kulturchefen",
        dnr="KUN 2026/900",
        due_on=due_on,
    )
    return claim_number(await decide_claim(scope, grant, claim, key=key or f"test-{next(_serial)}"))


async def make_account_request(
    party_id: int,
    *,
    bankgiro: str = "297-3675",
    plusgiro: str = "",
    valid_from: date | None = None,
    reason: str = "Ny bank",
    scope: Scope = CONSOLE,
) -> str:
    """Ask that a party is paid to another account; returns the request's number."""
    details = AccountDetails(
        bankgiro=bankgiro, plusgiro=plusgiro, valid_from=valid_from or trail.today(), reason=reason, evidence="Brev 7"
    )
    return request_number(await request_account(scope, party_id, details))


async def take_step(
    report: str,
    event: ReportEvent,
    happened_on: date,
    *,
    due_on: date | None = None,
    reason: str = "",
    reference: str = "",
    scope: Scope = CONSOLE,
) -> None:
    """Register a step of a report."""
    step = EventDetails(event=event, happened_on=happened_on, due_on=due_on, reason=reason, reference=reference)
    await register_event(scope, report, step)


async def make_user(
    role: Role, *, funder_id: int | None = None, party_id: int | None = None, password: str | None = None
) -> int:
    """Create a user; returns the id."""
    serial = next(_serial)
    return await create_user(
        CONSOLE,
        NewUser(
            email=f"user{serial}@example.se",
            name=f"Person {serial}",
            role=role,
            funder_id=funder_id,
            party_id=party_id,
        ),
        password,
    )


async def scope_of(user_id: int) -> Scope:
    """The scope of a user who reads everything or only their own party."""
    row = await fetch_row("SELECT role, funder_id, party_id FROM app_user WHERE id = $1", user_id)
    assert row is not None
    parties = (row["party_id"],) if row["party_id"] else None
    return Scope(user_id=user_id, role=Role(row["role"]), funder_id=row["funder_id"], party_ids=parties)


async def make_engagement(
    creator_id: int,
    funder_id: int,
    *,
    commissioner_id: int | None = None,
    issuer: str = "Sveriges Författarförbund / KLYS",
    code: str = "appearance-120",
    booked_on: date | None = date(2025, 2, 3),
    event_date: date | None = date(2025, 5, 10),
    quantity: int | None = 1000,
    fee: int | None = 850_000,
    tax: Tax | None = Tax.F,
    motive: str = "",
    scope: Scope = CONSOLE,
    **facts: Any,
) -> str:
    """Register an engagement (quantity in thousandths, fee in öre); returns its number."""
    details = EngagementDetails(
        creator_id=creator_id,
        commissioner_id=commissioner_id or funder_id,
        funder_id=funder_id,
        issuer=issuer,
        code=code,
        booking_date=booked_on,
        event_date=event_date,
        quantity=quantity,
        agreed_fee_ore=None if fee is None else Money(fee),
        tax=tax,
        motive=motive,
        **facts,
    )
    done = await register_engagement(scope, details, key=f"test-{next(_serial)}")
    return engagement_number(done.engagement_id)


async def make_initiative(
    funder_id: int,
    party_id: int,
    *,
    kind: InitiativeKind = InitiativeKind.EDITION,
    title: str | None = None,
    note: str = "",
) -> str:
    """Register an initiative that a funder keeps; returns its number."""
    details = InitiativeDetails(kind=kind, title=title or f"Satsning {next(_serial)}", party_id=party_id, note=note)
    return initiative_number(await register_initiative(CONSOLE, funder_id, details))


async def make_shares(
    initiative: str, *shares: ShareDetails, year: int = 2025, whole: int | None = None, reason: str = ""
) -> int:
    """Agree on shares of a year; returns the version."""
    plan = PlanDetails(
        whole_ore=None if whole is None else Money(whole), shares=shares, source="Avtal 2025", reason=reason
    )
    return await agree_shares(CONSOLE, initiative, year, plan)


async def make_edition(initiative: str, year: int = 2025, *, theme: str = "") -> int:
    """Register a year of an initiative; returns the edition's id."""
    return await register_edition(CONSOLE, initiative, year, EditionDetails(theme=theme))


async def make_event(
    initiative: str,
    title: str = "Läsning på biblioteket",
    *,
    year: int = 2025,
    held_on: date = date(2025, 5, 10),
    audience: int | None = None,
) -> int:
    """Register an event of an edition; returns its id."""
    details = HeldEvent(title=title, held_on=held_on, place="Ludvika bibliotek", audience=audience)
    return await hold_event(CONSOLE, initiative, year, details)


def personal_number(serial: int) -> str:
    """An invented personal number with the right check digit; birth numbers from 980 are given to nobody."""
    digits = f"{50 + serial % 40:02d}0101{980 + serial % 20}"
    total = sum(sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(digits))
    whole = digits + str(-total % 10)
    return f"{whole[:6]}-{whole[6:]}"


async def make_creator(name: str = "Åsa Skapare", *, number: str | None = None, municipality: str = "Ludvika") -> int:
    """Register a creator, a person; returns the id."""
    number = number or personal_number(next(_serial))
    return await make_party(name, kind=PartyKind.CREATOR, number=number, municipality=municipality)


@dataclass
class World:
    """Ids of what most tests need."""

    kommun: int
    region: int
    abf: int
    bilda: int
    programme: int
    region_programme: int
    officer: int
    colleague: int
    region_officer: int
    abf_user: int
    bilda_user: int
    auditor: int
    admin: int

    async def scope(self, name: str) -> Scope:
        """The scope of one of the users by name: `officer`, `abf_user` and so on."""
        return await scope_of(getattr(self, name))


async def make_world() -> World:
    """Make it."""
    kommun = await make_party("Ludvika kommun", kind=PartyKind.KOMMUN, number=LUDVIKA)
    region = await make_party("Region Dalarna", kind=PartyKind.REGION, number=DALARNA)
    abf = await make_party("ABF Dalarna (test)", bankgiro="5402-9681")
    bilda = await make_party("Bilda Dalarna (test)")
    return World(
        kommun=kommun,
        region=region,
        abf=abf,
        bilda=bilda,
        programme=await make_programme(kommun, code="LK-STUD"),
        region_programme=await make_programme(region, code="RD-STUD"),
        officer=await make_user(Role.OFFICER, funder_id=kommun),
        colleague=await make_user(Role.OFFICER, funder_id=kommun),
        region_officer=await make_user(Role.OFFICER, funder_id=region),
        abf_user=await make_user(Role.ASSOCIATION, party_id=abf),
        bilda_user=await make_user(Role.ASSOCIATION, party_id=bilda),
        auditor=await make_user(Role.AUDITOR),
        admin=await make_user(Role.ADMIN),
    )


def make_figures(**changed: object) -> Figures:
    """What an activity report says, with sensible counts."""
    said: dict[str, Any] = {
        "study_hours": 1_000,
        "participant_hours": 8_000,
        "unique_participants": 300,
        "cultural_programmes": 10,
        "other_group_hours": 200,
        "source": "SCB 2025",
        "signed_by": "Ordföranden",
    }
    return Figures(**{**said, **changed})


async def make_report(party_id: int, year: int = 2025, municipality: str = "Ludvika", **changed: object) -> str:
    """Register an activity report; returns its number."""
    details = ReportDetails(municipality=municipality, year=year, figures=make_figures(**changed))
    return report_number(await register_report(CONSOLE, party_id, details))


def make_rule_details(*parts: dict[str, Any], **changed: Any) -> RuleDetails:
    """A rule of parts (by default last year's grants alone); a part without a weight takes the whole frame."""
    given = parts or ({"key": "previous_year_share"},)
    said = [
        {"code": f"part{place}", "title": f"Del {place}", "weight": "100", **part}
        for place, part in enumerate(given, start=1)
    ]
    texts = {name: changed.pop(name) for name in ("issuer", "source", "note", "valid_from") if name in changed}
    definition = {"parts": said, **changed}
    return RuleDetails.model_validate(
        {"issuer": "Nämnden", "source": "KUN 2026/1 § 4", "definition": definition, **texts}
    )


async def make_rule(name: str = "Förra årets andel", *, scope: Scope = CONSOLE, **changed: Any) -> str:
    """Register a rule by last year's grants alone; returns its number."""
    return rule_number(await register_rule(scope, name, make_rule_details(**changed)))


async def make_allocation(
    programme: str = "LK-STUD",
    *,
    rule: str = "FR-1.1",
    frame: int = 100_000_01,
    year: int = 2026,
    dnr: str = "",
    scope: Scope = CONSOLE,
) -> str:
    """Freeze an allocation, and decide it when it has a `dnr`; returns its number."""
    allocation_id = await freeze_allocation(
        scope, programme, rule, year=year, frame=Money(frame), eligible_on=date(2026, 3, 1)
    )
    number = allocation_number(allocation_id)
    if dnr:
        decision = Decision(dnr=dnr, paragraph="§ 14", decided_on=date(2026, 3, 18), decider="Nämnden")
        await decide_allocation(scope, number, decision)
    return number
