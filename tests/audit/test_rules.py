"""The chain and the comparison of rows, without a database."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from registry.audit.rules import (
    ChainCheck,
    Findings,
    InvalidAnchorError,
    LastWrites,
    StoredEntry,
    StoredRow,
    compare_rows,
    key_of,
    parse_anchor,
)
from registry.trail import Anchor, chain_hash

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def chain(length: int) -> list[StoredEntry]:
    """A sound chain."""
    entries, previous = [], b""
    for seq in range(1, length + 1):
        at = NOON + timedelta(seconds=seq)
        body = msgspec.json.encode({"action": "a:b:c", "actor": "console", "at": at, "note": {}, "rows": [], "v": 1})
        previous = chain_hash(previous, seq, body)
        entries.append(StoredEntry(seq, at, "console", "a:b:c", body, previous))
    return entries


def check(entries: list[StoredEntry], *, anchors: tuple[Anchor, ...] = ()) -> Findings:
    """Walk entries whose head is the last of them."""
    findings = Findings()
    walk = ChainCheck(findings, anchors)
    for entry in entries:
        walk.feed(entry)
    walk.end(entries[-1] if entries else StoredEntry(0, NOON, "", "", b"", b""))
    return findings


def row(seq: int, **values: object) -> StoredRow:
    """A row as an entry tells it."""
    return StoredRow(seq, msgspec.json.encode(values, order="deterministic"))


def test_a_sound_chain_has_no_findings() -> None:
    entries = chain(20)
    assert check(entries, anchors=(Anchor(7, entries[6].hash), Anchor(20, entries[19].hash))).count == 0
    assert check([]).count == 0


@pytest.mark.parametrize("gone", [1, 7, 19])
def test_a_gap_names_the_entry_that_is_gone(gone: int) -> None:
    assert check([entry for entry in chain(20) if entry.seq != gone]).first_bad == gone


def test_an_entry_dated_before_the_one_before_it_is_named() -> None:
    entries = chain(3)
    early = NOON - timedelta(days=1)
    body = msgspec.json.encode({"action": "a:b:c", "actor": "console", "at": early, "note": {}, "rows": [], "v": 1})
    entries[2] = StoredEntry(3, early, "console", "a:b:c", body, chain_hash(entries[1].hash, 3, body))
    found = check(entries)
    assert (found.first_bad, found.kept[0].code) == (3, "time")


def test_a_body_that_is_no_json_is_named() -> None:
    entries = chain(3)
    entries[1] = entries[1]._replace(body=b"\xff", hash=chain_hash(entries[0].hash, 2, b"\xff"))
    assert check(entries).first_bad == 2


@pytest.mark.parametrize("text", ["", "7", "7:", f"7:{'g' * 64}", f"-7:{'a' * 64}", f"7:{'a' * 63}", f"٧:{'a' * 64}"])
def test_a_text_that_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(InvalidAnchorError):
        parse_anchor(text)


def test_an_anchor_is_read_as_it_is_printed() -> None:
    anchor = Anchor(1024, bytes(range(32)))
    assert parse_anchor(f" {str(anchor).upper()} ") == anchor


def test_rows_in_another_order_or_with_another_order_of_keys_are_the_same() -> None:
    findings = Findings()
    told = [row(1, a=1, id=1), row(1, id=2), row(2, id=3)]
    rows = [row(1, id=2), StoredRow(1, b'{"id": 1, "a": 1}'), row(2, id=3)]
    compare_rows(findings, "payment", told, rows)
    assert findings.count == 0


def test_rows_that_differ_are_told_by_column() -> None:
    findings = Findings()
    compare_rows(findings, "payment", [row(4, id=1, amount_ore=5)], [row(4, id=1, amount_ore=6)])
    (finding,) = findings.kept
    assert (finding.seq, finding.code, finding.data["columns"]) == (4, "row-differs", "amount_ore")


def test_derived_findings_name_the_first_bad_entry_only_when_alone() -> None:
    findings = Findings()
    findings.add(3, "balance", "", derived=True)
    assert findings.first_bad == 3
    findings.add(9, "row-missing", "")
    assert findings.first_bad == 9


def test_the_last_write_of_a_row_counts() -> None:
    findings = Findings()
    last = LastWrites(findings, key_of)
    last.tell("party", row(1, id=1, name="a"))
    last.tell("party", row(5, id=1, name="b"))
    last.compare("party", row(5, id=1, name="b"), has_seq=True)
    last.end()
    assert findings.count == 0
    last.tell("party", row(5, id=1, name="b"))
    last.compare("party", row(5, id=1, name="a"), has_seq=True)
    assert findings.first_bad == 5
