"""An allocation's shares as a table, for CSV and XLSX: one row an association, or one an association and part."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import BinaryIO, Literal

from registry.allocations.comparing import compare
from registry.allocations.results import Result
from registry.allocations.schemas import FIXED_CODE
from registry.core.errors import N_
from registry.core.exact import write_exact
from registry.documents.listing import ListFormat, write_list
from registry.documents.table import Column, Value, Written
from registry.texts import _

Detail = Literal["shares", "basis"]

BASIS_COLUMNS = (
    Column("position", N_("No."), "int"),
    Column("org_number", N_("Organisation number"), width=14),
    Column("name", N_("Study association"), width=36),
    Column("part", N_("Part"), width=18),
    Column("title", N_("Part's title"), width=26),
    Column("weight", N_("Weight, per cent"), width=10),
    Column("key", N_("Key"), width=22),
    Column("unit", N_("Unit"), width=12),
    Column("basis_by_year", N_("Basis by year"), width=36),
    Column("basis", N_("Own basis"), width=16),
    Column("total_basis", N_("Everybody's basis"), width=18),
    Column("part_amount", N_("Part's amount"), "money"),
    Column("exact", N_("Exact piece, kronor"), width=22),
    Column("amount", N_("Piece"), "money"),
    Column("rounding", N_("Rounding"), width=12),
)


def write_shares(
    file: BinaryIO,
    kind: ListFormat,
    result: Result,
    *,
    detail: Detail,
    facts: Sequence[tuple[str, str]],
    made_at: datetime,
) -> Written:
    """Write an allocation into an empty, seekable file; the total is the frame."""
    about = [
        ("rule", f"{result.rule.name} ({result.rule.reference})"),
        ("source", result.rule.source),
        ("year", str(result.year)),
        ("frame", result.frame.wire),
        ("decided_on", result.eligible_on.isoformat()),
        *facts,
    ]
    columns = BASIS_COLUMNS if detail == "basis" else _share_columns(result)
    rows = _basis_rows(result) if detail == "basis" else _share_rows(result)
    totals: dict[str, Value] = {"amount": int(result.total)}
    if detail == "shares":
        totals |= {"last_year": int(result.last_year), "change": int(result.total - result.last_year)}
        totals |= {f"part_{part.part}": int(part.amount) for part in result.parts}
    name = _("Shares") if detail == "shares" else _("Basis")
    return write_list(file, kind, columns, rows, name=name, facts=about, made_at=made_at, totals=totals)


COMPARED = (
    Column("org_number", N_("Organisation number"), width=14),
    Column("name", N_("Study association"), width=36),
    Column("run_a", N_("Run A"), "money"),
    Column("run_b", N_("Run B"), "money"),
    Column("difference", N_("Difference"), "money"),
    Column("last_year", N_("Year before"), "money"),
)


def write_comparison(file: BinaryIO, kind: ListFormat, first: Result, second: Result, *, made_at: datetime) -> Written:
    """Write two runs side by side into an empty, seekable file."""
    about = [
        (f"run_{letter}", f"{one.rule.name} ({one.rule.reference}): {_weights(one)}")
        for letter, one in (("a", first), ("b", second))
    ]
    rows: list[list[Value]] = [
        [one.org_number, one.name, int(one.first), int(one.second), int(one.difference), int(one.last_year)]
        for one in compare(first, second).shares
    ]
    totals: dict[str, Value] = {
        "run_a": int(first.total), "run_b": int(second.total), "difference": int(second.total - first.total),
    }  # fmt: skip
    name = _("Comparison")
    facts = [*about, ("year", str(first.year)), ("frame", first.frame.wire)]
    return write_list(file, kind, COMPARED, rows, name=name, facts=facts, made_at=made_at, totals=totals)


def _weights(result: Result) -> str:
    return ", ".join(f"{part.code} {write_exact(part.weight)} %" for part in result.rule.definition.parts)


def _share_columns(result: Result) -> list[Column]:
    parts = [Column(f"part_{part.part}", part.title or N_("Fixed amount"), "money") for part in result.parts]
    return [
        Column("position", N_("No."), "int"),
        Column("org_number", N_("Organisation number"), width=14),
        Column("name", N_("Study association"), width=36),
        *parts,
        Column("amount", N_("Share"), "money"),
        Column("last_year", N_("Year before"), "money"),
        Column("change", N_("Change"), "money"),
        Column("change_percent", N_("Change, per cent"), "money"),
    ]


def _share_rows(result: Result) -> list[list[Value]]:
    return [
        [
            share.position, share.org_number, share.name, *(int(line.amount) for line in share.parts),
            int(share.amount), int(share.last_year), int(share.change),
            share.change_percent,
        ]
        for share in result.shares
    ]  # fmt: skip


def _basis_rows(result: Result) -> list[list[Value]]:
    rows: list[list[Value]] = []
    for share in result.shares:
        for line in share.parts:
            years = ", ".join(f"{each.year}: {_number(each.value)}" for each in line.years)
            rounding = "bounded" if line.bounded else "raised" if line.raised else ""
            weight = "" if line.part == FIXED_CODE else _number(line.weight)
            rows.append(
                [
                    share.position, share.org_number, share.name, line.part, line.title or _("Fixed amount"), weight,
                    line.key, line.unit, years, _number(line.basis), _number(line.total_basis),
                    int(line.part_amount), _number(line.exact), int(line.amount), rounding,
                ]
            )  # fmt: skip
    return rows


def _number(value: Fraction) -> str:
    return write_exact(value)
