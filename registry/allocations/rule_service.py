"""Writes of rules of allocation: a rule, its new versions, files of rules, and the presets that every registry holds.

A version is never overwritten: what an allocation was frozen with can always be read.
"""

import csv
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import asyncpg
from pydantic import ValidationError

from registry.allocations.rule_file import RuleRow, row_of
from registry.allocations.rule_queries import UnknownRuleError
from registry.allocations.schemas import Definition, RuleDetails, parse_rule_reference
from registry.core.access import CONSOLE, Permission, Scope
from registry.core.errors import N_, FieldError, RegistryError, RuleError
from registry.database import fetch, fetch_row, fetch_value
from registry.documents.sheet import SheetErrors
from registry.imports import Imported, Source, importing, refuse
from registry.parties.service import demand
from registry.tables.allocations import AllocationRule, AllocationRuleVersion
from registry.texts import _
from registry.trail import Entry, Recording, recording

PRESETS = "presets.csv"


class NotYourRuleError(RegistryError):
    """Officers change their own funder's rules only."""

    code = "not-your-rule"
    status = 403
    message = N_("The rule %(rule)s is not your funder's. Copy it to a rule of your own with another name.")


class SameRuleError(RuleError):
    """A new version that says nothing new."""

    code = "nothing-changed"
    message = N_("This is what the rule says already. Change something, or leave it as it is.")


async def register_rule(scope: Scope, name: str, details: RuleDetails) -> int:
    """Register a rule of one's own funder with its first version. Returns its id. Raises: ConflictError, FieldError."""
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    async with recording(scope) as unit:
        await _check_name(name)
        return await _insert(unit, unit.enter("allocations:rule:register"), scope.funder_id, name, details)


async def change_rule(scope: Scope, number: str, details: RuleDetails, *, reason: str) -> int:
    """Register a new version with its reason. Returns the version.

    Raises: UnknownRuleError, NotYourRuleError, SameRuleError, FieldError for a missing reason.
    """
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    wanted = parse_rule_reference(number)
    async with recording(scope) as unit:
        latest = await _latest(wanted[0] if wanted else 0)
        if latest is None:
            raise UnknownRuleError(field="rule", rule=number[:40])
        _check_own(scope, latest)
        if not reason.strip():
            raise RuleError(field="reason", message=N_("Write why the rule is changed."))
        if _details(latest) == details:
            raise SameRuleError
        entry = unit.enter("allocations:rule:change", reason=reason)
        await _insert_version(unit, entry, latest["rule_id"], latest["version"] + 1, details, reason)
        return int(latest["version"] + 1)


async def import_rules(
    scope: Scope,
    rows: Sequence[tuple[int, RuleRow]],
    source: Source,
    *,
    errors: SheetErrors,
    dry_run: bool = False,
) -> Imported:
    """Register the rules of a file, one row a part, all or none; a rule that says something new gets a new version.

    Raises: RefusedRowsError.
    """
    demand(scope, Permission.ALLOCATIONS_DECIDE)
    done = Imported()
    async with importing(scope, dry_run=dry_run) as unit:
        known = {row["name"].casefold(): row for row in await fetch(_LATEST)}
        reason = _("The file %(file)s says otherwise.") % {"file": source.name}
        entry: Entry | None = None
        for group in _by_rule(rows):
            first, name = group[0][0], group[0][1].rule
            before = known.get(name.casefold())
            try:
                if before is not None:
                    _check_own(scope, before)
                details = _build(group, _details(before) if before is not None else None)
            except RegistryError as error:
                errors.add_refusal(first, "rule", error)
                continue
            if before is not None and _details(before) == details:
                done.unchanged += 1
                continue
            done.new += before is None
            done.changed += before is not None
            if len(errors):
                continue
            entry = entry or unit.enter("allocations:rule:import", file=source.name, sha256=source.sha256)
            if before is None:
                await _insert(unit, entry, scope.funder_id, name, details)
            else:
                await _insert_version(unit, entry, before["rule_id"], before["version"] + 1, details, reason)
        refuse(errors)
    return done


async def ensure_rules() -> None:
    """Register the presets that the registry doesn't hold yet, by name."""
    wanted = read_presets()
    if not await _missing(wanted):
        return
    async with recording(CONSOLE) as unit:
        entry: Entry | None = None
        for name in await _missing(wanted):
            entry = entry or unit.enter("allocations:rule:import", file=PRESETS)
            await _insert(unit, entry, None, name, wanted[name])


