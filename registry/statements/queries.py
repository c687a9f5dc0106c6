"""Reading statements' figures: a year of one party or of many, every funder, as it is known at one moment."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from registry import trail
from registry.core.access import Scope
from registry.core.errors import NotFoundError
from registry.core.money import Money
from registry.core.numbers import mask_account, mask_org_number
from registry.core.periods import Period
from registry.database import fetch, snapshot
from registry.grants.queries import scope_ids
from registry.grants.schemas import grant_number
from registry.payments.schemas import payment_number
from registry.statements.around import Concerned, read_matters
from registry.statements.facts import NOTHING, FunderFacts, GrantFacts, Matters, Moved, Plan
from registry.statements.rules import draw_up
from registry.statements.schemas import Amendment, Language, StatementEvent, StatementFigures, StatementParty
from registry.statements.years import ATTESTED, check_year


async def read_figures(scope: Scope, party_id: int, year: int, language: Language) -> StatementFigures:
    """A party's year as it is known now, all of it read at one moment; it says nothing when nothing happened.

    Raises: NotFoundError, also for a party outside the scope; YearNotBegunError.
    """
    found = await read_many_figures(scope, {party_id: language}, year)
    if party_id not in found:
        raise NotFoundError
    return found[party_id]


async def read_many_figures(scope: Scope, languages: Mapping[int, Language], year: int) -> dict[int, StatementFigures]:
    """As `read_figures`, of many parties each in its language, in as many queries as for one; by party.

    Parties outside the scope are left out. Raises: YearNotBegunError.
    """
    check_year(year)
    async with snapshot():
        return await _read(scope, languages, year)


async def _read(scope: Scope, languages: Mapping[int, Language], year: int) -> dict[int, StatementFigures]:
    period, today = Period.of_year(year), trail.today()
    parties = await read_parties(scope, list(languages), min(period.last, today))
    rows = await fetch(_GRANTS, list(parties), period.last)
    funders = await _funders(rows)
    grants = await _grants(rows, languages, period)
    events = await _events(rows, period)
    matters = await _matters(rows, list(parties), languages, period)
    figures = {}
    for party_id, party in parties.items():
        figures[party_id] = draw_up(
            party, year, languages[party_id],
            funders=funders, grants=grants[party_id], events=events[party_id], today=today,
            matters=matters.get(party_id, NOTHING),
        )  # fmt: skip
        # Drawing up takes milliseconds: others get their turn between two parties.
        await asyncio.sleep(0)
    return figures


async def _matters(
    rows: Sequence[asyncpg.Record], parties: Sequence[int], languages: Mapping[int, Language], period: Period
) -> Mapping[int, Matters]:
    grants = [
        Concerned(row["id"], row["recipient_id"], f"P-{row['funder_id']}", languages[row["recipient_id"]])
        for row in rows
    ]
    creators = await fetch("SELECT id FROM party WHERE id = ANY($1) AND kind = 'creator'", list(parties))
    own = {row["id"]: languages[row["id"]] for row in creators}
    return await read_matters(grants, own, period, trail.today())


_PARTIES = """
SELECT p.id, p.municipality, p.protected, CASE WHEN p.protected THEN p.name ELSE v.name END AS name, v.org_number,
       v.address
FROM party p CROSS JOIN LATERAL (
  SELECT * FROM party_version o WHERE o.party_id = p.id
  ORDER BY o.valid_from <= $3 DESC, CASE WHEN o.valid_from <= $3 THEN o.valid_from END DESC, o.valid_from, o.id DESC
  LIMIT 1
) v
WHERE ($1::bigint[] IS NULL OR p.id = ANY($1)) AND p.id = ANY($2)
"""


async def read_parties(scope: Scope, party_ids: list[int], day: date) -> dict[int, StatementParty]:
    """Parties as they were called on a day, or as they were first registered."""
    rows = await fetch(_PARTIES, scope_ids(scope), party_ids, day)
    return {row["id"]: _party(row) for row in rows}


def _party(row: asyncpg.Record) -> StatementParty:
    """A party; a protected one's whereabouts stay out."""
    lines = () if row["protected"] else tuple(line.strip() for line in row["address"].splitlines() if line.strip())
    return StatementParty(
        number=f"P-{row['id']}",
        name=row["name"],
        org_number=mask_org_number(row["org_number"]),
        address=lines,
        municipality="" if row["protected"] else row["municipality"],
    )


