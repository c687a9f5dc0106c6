"""Statements to test with: invented figures that add up, as long as a test wants them."""

from datetime import date, timedelta
from typing import Any

from registry.core.money import Money
from registry.statements.matters import (
    BasisLine,
    BasisPart,
    ClaimLine,
    EngagementLine,
    FlowLine,
    PartnerLine,
    ReportLine,
    StopLine,
)
from registry.statements.schemas import (
    Amendment,
    ComingPayment,
    FunderSection,
    GrantLine,
    Position,
    StatementDocument,
    StatementEnvelope,
    StatementEvent,
    StatementFigures,
    StatementParty,
    Sums,
)
from registry.statements.values import SHAPE

YEAR = 2025
FUNDERS = (
    ("region", "Region Dalarna", "232100-0180", "#1b4f72", ("Kultur och bildning", "Box 712, 791 29 Falun")),
    ("kommun", "Ludvika kommun", "212000-2270", "#b9770e", ("Kultur och samhällsutveckling", "771 82 Ludvika")),
)
PROGRAMMES = (
    ("Verksamhetsbidrag till studieförbund", "Civilsamhälle och studieförbund"),
    ("Lokalbidrag för öppna mötesplatser", "Unga och unga vuxna"),
    ("Läsfrämjande och litteratur", "Bibliotek"),
    ("Scenkonst i hela länet", "Scenkonst och arrangörskap"),
)


def decided_on(index: int) -> date:
    """The day of a decision."""
    return date(YEAR, 1, 15) + timedelta(days=9 * index)