async def _missing(wanted: dict[str, RuleDetails]) -> list[str]:
    held = {row["name"] for row in await fetch("SELECT name FROM allocation_rule")}
    return [name for name in wanted if name not in held]


def read_presets() -> dict[str, RuleDetails]:
    """The rules of kommuner and regions that came with the registry, by name, each with its source."""
    text = (files("registry.allocations") / PRESETS).read_text("utf-8")
    rows = list(enumerate((row_of(cells) for cells in csv.DictReader(text.splitlines(), delimiter=";")), start=2))
    return {group[0][1].rule: _build(group, None) for group in _by_rule(rows)}


def _by_rule(rows: Sequence[tuple[int, RuleRow]]) -> list[list[tuple[int, RuleRow]]]:
    """The rows of each rule, rules in the order of the file."""
    groups: dict[str, list[tuple[int, RuleRow]]] = {}
    for number, row in rows:
        groups.setdefault(row.rule.casefold(), []).append((number, row))
    return list(groups.values())


def _build(group: Sequence[tuple[int, RuleRow]], before: RuleDetails | None) -> RuleDetails:
    """What a rule's rows say together; columns that the file doesn't have are as they were. Raises: FieldError."""
    first = group[0][1]
    for number, row in group[1:]:
        if row.facts != first.facts:
            raise FieldError(
                field="rule",
                message=N_("Row %(row)s says something else of the same rule. Make its rows alike but for the parts."),
                row=number,
            )
    facts, definition = dict(first.facts), dict[str, Any]()
    old = before.model_dump(exclude={"definition"}) if before else {"issuer": first.rule}
    kept = {part.code: part for part in before.definition.parts} if before else {}
    for name in ("rounding", "activity_lag", "needs_state_grant", "thresholds", "fixed"):
        if name in facts:
            definition[name] = facts.pop(name)
        elif before is not None:
            definition[name] = getattr(before.definition, name)
    parts = []
    for _number, row in group:
        was = kept.get(row.part["code"])
        parts.append({**(was.model_dump() if was else {"title": row.part["code"]}), **row.part})
    try:
        return RuleDetails(**{**old, **facts, "definition": Definition.model_validate({**definition, "parts": parts})})
    except ValidationError as error:
        problem = error.errors()[0]
        message = str(problem["msg"]).removeprefix("Value error, ")
        raise FieldError(field="weight_percent", message=message) from None


_LATEST = """
SELECT DISTINCT ON (r.id) r.name, r.funder_id, v.* FROM allocation_rule r
JOIN allocation_rule_version v ON v.rule_id = r.id ORDER BY r.id, v.version DESC
"""


async def _latest(rule_id: int) -> asyncpg.Record | None:
    return await fetch_row(
        "SELECT r.name, r.funder_id, v.* FROM allocation_rule r JOIN allocation_rule_version v ON v.rule_id = r.id"
        " WHERE r.id = $1 ORDER BY v.version DESC LIMIT 1",
        rule_id,
    )


def _details(row: asyncpg.Record) -> RuleDetails:
    return RuleDetails(
        valid_from=row["valid_from"],
        issuer=row["issuer"],
        source=row["source"],
        note=row["note"],
        definition=Definition.model_validate_json(row["definition"]),
    )


def _check_own(scope: Scope, rule: asyncpg.Record) -> None:
    if scope is not CONSOLE and scope.funder_id != rule["funder_id"]:
        raise NotYourRuleError(field="rule", rule=rule["name"])


async def _check_name(name: str) -> None:
    if await fetch_value("SELECT 1 FROM allocation_rule WHERE lower(name) = lower($1)", name):
        raise RuleError(
            field="name",
            message=N_("There is already a rule with that name. Register a new version of it, or choose another name."),
        )


async def _insert(unit: Recording, entry: Entry, funder_id: int | None, name: str, details: RuleDetails) -> int:
    rule_id = await unit.insert(entry, AllocationRule, name=name, funder_id=funder_id)
    await _insert_version(unit, entry, rule_id, 1, details, "")
    return rule_id


async def _insert_version(
    unit: Recording, entry: Entry, rule_id: int, version: int, details: RuleDetails, reason: str
) -> None:
    await unit.insert(
        entry,
        AllocationRuleVersion,
        rule_id=rule_id,
        version=version,
        valid_from=details.valid_from,
        issuer=details.issuer,
        source=details.source,
        note=details.note,
        reason=reason,
        definition=details.definition.model_dump_json(),
        recorded_at=unit.now,
        recorded_by=unit.scope.user_id,
    )
