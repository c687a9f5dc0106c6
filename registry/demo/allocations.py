"""The demo's activity reports, standings, rules of allocation, and allocations: decided, discarded and waiting."""

import csv
from datetime import date
from pathlib import Path

from registry.activity.commands import FILE as ACTIVITY_FILE
from registry.activity.queries import ActivityFilter, list_reports
from registry.activity.schemas import Figures
from registry.activity.service import correct_report
from registry.allocations.commands import RULE_FILE
from registry.allocations.queries import AllocationFilter, State, list_allocations
from registry.allocations.rule_queries import find_rule, get_rule, list_rules
from registry.allocations.rule_service import change_rule, ensure_rules
from registry.allocations.schemas import RuleDetails
from registry.allocations.service import (
    Decision,
    PlannedPart,
    decide_allocation,
    discard_allocation,
    freeze_allocation,
)
from registry.allocations.simulation import read_weights
from registry.core.access import CONSOLE, Role, Scope
from registry.core.exact import read_exact
from registry.core.money import Money
from registry.database import fetch_value
from registry.imports import import_file
from registry.parties.commands import FILE as PARTIES_FILE
from registry.parties.commands import STATUS_FILE
from registry.parties.queries import find_party

DATA = Path(__file__).parent / "data"
RULES = {"212000-2270": "rules-ludvika.csv", "232100-0180": "rules-dalarna.csv"}
"""Each funder's own rules: an officer of it registers them."""


async def load_allocations() -> None:
    """Register it all in the order in which it happened; what is there already stays."""
    await import_file(CONSOLE, PARTIES_FILE, DATA / "associations.csv")
    await import_file(CONSOLE, STATUS_FILE, DATA / "statuses.csv")
    if not await fetch_value("SELECT count(*) FROM activity_report"):
        await import_file(CONSOLE, ACTIVITY_FILE, DATA / "activity.csv")
    await ensure_rules()
    known = {rule.funder_id for rule in await list_rules(CONSOLE)}
    for funder, name in RULES.items():
        scope = await _officer(funder)
        if scope.funder_id not in known:
            await import_file(scope, RULE_FILE, DATA / name)
    with (DATA / "allocation-events.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            await EVENTS[row["event"]](row)


async def _officer(funder: str) -> Scope:
    """One of a funder's officers."""
    party = await find_party(CONSOLE, funder)
    user_id = await fetch_value("SELECT min(id) FROM app_user WHERE role = 'officer' AND funder_id = $1", party.id)
    return Scope(user_id, Role.OFFICER, funder_id=party.id)


async def _correct(row: dict[str, str]) -> None:
    party = await find_party(CONSOLE, row["who"])
    wanted = ActivityFilter(party_id=party.id, municipality=row["what"], year=int(row["year"]))
    report = (await list_reports(CONSOLE, wanted)).items[0]
    measure, _equals, value = row["value"].partition("=")
    if getattr(report.figures, measure) != int(value):
        figures = Figures(**{**report.figures.model_dump(), measure: int(value)})
        await correct_report(CONSOLE, report.number, figures, reason=row["reason"])


async def _change(row: dict[str, str]) -> None:
    rule = await find_rule(CONSOLE, row["rule"], year=int(row["date"][:4]))
    if rule.version == 1:
        facts = {name: getattr(rule, name) for name in RuleDetails.model_fields}
        definition = rule.definition.with_weights(read_weights(row["value"]))
        details = RuleDetails(**{**facts, "valid_from": date.fromisoformat(row["date"]), "definition": definition})
        await change_rule(await _officer(row["who"]), rule.number, details, reason=row["reason"])


async def _freeze(row: dict[str, str]) -> None:
    rule = await find_rule(CONSOLE, row["rule"], year=int(row["year"]))
    if not (await get_rule(CONSOLE, rule.reference)).uses:
        await freeze_allocation(
            await _officer(row["who"]),
            row["what"],
            rule.reference,
            year=int(row["year"]),
            frame=Money.parse(row["value"]),
            eligible_on=date.fromisoformat(row["date"]),
        )


async def _draft(row: dict[str, str]) -> str | None:
    """The number of the open draft that a funder has for the year."""
    funder = await find_party(CONSOLE, row["who"])
    wanted = AllocationFilter(funder_id=funder.id, year=int(row["year"]), state=State.DRAFT)
    drafts = (await list_allocations(CONSOLE, wanted, sort="number")).items
    return drafts[0].number if drafts else None


async def _decide(row: dict[str, str]) -> None:
    number = await _draft(row)
    if number is None:
        return
    parts = (part.partition(":") for part in row["value"].split("|"))
    plan = tuple(
        PlannedPart(due_on=date.fromisoformat(day), percent=read_exact(percent)) for day, _colon, percent in parts
    )
    decision = Decision(
        dnr=row["dnr"],
        paragraph=row["paragraph"],
        decided_on=date.fromisoformat(row["date"]),
        decider=row["decider"],
        purpose=f"Verksamhetsbidrag till studieförbund {row['year']}",
        plan=plan,
    )
    await decide_allocation(await _officer(row["who"]), number, decision)


async def _discard(row: dict[str, str]) -> None:
    discarded = await fetch_value("SELECT count(*) FROM allocation_discard WHERE reason = $1", row["reason"])
    number = await _draft(row)
    if number is not None and not discarded:
        await discard_allocation(await _officer(row["who"]), number, reason=row["reason"])


EVENTS = {"correct": _correct, "change": _change, "freeze": _freeze, "decide": _decide, "discard": _discard}
"""What has no import file: each kind of event and how it is registered."""
