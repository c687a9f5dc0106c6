"""An entry's rows as a person reads them: titles, old and new values, and links to what they belong to."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from registry.audit.columns import column_title, table_title
from registry.audit.queries import name_parties, name_users
from registry.audit.schemas import TrailEntry, TrailRow
from registry.core.access import Scope
from registry.core.errors import N_
from registry.fees.schemas import KIND_TITLES as ENGAGEMENT_KINDS
from registry.grants.schemas import AMENDMENT_TITLES
from registry.parties.schemas import KIND_TITLES as PARTY_KINDS
from registry.payments.schemas import ATTEST_TITLES, Attest
from registry.programmes.schemas import KIND_TITLES as PROGRAMME_KINDS
from registry.texts import _, format_date, format_datetime, format_kronor
from registry.users.schemas import ROLE_TITLES

PARTY_COLUMNS = frozenset({"party_id", "recipient_id", "via_id", "funder_id", "successor_id"})
NUMBER_COLUMNS = {"grant_id": "B", "payment_id": "U", "creator_id": "P", "commissioner_id": "P"}
"""Columns that are shown as a number alone: who has an engagement is named to officers only, and auditors read here."""
USER_COLUMNS = frozenset({"recorded_by", "closed_by", "user_id"})
_OWN_NUMBER = {
    "payment": "U",
    "funding_grant": "B",
    "party": "P",
    "funder": "P",
    "activity_report": "V",
    "fee_schedule": "T",
    "allocation": "F",
}
_OWNERS = (
    ("chain_id", "E"),
    ("schedule_id", "T"),
    ("payment_id", "U"),
    ("grant_id", "B"),
    ("report_id", "V"),
    ("allocation_id", "F"),
    ("party_id", "P"),
)
"""Columns that say what a row belongs to, the nearest first."""
_PATHS = {
    "U": "/payments",
    "B": "/grants",
    "P": "/parties",
    "V": "/activity",
    "F": "/allocations",
    "E": "/fees/engagements",
    "T": "/fees/schedules",
}
_LONGEST = 300
_CODES: dict[str, dict[str, str]] = {
    "attest": {code.value: title for code, title in ATTEST_TITLES.items()}
    | {Attest.OFFICER.value: N_("By a colleague")},
    "kind": {
        str(code): title
        for titles in (PARTY_KINDS, PROGRAMME_KINDS, AMENDMENT_TITLES, ENGAGEMENT_KINDS)
        for code, title in titles.items()
    },
    "role": {str(code): title for code, title in ROLE_TITLES.items()},
}
"""What the codes of a column are called; no two kinds of one name mean different things."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as text, with the address of what it names."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A column of a row; `old` is None when the row is new."""

    title: str
    new: Value
    old: Value | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that an entry wrote. `record` is the number of what it belongs to (`U-17`), if it has one."""

    title: str
    record: Value | None
    inserted: bool
    changes: list[Change]


async def describe_rows(scope: Scope, entry: TrailEntry, *, most: int) -> list[RowChange]:
    """The rows of an entry, at most `most` of them: of a new row all columns, of a changed one those that differ."""
    rows = entry.rows[:most]
    parties = await name_parties(scope, _ids(rows, PARTY_COLUMNS) | _ids(rows, frozenset({"id"}), table="party"))
    users = await name_users(scope, _ids(rows, USER_COLUMNS))
    return [_describe(row, parties, users) for row in rows]


def describe_note(note: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Why an entry was written, as it says itself."""
    return [(column_title(name), _plain(name, value)) for name, value in sorted(note.items())]


def _ids(rows: list[TrailRow], columns: frozenset[str], *, table: str | None = None) -> set[int]:
    values = (
        content.get(column)
        for row in rows
        if table is None or row.table == table
        for content in (row.new, row.old or {})
        for column in columns
    )
    return {value for value in values if isinstance(value, int) and 0 < value < 2**63}


def _describe(row: TrailRow, parties: Mapping[int, str], users: Mapping[int, str]) -> RowChange:
    def value(name: str, given: object) -> Value:
        if name == "id":
            return _record(row.table, given) or Value(str(given))
        return _value(name, given, parties, users)

    names = list(row.new) if row.old is None else [name for name in row.new if name in row.old]
    changes = [
        Change(column_title(name), value(name, row.new[name]), value(name, row.old[name]) if row.old else None)
        for name in sorted(names, key=lambda name: (name != "id", column_title(name)))
    ]
    return RowChange(table_title(row.table), _belongs_to(row), row.old is None, changes)


def _belongs_to(row: TrailRow) -> Value | None:
    own = _record(row.table, row.new.get("id"))
    if own is not None:
        return own
    for column, letter in _OWNERS:
        if isinstance(row.new.get(column), int):
            return _numbered(letter, row.new[column])
    return None


def _record(table: str, key: object) -> Value | None:
    return _numbered(_OWN_NUMBER[table], key) if table in _OWN_NUMBER and isinstance(key, int) else None


def _numbered(letter: str, key: int) -> Value:
    return Value(f"{letter}-{key}", f"{_PATHS[letter]}/{letter}-{key}")


def _value(name: str, value: object, parties: Mapping[int, str], users: Mapping[int, str]) -> Value:
    if type(value) is int:
        if name in PARTY_COLUMNS:
            number = _numbered("P", value)
            return Value(f"{number.text} {parties.get(value, '')}".strip(), number.href)
        if name in USER_COLUMNS:
            return Value(users.get(value, str(value)))
        if name in NUMBER_COLUMNS:
            return _numbered(NUMBER_COLUMNS[name], value)
    return Value(_plain(name, value))


def _plain(name: str, value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):
        return format_kronor(value) if name.endswith("_ore") else str(value)
    text = str(value)
    if text in _CODES.get(name, {}):
        return _(_CODES[name][text])
    with suppress(ValueError):
        if name.endswith("_at"):
            text = format_datetime(datetime.fromisoformat(text))
        elif name.endswith("_on") or name in ("valid_from", "period_from", "period_to"):
            text = format_date(date.fromisoformat(text))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
