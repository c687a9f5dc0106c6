"""Reads of rules and their versions."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from registry.allocations.schemas import Definition, RuleVersion, parse_rule_reference
from registry.core.access import Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.database import fetch
from registry.texts import sort_key


class UnknownRuleError(NotFoundError):
    """No such rule, or no such version of it."""

    code = "unknown-rule"
    message = N_("There is no rule of allocation %(rule)s. Check the name, or register the rule first.")


class RuleNotInForceError(RegistryError):
    """No version of the rule applies in the year."""

    code = "rule-not-in-force"
    message = N_("The rule %(rule)s applies from %(day)s. Choose a later year, or another rule.")


_SELECT = """
SELECT v.id, v.rule_id, r.name, r.funder_id, v.version, v.valid_from, v.issuer, v.source, v.note, v.reason,
       v.definition, v.recorded_at, coalesce(u.name, '') AS recorded_by, v.seq,
       (SELECT count(*) FROM allocation a WHERE a.rule_version_id = v.id) AS uses
FROM allocation_rule_version v JOIN allocation_rule r ON r.id = v.rule_id
LEFT JOIN app_user u ON u.id = v.recorded_by
"""


def _version(row: asyncpg.Record) -> RuleVersion:
    values = dict(row)
    return RuleVersion(**{**values, "definition": Definition.model_validate_json(values["definition"])})


async def list_rules(scope: Scope) -> list[RuleVersion]:
    """The latest version of every rule, by name; everyone may know how money is shared."""
    del scope
    rows = await fetch(
        _SELECT + "WHERE v.version = (SELECT max(l.version) FROM allocation_rule_version l WHERE l.rule_id = v.rule_id)"
    )
    return sorted((_version(row) for row in rows), key=lambda rule: (sort_key(rule.name), rule.rule_id))


async def list_rule_versions(scope: Scope, rule_id: int) -> list[RuleVersion]:
    """Everything that a rule has said, the latest first."""
    del scope
    return [_version(row) for row in await fetch(_SELECT + "WHERE v.rule_id = $1 ORDER BY v.version DESC", rule_id)]


async def get_rule(scope: Scope, reference: str, *, field: str = "rule") -> RuleVersion:
    """The latest version of `FR-3`, or exactly `FR-3.2`. Raises: UnknownRuleError."""
    wanted = parse_rule_reference(reference)
    versions = await list_rule_versions(scope, wanted[0]) if wanted else []
    if wanted is not None and wanted[1] is not None:
        versions = [version for version in versions if version.version == wanted[1]]
    if not versions:
        raise UnknownRuleError(field=field, rule=reference[:40])
    return versions[0]


async def find_rule(scope: Scope, text: str, *, year: int, field: str = "rule") -> RuleVersion:
    """The version to use for a year: of a name or `FR-3` the one in force, or exactly `FR-3.2` or `NAME@2`.

    Raises: UnknownRuleError, RuleNotInForceError.
    """
    wanted = parse_rule_reference(text)
    if wanted is not None and wanted[1] is not None:
        return await get_rule(scope, text, field=field)
    name, _at, version = text.strip().partition("@")
    rows = await fetch(
        "SELECT id FROM allocation_rule WHERE id = $1 OR lower(name) = lower($2)",
        wanted[0] if wanted else 0,
        name.strip(),
    )
    versions = await list_rule_versions(scope, rows[0]["id"]) if rows else []
    if version:
        versions = [one for one in versions if str(one.version) == version]
        if versions:
            return versions[0]
    if not versions:
        raise UnknownRuleError(field=field, rule=text[:100])
    return in_force(versions, year, field=field)


def in_force(versions: Sequence[RuleVersion], year: int, *, field: str = "rule") -> RuleVersion:
    """The version that applies in a year: of those that have begun by its end, the one that began last.

    Raises: RuleNotInForceError.
    """
    begun = [one for one in versions if one.valid_from is None or one.valid_from.year <= year]
    if not begun:
        first = min(one.valid_from for one in versions if one.valid_from is not None)
        raise RuleNotInForceError(field=field, rule=versions[0].name, day=first)
    return max(begun, key=lambda one: (one.valid_from or date.min, one.version))