_GRANTS = """
SELECT g.id, g.funder_id, g.recipient_id, g.via_id, g.dnr, g.paragraph, g.decided_on, g.decider, g.purpose,
       g.period_from, g.period_to, g.amount_ore, g.conditions, m.title AS programme, a.title_sv, a.title_fi, a.title_en,
       coalesce(v.name, '') AS via,
       coalesce((SELECT b.benefit FROM grant_benefit b WHERE b.grant_id = g.id ORDER BY b.id DESC LIMIT 1), '')
       AS benefit
FROM funding_grant g JOIN programme m ON m.id = g.programme_id LEFT JOIN priority_area a ON a.id = m.priority_area_id
LEFT JOIN party v ON v.id = g.via_id
WHERE g.recipient_id = ANY($1) AND g.decided_on <= $2 ORDER BY g.decided_on, g.id
"""
_AMENDMENTS = "SELECT grant_id, decided_on, kind, delta_ore, reason FROM amendment WHERE grant_id = ANY($1) ORDER BY id"
_PLANS = """
SELECT grant_id, plan, position, due_on, amount_ore FROM instalment WHERE grant_id = ANY($1)
ORDER BY grant_id, plan, position
"""
_POSITIONS = f"""
SELECT grant_id, instalment,
  coalesce(sum(amount_ore) FILTER (WHERE attested AND paid_on < $2 AND gone_on >= $2), 0)::bigint AS before,
  coalesce(sum(amount_ore) FILTER (WHERE attested AND gone_on > $3), 0)::bigint AS settled,
  coalesce(sum(amount_ore) FILTER (WHERE NOT attested AND gone_on = 'infinity'), 0)::bigint AS waiting,
  coalesce(sum(amount_ore) FILTER (WHERE attested AND paid_on < $2 AND paid_on >= $4), 0)::bigint AS paid,
  coalesce(sum(amount_ore) FILTER (WHERE attested AND gone_on < $2 AND gone_on >= $4), 0)::bigint AS reversed
FROM (
  SELECT p.grant_id, p.instalment, p.amount_ore, p.paid_on, coalesce(r.reversed_on, 'infinity') AS gone_on,
         {ATTESTED} AS attested
  FROM payment p LEFT JOIN reversal r ON r.payment_id = p.id WHERE p.grant_id = ANY($1) AND p.paid_on <= $3
) p GROUP BY 1, 2
"""
_REPAID_BEFORE = """
SELECT grant_id, sum(amount_ore)::bigint AS ore FROM repayment
WHERE grant_id = ANY($1) AND repaid_on < $2 AND repaid_on >= $3 GROUP BY 1
"""


async def _grants(
    rows: Sequence[asyncpg.Record], languages: Mapping[int, Language], period: Period
) -> Mapping[int, list[GrantFacts]]:
    """What is known of each grant, by recipient."""
    ids = [row["id"] for row in rows]
    amended = defaultdict[int, list[Amendment]](list)
    for row in await fetch(_AMENDMENTS, ids):
        change = Amendment(
            decided_on=row["decided_on"], kind=row["kind"], delta_ore=Money(row["delta_ore"]), reason=row["reason"]
        )
        amended[row["grant_id"]].append(change)
    plans = defaultdict[int, dict[int, Plan]](dict)
    for row in await fetch(_PLANS, ids):
        part = (row["position"], row["due_on"], row["amount_ore"])
        plans[row["grant_id"]][row["plan"]] = (*plans[row["grant_id"]].get(row["plan"], ()), part)
    positions = defaultdict[int, list[asyncpg.Record]](list)
    before = Period.of_year(period.first.year - 1).first
    for row in await fetch(_POSITIONS, ids, period.first, period.last, before):
        positions[row["grant_id"]].append(row)
    repaid = {row["grant_id"]: row["ore"] for row in await fetch(_REPAID_BEFORE, ids, period.first, before)}
    facts = defaultdict[int, list[GrantFacts]](list)
    for row in rows:
        grant = GrantFacts(
            **_told(row, languages[row["recipient_id"]]),
            amended=tuple(amended[row["id"]]),
            plans=plans[row["id"]],
            paid_before_ore=sum(part["before"] for part in positions[row["id"]]),
            settled={part["instalment"]: part["settled"] for part in positions[row["id"]]},
            waiting={part["instalment"]: part["waiting"] for part in positions[row["id"]]},
            year_before=Moved(
                paid_ore=sum(part["paid"] for part in positions[row["id"]]),
                reversed_ore=sum(part["reversed"] for part in positions[row["id"]]),
                repaid_ore=repaid.get(row["id"], 0),
            ),
        )
        facts[row["recipient_id"]].append(grant)
    return facts


_HIDDEN = ("id", "funder_id", "recipient_id", "via_id", "title_sv", "title_fi", "title_en")


