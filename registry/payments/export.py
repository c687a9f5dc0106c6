"""The list of payments as a file, exactly as it is filtered and sorted; memory stays flat however many there are.

The database formats a CSV file's lines itself: with a million payments a line that passes through Python costs more
than everything else.
"""

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Literal

from registry import trail
from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.database import copy_query, snapshot
from registry.documents.csv import DELIMITER, FORMULA_START, GUARD, CsvWriter
from registry.documents.table import Column, Value, Written
from registry.documents.xlsx import MAX_ROWS, TooManyRowsError, write_xlsx
from registry.payments.queries import PaymentFilter, count_payments, selection
from registry.payments.schemas import PaymentStatus
from registry.texts import _, format_datetime
from registry.trail import read_anchor, record
from registry.web.downloads import SPOOL_BYTES

Format = Literal["csv", "xlsx"]

TITLES = {
    "payment": N_("Payment"),
    "grant": N_("Grant"),
    "funder": N_("Funder's number"),
    "funder_name": N_("Funder"),
    "programme": N_("Programme"),
    "dnr": N_("Dnr"),
    "recipient": N_("Recipient's number"),
    "recipient_name": N_("Recipient"),
    "instalment": N_("Instalment"),
    "amount": N_("Amount"),
    "paid_on": N_("Paid on"),
    "status": N_("Status"),
    "voucher": N_("Voucher"),
    "reference": N_("Reference"),
    "recorded_at": N_("Registered"),
    "attested_at": N_("Attested"),
    "reversed_on": N_("Reversed on"),
    "reversal_reason": N_("Reason of reversal"),
    "override_reason": N_("Reason to pay despite an overdue report"),
}
_KINDS: dict[str, Literal["money", "date", "datetime", "int"]] = {
    "instalment": "int",
    "amount": "money",
    "paid_on": "date",
    "recorded_at": "datetime",
    "attested_at": "datetime",
    "reversed_on": "date",
}

