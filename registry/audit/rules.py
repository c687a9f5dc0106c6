"""Pure checks of the trail: the chain of entries, and rows against what the entries tell of them."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from registry.audit.schemas import Finding
from registry.core.errors import N_, FieldError
from registry.trail import Anchor, chain_hash

KEPT_FINDINGS = 100
"""So many findings are kept in full; the rest are counted."""

MUTABLE = ("registry_state", "party", "funder", "app_user", "api_token", "programme", "budget_frame", "initiative")
"""Trailed tables whose rows may change: a row must equal the last entry that wrote it."""

BORN = ("registry_state", 0)
"""The one row that a migration makes: it has no entry until the first upgrade is told."""

_ANCHOR = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class InvalidAnchorError(FieldError):
    """A text that is no anchor."""

    code = "invalid-anchor"
    message = N_("Write the anchor as it is printed: the entry's number, a colon and 64 signs, for example 1024:9f86….")


def parse_anchor(text: str) -> Anchor:
    """Read `SEQ:HASH`. Raises: InvalidAnchorError."""
    match = _ANCHOR.fullmatch(text.strip().lower())
    if match is None:
        raise InvalidAnchorError(field="anchor")
    return Anchor(int(match[1]), bytes.fromhex(match[2]))


class StoredEntry(NamedTuple):
    """An entry as the database holds it."""

    seq: int
    recorded_at: datetime
    actor: str
    action: str
    body: bytes
    hash: bytes


class Told(msgspec.Struct):
    """A row as an entry tells it; the JSON is left as it stands, for most rows need only be compared byte by byte."""

    table: str
    new: msgspec.Raw


class Body(msgspec.Struct):
    """The parts of a body that are checked."""

    action: str
    actor: str
    at: datetime
    rows: list[Told]


class StoredRow(NamedTuple):
    """A row as the database holds it: its entry, and its content written as an entry would tell it."""

    seq: int
    told: bytes


_decode = msgspec.json.Decoder(Body).decode


class Findings:
    """What was found so far. `derived` findings name the first bad entry only when there are no others."""

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[Finding] = []
        self._first: int | None = None
        self._first_derived: int | None = None

    def add(self, seq: int, code: str, message: str, *, derived: bool = False, **data: Any) -> None:
        """Note that something is wrong at an entry."""
        self.count += 1
        if derived:
            self._first_derived = seq if self._first_derived is None else min(seq, self._first_derived)
        else:
            self._first = seq if self._first is None else min(seq, self._first)
        if len(self.kept) < KEPT_FINDINGS:
            self.kept.append(Finding(seq=seq, code=code, message=message, data={"seq": seq, **data}))

    @property
    def first_bad(self) -> int | None:
        """The first bad entry, None when nothing is wrong."""
        return self._first if self._first is not None else self._first_derived


class ChainCheck:
    """Walk the entries in order and recompute every hash from the stored bytes."""

    def __init__(self, findings: Findings, anchors: Iterable[Anchor]) -> None:
        self.seq = 0
        self.hash = b""
        self.recorded_at: datetime | None = None
        self._findings = findings
        self._anchors: dict[int, list[bytes]] = defaultdict(list)
        for anchor in anchors:
            self._anchors[anchor.seq].append(anchor.hash)

    def feed(self, entry: StoredEntry) -> list[Told]:
        """Check the next entry and return the rows that it tells of."""
        add = self._findings.add
        if entry.seq != self.seq + 1:
            add(min(self.seq + 1, entry.seq), "entry-missing", N_("Entry %(seq)s is missing."))
        elif chain_hash(self.hash, entry.seq, entry.body) != entry.hash:
            add(entry.seq, "hash", N_("The hash of entry %(seq)s does not match its content."))
        if self.recorded_at is not None and entry.recorded_at < self.recorded_at:
            add(entry.seq, "time", N_("Entry %(seq)s is dated before the one that it follows."))
        for known in self._anchors.pop(entry.seq, ()):
            if known != entry.hash:
                add(
                    entry.seq,
                    "anchor",
                    N_("The anchor of entry %(seq)s differs: that entry, or one before it, has been rewritten."),
                )
        self.seq, self.hash, self.recorded_at = entry.seq, entry.hash, entry.recorded_at
        return self._read(entry)

    def _read(self, entry: StoredEntry) -> list[Told]:
        try:
            body = _decode(entry.body)
        except (msgspec.DecodeError, ValueError):
            self._findings.add(entry.seq, "body", N_("The content of entry %(seq)s can't be read."))
            return []
        if (body.action, body.actor, body.at) != (entry.action, entry.actor, entry.recorded_at):
            self._findings.add(
                entry.seq, "columns", N_("Who, when or what of entry %(seq)s differs from its hashed content.")
            )
        return body.rows

    def end(self, head: StoredEntry | None) -> None:
        """Compare the end of the chain with the stored head (its seq, hash and time) and with the anchors left."""
        add = self._findings.add
        for seq in self._anchors:
            if seq > self.seq:
                add(self.seq + 1, "anchor", N_("Entry %(seq)s is missing: an anchor knows entry %(known)s."), known=seq)
        if head is None:
            add(self.seq, "head", N_("The head of the chain is missing."))
        elif head.seq > self.seq:
            add(self.seq + 1, "head", N_("Entry %(seq)s is missing: the head knows entry %(known)s."), known=head.seq)
        elif head.seq < self.seq:
            add(head.seq + 1, "head", N_("Entry %(seq)s is newer than the head of the chain."))
        elif self.seq and (head.hash, head.recorded_at) != (self.hash, self.recorded_at):
            add(self.seq, "head", N_("The head of the chain differs from entry %(seq)s."))


def compare_rows(
    findings: Findings,
    table: str,
    told: Sequence[StoredRow],
    rows: Sequence[StoredRow],
) -> None:
    """Compare the rows of an append-only table with what a run of entries tells of it. Both in order of seq."""
    if told == rows:
        return
    expected, found = Counter(map(_canonical, told)), Counter(map(_canonical, rows))
    missing, extra = list((expected - found).elements()), list((found - expected).elements())
    names = {(row.seq, key_of(table, row.told)): row for row in extra}
    for row in missing:
        twin = names.pop((row.seq, key_of(table, row.told)), None)
        if twin is None:
            _missing(findings, table, row)
        else:
            extra.remove(twin)
            differs(findings, table, row.seq, row.told, twin.told)
    for row in extra:
        _unknown(findings, table, row)


class LastWrites:
    """What the entries say last of each row of the tables that may change. Memory: one row of JSON for each row."""

    def __init__(self, findings: Findings, key: Callable[[str, bytes], int]) -> None:
        self._findings = findings
        self._key = key
        self._last: dict[tuple[str, int], StoredRow] = {}

    def tell(self, table: str, row: StoredRow) -> None:
        """An entry wrote the row."""
        self._last[table, self._key(table, row.told)] = row

    def compare(self, table: str, row: StoredRow, *earlier: StoredRow, has_seq: bool) -> None:
        """Compare a row of the database with its last entry; `earlier` are other ways in which that may tell it."""
        told = self._last.pop((table, self._key(table, row.told)), None)
        if told is None:
            if has_seq and (table, row.seq) != BORN:
                _unknown(self._findings, table, row)
        elif has_seq and told.seq != row.seq:
            self._findings.add(
                max(told.seq, row.seq),
                "row-entry",
                N_("%(table)s %(key)s says that entry %(row)s wrote it; the trail says entry %(told)s."),
                table=table, key=key_of(table, row.told), row=row.seq, told=told.seq,
            )  # fmt: skip
        elif not any(told.told == one.told or _loads(told.told) == _loads(one.told) for one in (row, *earlier)):
            differs(self._findings, table, told.seq, told.told, row.told)

    def end(self) -> None:
        """What is left was told of, but isn't there."""
        for (table, _key), row in self._last.items():
            _missing(self._findings, table, row)


