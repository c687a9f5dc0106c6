"""Check an export of the registry's trail by itself: this one file, Python 3.8 or newer, nothing else.

    python3 verify_export.py FILE [--anchor SEQ:HASH]... [--payment U-123]...

Each line of FILE is an entry: {"seq": 1, "hash": "<hex>", "body": "<the exact text that was hashed>"}, and

    hash = sha256(one zero byte + previous hash + seq as 8 big-endian bytes + body)

where the hash before the first entry is empty.

Exit status: 0 the chain is whole; 1 it is not, and the first bad entry is named; 2 the file can't be read.
An anchor is a hash that you know from elsewhere, such as a printed statement: it proves that nothing up to that entry
has been rewritten. `--payment` prints the whole history of a payment as the trail tells it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

INTACT, TAMPERED, UNREADABLE = 0, 1, 2


class UnreadableError(Exception):
    """The file isn't an export of a trail."""


class TamperedError(Exception):
    """The chain is broken; `seq` is the first bad entry."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(reason)
        self.seq = seq


class Entry(NamedTuple):
    """One line of the export."""

    seq: int
    hash: str
    body: str

    def content(self) -> dict[str, Any]:
        """The body's JSON. Raises: TamperedError when it is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            raise TamperedError(self.seq, "the content can't be read") from None
        if not isinstance(content, dict) or not isinstance(content.get("rows"), list):
            raise TamperedError(self.seq, "the content is not that of an entry")
        return content


def read_entries(path: str) -> Iterator[Entry]:
    """The entries of a file, one at a time. Raises: UnreadableError."""
    try:
        with open(path, encoding="utf-8") as lines:  # noqa: PTH123 - the plainest way for a reader to check
            for number, line in enumerate(lines, start=1):
                yield _read_line(number, line)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{path}: {error}") from error


def _read_line(number: int, line: str) -> Entry:
    try:
        value = json.loads(line)
        entry = Entry(value["seq"], value["hash"], value["body"])
    except (ValueError, TypeError, KeyError):
        raise UnreadableError(f"line {number}: not an entry of a trail") from None
    if type(entry.seq) is not int or not isinstance(entry.hash, str) or not isinstance(entry.body, str):
        raise UnreadableError(f"line {number}: seq must be a whole number, hash and body texts")
    return entry


def chain_hash(previous: bytes, seq: int, body: str) -> bytes:
    """The hash of an entry."""
    raw = body.encode("utf-8", errors="surrogateescape")
    return hashlib.sha256(b"\x00" + previous + struct.pack(">Q", seq) + raw).digest()


def check_chain(path: str, anchors: dict[int, set[str]]) -> tuple[int, str]:
    """Rehash every entry; return the last seq and hash. Raises: TamperedError, UnreadableError."""
    seq, last, moment = 0, b"", ""
    for entry in read_entries(path):
        if entry.seq != seq + 1:
            raise TamperedError(seq + 1, f"entry {seq + 1} is missing: entry {entry.seq} follows")
        last = chain_hash(last, entry.seq, entry.body)
        if last.hex() != entry.hash:
            raise TamperedError(entry.seq, "the hash does not match the content")
        if anchors.get(entry.seq, {entry.hash}) != {entry.hash}:
            raise TamperedError(entry.seq, "the anchor differs: this entry, or one before it, has been rewritten")
        at = str(entry.content().get("at", ""))
        if moment and _moment(entry.seq, at) < _moment(seq, moment):
            raise TamperedError(entry.seq, "the entry is dated before the one that it follows")
        seq, moment = entry.seq, at
    beyond = [known for known in anchors if known > seq]
    if beyond:
        raise TamperedError(seq + 1, f"the export ends at entry {seq}, but an anchor knows entry {min(beyond)}")
    return seq, last.hex()


def _moment(seq: int, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))  # noqa: FURB162 - Python 3.8 knows no Z
    except ValueError:
        raise TamperedError(seq, "the entry's time can't be read") from None


KEYS = {
    "payment": ("payment", "id"),
    "attestation": ("payment", "payment_id"),
    "reversal": ("payment", "payment_id"),
    "funding_grant": ("grant", "id"),
    "amendment": ("grant", "grant_id"),
    "instalment": ("grant", "grant_id"),
    "repayment": ("grant", "grant_id"),
    "party": ("party", "id"),
    "party_version": ("party", "party_id"),
    "funder": ("party", "id"),
    "programme": ("programme", "id"),
    "budget_frame": ("programme", "programme_id"),
    "app_user": ("user", "id"),
}
"""Table → whose history its rows belong to, and the column that says so."""

SUBJECTS = ("payment", "grant", "party", "programme", "user")