def _told(row: asyncpg.Record, language: Language) -> dict[str, Any]:
    """The columns of a grant that its line shows as they are."""
    shown = {name: value for name, value in row.items() if name not in _HIDDEN}
    area = row[f"title_{language}"] or ""
    return {"number": grant_number(row["id"]), "funder": f"P-{row['funder_id']}", "priority_area": area, **shown}


async def _funders(rows: Sequence[asyncpg.Record]) -> list[FunderFacts]:
    """The funders of some grants: the region before the kommun, as everywhere."""
    found = await fetch(
        "SELECT p.id, p.name, p.org_number, f.accent, f.contact FROM funder f JOIN party p ON p.id = f.id"
        " WHERE f.id = ANY($1) ORDER BY p.kind DESC, p.sort_key, p.id",
        list({row["funder_id"] for row in rows}),
    )
    return [
        FunderFacts(
            key=f"P-{row['id']}",
            name=row["name"],
            org_number=row["org_number"],
            colour=row["accent"],
            contact=tuple(line.strip() for line in row["contact"].splitlines() if line.strip()),
        )
        for row in found
    ]


_MOVED = f"""
SELECT p.id, p.grant_id, p.amount_ore, p.paid_on, p.voucher, p.reference, r.reversed_on, r.reason
FROM payment p LEFT JOIN reversal r ON r.payment_id = p.id
WHERE p.grant_id = ANY($1) AND {ATTESTED} AND (p.paid_on BETWEEN $2 AND $3 OR r.reversed_on BETWEEN $2 AND $3)
"""
_REPAID = """
SELECT id, grant_id, amount_ore, repaid_on, reason FROM repayment
WHERE grant_id = ANY($1) AND repaid_on BETWEEN $2 AND $3
"""


async def _events(grants: Sequence[asyncpg.Record], period: Period) -> Mapping[int, list[StatementEvent]]:
    """What moved in the year, by recipient and date; on one day payments first, then reversals, then repayments."""
    of = {row["id"]: row for row in grants}
    accounts = await read_accounts({row["via_id"] or row["recipient_id"] for row in grants})
    ordered = defaultdict[int, list[tuple[tuple[date, int, int], StatementEvent]]](list)

    def add(kind: str, row: asyncpg.Record, on: date, place: int, number: str, **told: Any) -> None:
        grant = of[row["grant_id"]]
        event = StatementEvent(
            on=on,
            number=number,
            kind=kind,  # type: ignore[arg-type]
            grant=grant_number(row["grant_id"]),
            funder=f"P-{grant['funder_id']}",
            amount_ore=Money(row["amount_ore"] if kind == "payment" else -row["amount_ore"]),
            **told,
        )
        ordered[grant["recipient_id"]].append(((on, place, row["id"]), event))

    for row in await fetch(_MOVED, list(of), period.first, period.last):
        number = payment_number(row["id"])
        if row["paid_on"] in period:
            grant = of[row["grant_id"]]
            account = accounts[grant["via_id"] or grant["recipient_id"]].on(row["paid_on"])
            told = {"voucher": row["voucher"], "note": row["reference"], "account": account}
            add("payment", row, row["paid_on"], 0, number, **told)
        if row["reversed_on"] in period:
            add("reversal", row, row["reversed_on"], 1, number, note=row["reason"])
    for row in await fetch(_REPAID, list(of), period.first, period.last):
        add("repayment", row, row["repaid_on"], 2, f"R-{row['id']}", note=row["reason"])
    events = defaultdict[int, list[StatementEvent]](list)
    for party_id, own in ordered.items():
        events[party_id] = [event for _, event in sorted(own, key=lambda item: item[0])]
    return events


@dataclass(frozen=True, slots=True)
class Accounts:
    """A payee's accounts, masked, and the days that they are known from."""

    days: tuple[date, ...]
    texts: tuple[str, ...]

    def on(self, day: date) -> str:
        """The account on a day; before the first one that is known, that one."""
        return self.texts[max(bisect_right(self.days, day) - 1, 0)] if self.texts else ""


async def read_accounts(party_ids: set[int]) -> Mapping[int, Accounts]:
    """The accounts of some payees."""
    rows = await fetch(
        "SELECT party_id, valid_from, bankgiro, plusgiro FROM party_version WHERE party_id = ANY($1)"
        " ORDER BY valid_from, id",
        list(party_ids),
    )
    known = defaultdict[int, list[tuple[date, str]]](list)
    for row in rows:
        text = f"BG {mask_account(row['bankgiro'])}" if row["bankgiro"] else ""
        if not text and row["plusgiro"]:
            text = f"PG {mask_account(row['plusgiro'])}"
        known[row["party_id"]].append((row["valid_from"], text))
    return {
        party_id: Accounts(tuple(day for day, _ in known[party_id]), tuple(text for _, text in known[party_id]))
        for party_id in party_ids
    }