KEYS = {
    "account_decision": "request_id",
    "agreement_withdrawal": "agreement_id",
    "attestation": "payment_id",
    "claim_closure": "claim_id",
    "claim_settlement": "repayment_id",
    "reversal": "payment_id",
    "stop_release": "stop_id",
    "statement_batch_end": "batch_id",
}
"""Primary keys that aren't named `id`."""


def key_of(table: str, told: bytes) -> int:
    """The primary key of a row as an entry tells it; -1 when it says none."""
    key = _columns(told).get(KEYS.get(table, "id"))
    return key if isinstance(key, int) else -1


def differs(findings: Findings, table: str, seq: int, told: bytes, row: bytes) -> None:
    """Say in which columns a row differs from its entry. Values are left out: they may be personal."""
    said, is_now = _columns(told), _columns(row)
    columns = sorted(name for name in {*said, *is_now} if said.get(name, ...) != is_now.get(name, ...))
    findings.add(
        seq, "row-differs", N_("%(table)s %(key)s differs from entry %(seq)s in: %(columns)s."),
        table=table, key=key_of(table, told), columns=", ".join(columns),
    )  # fmt: skip


def unknown_tables(told: Mapping[str, Sequence[StoredRow]], known: frozenset[str], findings: Findings) -> None:
    """An entry that tells of a table that isn't there."""
    for table in sorted(set(told) - known):
        findings.add(told[table][0].seq, "table", N_("Entry %(seq)s tells of a table %(table)s."), table=table)


def _missing(findings: Findings, table: str, row: StoredRow) -> None:
    findings.add(
        row.seq, "row-missing", N_("Entry %(seq)s wrote %(table)s %(key)s, but there is no such row."),
        table=table, key=key_of(table, row.told),
    )  # fmt: skip


def _unknown(findings: Findings, table: str, row: StoredRow) -> None:
    findings.add(
        row.seq, "row-unknown", N_("%(table)s %(key)s says that entry %(seq)s wrote it, but that entry does not."),
        table=table, key=key_of(table, row.told),
    )  # fmt: skip


def _canonical(row: StoredRow) -> StoredRow:
    """The same row whatever the order of its keys."""
    return StoredRow(row.seq, json.dumps(_loads(row.told), sort_keys=True, separators=(",", ":")).encode())


def _loads(told: bytes) -> Any:
    """The row, or its bytes as text when someone has made them unreadable."""
    try:
        return json.loads(told)
    except ValueError:
        return told.decode("utf-8", errors="surrogateescape")


def _columns(told: bytes) -> dict[str, Any]:
    value = _loads(told)
    return value if isinstance(value, dict) else {}