_PERSONAL = "(c.salt IS NOT NULL OR substr(c.org_number, 3, 2) < '20')"
_SELECT = """
WITH decided AS MATERIALIZED (
  SELECT g.id, 'B-' || g.id AS number, f.org_number AS funder, {funder_name} AS funder_name, {programme} AS programme,
         {dnr} AS dnr, CASE WHEN {personal} THEN regexp_replace(c.org_number, '[0-9]', '•', 'g')
         ELSE c.org_number END AS recipient, {recipient_name} AS recipient_name
  FROM funding_grant g JOIN party f ON f.id = g.funder_id JOIN party c ON c.id = g.recipient_id
  JOIN programme m ON m.id = g.programme_id)
SELECT 'U-' || p.id, d.number, d.funder, d.funder_name, d.programme, d.dnr, d.recipient, d.recipient_name, p.instalment,
       {amount}, p.paid_on,
       CASE WHEN p.attest <> 'officer' OR a.payment_id IS NOT NULL
            THEN CASE WHEN r.payment_id IS NULL THEN 'paid' ELSE 'reversed' END
            ELSE CASE WHEN r.payment_id IS NULL THEN 'waiting' ELSE 'cancelled' END END,
       {voucher}, {reference}, {recorded_at}, {attested_at}, r.reversed_on, {reason}, {override}
FROM payment p JOIN decided d ON d.id = p.grant_id
LEFT JOIN (SELECT * FROM attestation WHERE true{known}) a ON a.payment_id = p.id
LEFT JOIN (SELECT * FROM reversal WHERE true{known}) r ON r.payment_id = p.id
LEFT JOIN (SELECT payment_id, string_agg('D-' || accounting_report_id || ': ' || reason, ' ' ORDER BY id) AS reason
           FROM report_override WHERE kind = 'override' GROUP BY 1) o ON o.payment_id = p.id
{where} {order}
"""
_AMOUNT = "(p.amount_ore / 100) || '.' || lpad((p.amount_ore % 100)::text, 2, '0')"
_MOMENT = """to_char({0}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


def _one_line(column: str) -> str:
    """The text without line breaks, so that a line of the file is a row."""
    return f"nullif(translate({column}, E'\\r\\n', '  '), '')"


def _guarded(column: str) -> str:
    """As `documents.csv.guard`: nothing that a spreadsheet would run."""
    pattern = FORMULA_START.replace("\\", "\\\\").replace("'", "''")
    text, mark = _one_line(column), GUARD.replace("'", "''")
    return f"CASE WHEN {column} ~ E'{pattern}' THEN '{mark}' || {text} ELSE {text} END"


def _query(scope: Scope, wanted: PaymentFilter, *, sort: str, kind: Format) -> tuple[str, list[object]]:
    """CSV: formatted as the file has it. XLSX: plain values, which Python makes cells of."""
    where, known, order, arguments = selection(scope, wanted, sort=sort)
    text = _guarded if kind == "csv" else _one_line
    sql = _SELECT.format(
        personal=_PERSONAL,
        funder_name=text("f.name"),
        programme=text("m.code"),
        dnr=text("g.dnr"),
        recipient_name=text("c.name"),
        amount=_AMOUNT if kind == "csv" else "p.amount_ore",
        voucher=text("p.voucher"),
        reference=text("p.reference"),
        recorded_at=_MOMENT.format("p.recorded_at"),
        attested_at=_MOMENT.format("a.recorded_at"),
        reason=text("r.reason"),
        override=text("o.reason"),
        known=known,
        where=where,
        order=order,
    )
    return sql, arguments


def columns() -> list[Column]:
    """The columns of an export, in order."""
    return [Column(key, _(title), _KINDS.get(key, "text")) for key, title in TITLES.items()]


async def export_payments(
    scope: Scope, wanted: PaymentFilter, file: IO[bytes], kind: Format, *, sort: str = "-paid_on", question: str = ""
) -> Written:
    """Write the payments of a filter into an empty, seekable file, and tell the trail.

    `question` is the filter as an address has it; the file and the trail keep it. Raises: TooManyRowsError.
    """
    async with snapshot():
        total, amount = await count_payments(scope, wanted)
        anchor = str(await read_anchor())
        facts = [("question", question), ("anchor", anchor)]
        sql, arguments = _query(scope, wanted, sort=sort, kind=kind)
        if kind == "csv":
            written = await _write_csv(file, sql, arguments, amount, facts)
        else:
            if total > MAX_ROWS:
                raise TooManyRowsError(limit=MAX_ROWS)
            written = await _write_xlsx(file, sql, arguments, amount, facts)
    await record(
        scope, "payments:list:export", question=question, format=kind, rows=written.rows, total=amount.wire,
        sha256=written.sha256,
    )  # fmt: skip
    return written


async def _write_csv(
    file: IO[bytes], sql: str, arguments: list[object], amount: Money, facts: list[tuple[str, str]]
) -> Written:
    writer = CsvWriter(file, columns())  # type: ignore[arg-type]

    async def take(lines: bytes) -> None:
        writer.write_lines(lines.replace(b"\n", b"\r\n"), lines.count(b"\n"))

    await copy_query(sql, *arguments, output=take, format="csv", delimiter=DELIMITER)
    return writer.close({"amount": int(amount)}, facts)


async def _write_xlsx(
    file: IO[bytes], sql: str, arguments: list[object], amount: Money, facts: list[tuple[str, str]]
) -> Written:
    moment = trail.now()
    table_name, info_name = _("Payments"), _("Question")
    info = [*facts, (_("Answered"), format_datetime(moment))]
    total_label, made = _("Total"), columns()
    names = {status.value: _(title) for status, title in STATUS_WORDS.items()}
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as rows:
        await copy_query(sql, *arguments, output=rows, format="csv", delimiter=DELIMITER)
        rows.seek(0)
        return await asyncio.to_thread(
            write_xlsx,
            file,  # type: ignore[arg-type]
            made,
            _values(rows, made, names),
            created=moment,
            table_name=table_name,
            info_name=info_name,
            totals={"amount": int(amount)},
            total_label=total_label,
            info=info,
        )


STATUS_WORDS = {
    PaymentStatus.WAITING: N_("waiting for attest"),
    PaymentStatus.PAID: N_("paid"),
    PaymentStatus.REVERSED: N_("reversed"),
    PaymentStatus.CANCELLED: N_("cancelled"),
}


def _values(rows: IO[bytes], made: list[Column], names: dict[str, str]) -> Iterator[list[Value]]:
    """The cells of the rows that COPY wrote."""
    text = io.TextIOWrapper(rows, encoding="utf-8", newline="")
    status = next(place for place, column in enumerate(made) if column.key == "status")
    for cells in csv.reader(text, delimiter=DELIMITER):
        values = [_value(column, cell) for column, cell in zip(made, cells, strict=True)]
        values[status] = names[cells[status]]
        yield values
    text.detach()


def _value(column: Column, cell: str) -> Value:
    if cell == "":
        return None
    match column.kind:
        case "money" | "int":
            return int(cell)
        case "date":
            return date.fromisoformat(cell)
        case "datetime":
            return datetime.fromisoformat(cell)
        case _:
            return cell