def make_grant(index: int, **changes: Any) -> GrantLine:
    """A decision of 400 000.00, by the region when `index` is even and the kommun when it is odd."""
    programme, area = PROGRAMMES[index // 2 % len(PROGRAMMES)]
    region = index % 2 == 0
    values: dict[str, Any] = {
        "number": f"B-{1023 + index}",
        "funder": FUNDERS[index % 2][0],
        "dnr": f"RD25/{411 + 7 * index:05d}" if region else f"KSN 2025/{19 + index}",
        "paragraph": f"§ {14 + index}",
        "decided_on": decided_on(index),
        "decider": "Kultur- och bildningsnämnden" if region else "Kultur- och samhällsutvecklingsnämnden",
        "programme": programme,
        "priority_area": area,
        "purpose": "Studiecirklar och kulturprogram i länets alla kommuner." if index % 3 == 0 else "",
        "period_from": date(YEAR, 1, 1),
        "period_to": date(YEAR, 12, 31),
        "granted_ore": Money(400_000_00),
        "paid_ore": Money(0),
        "remaining_ore": Money(400_000_00),
    }
    return GrantLine(**(values | changes))


def make_document(
    *,
    grants: int = 3,
    payments: int = 6,
    language: str = "sv",
    reversals: int = 0,
    amended: bool = False,
    party: dict[str, Any] | None = None,
    envelope: dict[str, Any] | None = None,
    first_event: dict[str, Any] | None = None,
    lines: dict[str, Any] | None = None,
    figures: dict[str, Any] | None = None,
    by_way: bool = False,
) -> StatementDocument:
    """A statement of 400 000.00 a grant, with its payments spread over grants and months; figures always add up.

    `lines` are further values of every decision, `figures` of the year, `party` and `envelope` of theirs. `by_way`: the
    region's decisions go by a museum, and a neighbour pays besides.
    """
    events = _events(grants, payments, reversals)
    if first_event:
        events[0] = events[0].model_copy(update=first_event)
    decided = [_settle(make_grant(index, **(lines or {})), events) for index in range(grants)]
    if by_way:
        decided = [_through(line) for line in decided]
    if amended:
        decided[0] = _amend(decided[0])
    decided.sort(key=lambda line: [funder[0] for funder in FUNDERS].index(line.funder))
    sections = tuple(
        _section(funder, decided, events) for funder in FUNDERS if any(line.funder == funder[0] for line in decided)
    )
    about: dict[str, Any] = {
        "number": "P-17",
        "name": "ABF Dalarna",
        "org_number": "883800-5318",
        "address": ("Borganäsvägen 35", "784 33 Borlänge"),
    }
    return StatementDocument(
        figures=StatementFigures(
            party=StatementParty(**(about | (party or {}))),
            year=YEAR,
            language=language,  # type: ignore[arg-type]
            funders=sections,
            grants=tuple(decided),
            events=tuple(events),
            coming=tuple(_coming(decided)),
            totals=Sums(
                **{field: Money(sum(getattr(each, field) for each in sections)) for field in Sums.model_fields}
            ),
            **({"shape": SHAPE} | (_ways(decided) if by_way else {}) | (figures or {})),
        ),
        envelope=make_envelope(**(envelope or {})),
    )


def _through(line: GrantLine) -> GrantLine:
    return line.model_copy(update={"via": "Länets museum"}) if line.funder == FUNDERS[0][0] else line


def _ways(grants: list[GrantLine]) -> dict[str, Any]:
    """Each funder's decisions as one way, and a partner outside the registry."""
    flows = []
    for key, name, *_rest in FUNDERS:
        own = [line for line in grants if line.funder == key]
        sums = {
            "opening_ore": Money(0),
            "decided_ore": Money(sum(line.granted_ore for line in own)),
            "paid_ore": Money(sum(line.paid_ore for line in own)),
            "remaining_ore": Money(sum(line.remaining_ore for line in own)),
        }
        flows.append(
            FlowLine(
                title="Ekomuseet", initiative="S-1", funder=key, name=name, via=own[0].via if own else "",
                grants=tuple(line.number for line in own), agreed_ore=Money(183_750_00), **sums,
            )
        )  # fmt: skip
    partner = PartnerLine(title="Ekomuseet", name="Grannkommunen", agreed_ore=Money(91_875_00))
    return {"flows": tuple(flows), "partners": (partner,)}


def make_envelope(**changes: Any) -> StatementEnvelope:
    """An envelope of version 1, issued on 2026-02-16."""
    values: dict[str, Any] = {
        "number": "2025-000017",
        "version": 1,
        "code": "T4YH-TUDR-R7W8-CTRZ",
        "issued_on": date(2026, 2, 16),
        "anchor_seq": 20345,
        "anchor_hash": "3f5a9c0d1e2b4a67" * 4,
        "verify_url": "https://bidrag.example.se/verify/T4YH-TUDR-R7W8-CTRZ",
    }
    return StatementEnvelope(**(values | changes))


def make_previous() -> Sums:
    """A year before, of which nothing was left."""
    ore = {"opening_ore": 0, "decided_ore": 1_100_000_00, "paid_ore": 1_100_000_00, "reversed_ore": 0}
    return Sums(**{name: Money(amount) for name, amount in (ore | {"repaid_ore": 0, "remaining_ore": 0}).items()})


def make_matters() -> dict[str, Any]:
    """Reports in several states, a claim, a stop and engagements, for the first decisions of `make_document`."""
    region: dict[str, Any] = {"grant": "B-1023", "funder": FUNDERS[0][0]}
    kommun: dict[str, Any] = {"grant": "B-1024", "funder": FUNDERS[1][0]}
    due = date(YEAR + 1, 3, 31)
    return {
        "reports": (
            ReportLine(number="D-7", title="Slutredovisning", due_on=due, state="due", **region),
            ReportLine(
                number="D-8",
                title="Verksamhetsberättelse",
                due_on=date(YEAR, 10, 1),
                state="due",
                overdue=True,
                **kommun,
            ),
            ReportLine(number="D-5", title="Delredovisning", due_on=date(YEAR, 8, 1), state="approved", **kommun),
        ),
        "claims": (
            ClaimLine(
                number="K-3",
                dnr="KSN 2025/88",
                decided_on=date(YEAR, 9, 2),
                due_on=date(YEAR, 10, 31),
                ground="condition",
                condition="Redovisning lämnas senast den 31 mars året efter.",
                reason="Två av tolv kurser blev inställda.",
                opening_ore=Money(0),
                claimed_ore=Money(24_000_00),
                settled_ore=Money(10_000_00),
                closed_ore=Money(0),
                left_ore=Money(14_000_00),
                **kommun,
            ),
        ),
        "bases": (
            BasisLine(
                amount_ore=Money(400_000_00),
                allocation="F-2",
                rule="Ludvika kommun: Grund och volym, version 1",
                source="KS 2024/17",
                year=YEAR,
                frame_ore=Money(1_600_000_00),
                parts=(
                    BasisPart(
                        title="Grundbidrag",
                        weight="80 %",
                        key="Förra årets bidrag",
                        part_ore=Money(1_280_000_00),
                        basis=f"{YEAR - 1}: 390 000,00 kr",
                        sum="1 280 000,00 kr × 390 000,00 kr ÷ 1 560 000,00 kr = 320 000 kr",
                        amount_ore=Money(320_000_00),
                    ),
                    BasisPart(
                        title="Volymbidrag",
                        weight="20 %",
                        key="Studietimmar",
                        part_ore=Money(320_000_00),
                        basis=f"{YEAR - 1}: 1 000 studietimmar + 100 kulturprogram × 7,3 = 1 730",
                        sum="320 000,00 kr × 1 730 ÷ 6 920 = 80 000 kr",
                        note="avrundat uppåt: en av de största resterna",
                        amount_ore=Money(80_000_00),
                    ),
                ),
                **kommun,
            ),
        ),
        "stops": (StopLine(stopped_on=date(YEAR, 11, 3), reason="Verksamhetsberättelsen saknas.", **kommun),),
        "engagements": (
            EngagementLine(
                number="E-4",
                day=date(YEAR, 5, 8),
                title="Uppläsning på biblioteket",
                commissioner="Ludvika kommun",
                grant="B-1024",
                fee_ore=Money(8_500_00),
                outcome="meets",
                schedule="Författararvoden 2024",
                level_ore=Money(8_500_00),
                compared_ore=Money(8_500_00),
            ),
            EngagementLine(
                number="E-5",
                day=date(YEAR, 9, 13),
                title="Skrivarverkstad",
                commissioner="Werner Aspenström-sällskapet",
                fee_ore=Money(6_000_00),
                outcome="below",
                schedule="Författararvoden 2024",
                level_ore=Money(8_500_00),
                compared_ore=Money(6_000_00),
                gap_ore=Money(2_500_00),
                gap_basis_points=2941,
            ),
        ),
    }


def make_position(document: StatementDocument, paid: int = 145_000_00) -> Position:
    """What happened after the year: something of what was left was paid."""
    left = document.figures.totals.remaining_ore
    zero = Money(0)
    return Position(
        on=date(2026, 2, 16), decided_ore=zero, paid_ore=Money(paid), repaid_ore=zero, remaining_ore=Money(left - paid)
    )


def _events(grants: int, payments: int, reversals: int) -> list[StatementEvent]:
    share = 320_000_00 * grants // max(payments, 1) // 100_00 * 100_00
    events = [
        StatementEvent(
            on=max(date(YEAR, 1, 20) + timedelta(days=index * 330 // payments), decided_on(index % grants)),
            number=f"U-{20311 + index}",
            kind="payment",
            grant=f"B-{1023 + index % grants}",
            funder=FUNDERS[index % grants % 2][0],
            voucher=f"V{250117 + 13 * index}",
            account="BG ••••-1234",
            amount_ore=Money(share),
        )
        for index in range(payments)
    ]
    for index in range(reversals):
        paid = events[index]
        undone = {
            "on": paid.on + timedelta(days=12),
            "number": f"R-{311 + index}",
            "kind": "reversal",
            "amount_ore": Money(-paid.amount_ore),
            "note": f"{paid.number}, fel konto",
        }
        events.append(paid.model_copy(update=undone))
    return sorted(events, key=lambda event: (event.on, event.number))


def _settle(grant: GrantLine, events: list[StatementEvent]) -> GrantLine:
    paid = sum(event.amount_ore for event in events if event.grant == grant.number)
    left = {"paid_ore": Money(paid), "remaining_ore": Money(grant.granted_ore - paid)}
    return grant.model_copy(update=left)


def _amend(grant: GrantLine) -> GrantLine:
    """Raise a grant by 25 000.00."""
    more = Money(25_000_00)
    change = Amendment(
        decided_on=date(YEAR, 6, 3), kind="increase", delta_ore=more, reason="Utökad verksamhet under sommarlovet."
    )
    raised = {"granted_ore": Money(grant.granted_ore + more), "remaining_ore": Money(grant.remaining_ore + more)}
    return grant.model_copy(update={"amendments": (change,), **raised})


def _section(
    funder: tuple[str, str, str, str, tuple[str, ...]], lines: list[GrantLine], events: list[StatementEvent]
) -> FunderSection:
    key, name, org_number, colour, contact = funder
    own = [event for event in events if event.funder == key]
    grants = [line for line in lines if line.funder == key]
    return FunderSection(
        key=key,
        name=name,
        org_number=org_number,
        colour=colour,
        contact=contact,
        opening_ore=Money(0),
        decided_ore=Money(sum(line.granted_ore for line in grants)),
        paid_ore=Money(sum(event.amount_ore for event in own if event.kind == "payment")),
        reversed_ore=Money(-sum(event.amount_ore for event in own if event.kind == "reversal")),
        repaid_ore=Money(0),
        remaining_ore=Money(sum(line.remaining_ore for line in grants)),
        monthly_ore=tuple(
            Money(sum(event.amount_ore for event in own if event.on.month == month)) for month in range(1, 13)
        ),
    )


def _coming(lines: list[GrantLine]) -> list[ComingPayment]:
    return [
        ComingPayment(
            due_on=date(YEAR + 1, 3, 31),
            grant=line.number,
            funder=line.funder,
            amount_ore=line.remaining_ore,
            status="coming",
        )
        for line in lines[:1]
    ]