class Histories:
    """Everything that the trail tells of some payments: themselves, their grants, parties, programmes and users."""

    def __init__(self, payments: list[int]) -> None:
        self.wanted: dict[str, dict[int, set[int]]] = {subject: {} for subject in SUBJECTS}
        self.lines: dict[int, list[str]] = {number: [] for number in payments}
        for number in payments:
            self._want("payment", number, {number})

    def _want(self, subject: str, number: object, payments: set[int]) -> None:
        if isinstance(number, int):
            self.wanted[subject].setdefault(number, set()).update(payments)

    def _whose(self, row: object) -> set[int]:
        """The payments whose history a row belongs to."""
        if not isinstance(row, dict) or not isinstance(row.get("new"), dict):
            return set()
        subject, column = KEYS.get(str(row.get("table")), ("", ""))
        return self.wanted.get(subject, {}).get(row["new"].get(column), set())

    def find_grants(self, entry: Entry) -> None:
        """First pass: the grant of each payment."""
        for row in entry.content()["rows"]:
            payments = self._whose(row)
            if payments and row["table"] == "payment":
                self._want("grant", row["new"].get("grant_id"), payments)

    def find_others(self, entry: Entry) -> None:
        """Second pass: the parties and the programme of each grant, and who recorded what."""
        for row in entry.content()["rows"]:
            payments = self._whose(row)
            if payments:
                self._want("user", row["new"].get("recorded_by"), payments)
            if payments and row["table"] == "funding_grant":
                self._want("programme", row["new"].get("programme_id"), payments)
                for column in ("funder_id", "recipient_id", "via_id"):
                    self._want("party", row["new"].get(column), payments)

    def tell(self, entry: Entry) -> None:
        """Third pass: the lines to print."""
        content = entry.content()
        rows: dict[int, list[dict[str, Any]]] = {}
        for row in content["rows"]:
            for number in self._whose(row):
                rows.setdefault(number, []).append(row)
        for number, of_payment in rows.items():
            self.lines[number] += _describe(entry, content, of_payment)


def print_histories(path: str, payments: list[int]) -> None:
    """Print the histories of some payments, reading the file three times. Raises: UnreadableError."""
    histories = Histories(payments)
    for step in (histories.find_grants, histories.find_others, histories.tell):
        for entry in read_entries(path):
            step(entry)
    for number in payments:
        lines = histories.lines[number]
        sys.stdout.write(f"\nU-{number}\n")
        sys.stdout.write("\n".join(lines) if lines else "  The trail tells of no such payment.")
        sys.stdout.write("\n")


def _describe(entry: Entry, content: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"  {entry.seq}  {content.get('at')}  {content.get('actor')}  {content.get('action')}"]
    if content.get("note"):
        lines.append(f"      note: {json.dumps(content['note'], ensure_ascii=False, sort_keys=True)}")
    for row in rows:
        lines.append(f"      {row['table']}:")
        old = row.get("old") or {}
        for name, value in sorted(row["new"].items()):
            before = f"  (before: {_show(name, old[name])})" if name in old else ""
            lines.append(f"        {name} = {_show(name, value)}{before}")
    return lines


def _show(name: str, value: object) -> str:
    if name.endswith("_ore") and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"
    return json.dumps(value, ensure_ascii=False)


def parse_anchor(text: str) -> tuple[int, str]:
    """Read `SEQ:HASH`."""
    seq, _, digest = text.strip().partition(":")
    if not (seq.isdigit() and len(digest) == 64 and all(sign in "0123456789abcdef" for sign in digest.lower())):
        raise argparse.ArgumentTypeError("an anchor is the entry's number, a colon and 64 hexadecimal signs")
    return int(seq), digest.lower()


def parse_payment(text: str) -> int:
    """Read `U-123`."""
    digits = text.upper()[2:] if text.upper().startswith("U-") else text
    if not digits.isdigit():
        raise argparse.ArgumentTypeError("a payment's number looks like U-123")
    return int(digits)


def main(arguments: list[str] | None = None) -> int:
    """Run the check and return the exit status."""
    parser = argparse.ArgumentParser(description="Check an export of the registry's trail.")
    parser.add_argument("file", help="the export, JSON lines")
    parser.add_argument("--anchor", action="append", type=parse_anchor, default=[], metavar="SEQ:HASH")
    parser.add_argument("--payment", action="append", type=parse_payment, default=[], metavar="U-123")
    options = parser.parse_args(arguments)
    anchors: dict[int, set[str]] = {}
    for seq, digest in options.anchor:
        anchors.setdefault(seq, set()).add(digest)
    try:
        seq, head = check_chain(options.file, anchors)
        if options.payment:
            print_histories(options.file, options.payment)
    except TamperedError as error:
        sys.stderr.write(f"TAMPERED. First bad entry: {error.seq}: {error}\n")
        return TAMPERED
    except UnreadableError as error:
        sys.stderr.write(f"UNREADABLE. {error}\n")
        return UNREADABLE
    sys.stdout.write(f"INTACT. {seq} entries, anchors checked: {len(options.anchor)}, head {seq}:{head}\n")
    return INTACT


if __name__ == "__main__":
    sys.exit(main())
