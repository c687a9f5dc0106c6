"""The files are opened, and their figures are the answer's, in every format and language."""

import csv
import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook

from registry.core.access import CONSOLE, NOBODY
from registry.core.errors import ForbiddenError
from registry.database import fetch, fetch_row
from registry.summaries.files import file_name, write_file
from registry.summaries.queries import summarise
from registry.summaries.rules import read_question
from registry.summaries.schemas import Format, Question
from registry.summaries.service import export_summary
from registry.texts import use_language
from tests.factories import DALARNA, LUDVIKA
from tests.summaries.story import PERSON, Story

NAMES = {"funder_name", "programme_title", "programme_funder", "recipient_name", "area_title"}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def question(**asked: str) -> Question:
    return read_question({"by": "funder,programme,recipient,year", **asked})


async def written(kind: Format, **asked: str) -> bytes:
    """The bytes of a file."""
    summary = await summarise(CONSOLE, question(**asked))
    file = io.BytesIO()
    write_file(file, summary, kind, asked_at=NOW)
    return file.getvalue()


def table(data: bytes) -> tuple[list[dict[str, str]], dict[str, list[str]]]:
    """The rows of a CSV file, and its closing lines by name."""
    header, *lines = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=";")
    rows = [dict(zip(header, line, strict=True)) for line in lines if not line[0].startswith("# ")]
    return rows, {line[0][2:]: line[1:] for line in lines if line[0].startswith("# ")}


async def test_json_says_everything(story: Story) -> None:
    answer = json.loads(await written(Format.JSON, by="funder,programme"))
    assert list(answer) == ["question", "rows", "totals", "rows_count", "anchor", "sha256"]
    assert answer["question"]["by"] == ["funder", "programme"]
    assert {"from", "to", "as_of", "known_at"} <= answer["question"].keys()
    assert answer["rows"][0] == {
        "funder": LUDVIKA,
        "funder_name": "Ludvika kommun",
        "programme": "LK-STUD",
        "programme_title": "Programmet LK-STUD",
        "programme_funder": LUDVIKA,
        "decided": "120000.00",
        "paid": "115000.00",
        "reversed": "0.00",
        "repaid": "1000.00",
        "remaining": "5000.00",
        "payments": 3,
    }
    assert answer["totals"] == {
        "decided": "190000.01",
        "paid": "160000.01",
        "reversed": "20000.00",
        "repaid": "1000.00",
        "remaining": "50000.00",
        "payments": 5,
    }
    assert answer["rows_count"] == len(answer["rows"]) == 3
    assert len(answer["anchor"]["hash"]) == len(answer["sha256"]) == 64


async def test_csv_holds_the_rows_of_json_and_closes_with_what_they_add_up_to(story: Story) -> None:
    answer, data = json.loads(await written(Format.JSON)), await written(Format.CSV)
    rows, closing = table(data)
    assert rows == [{name: str(value) for name, value in row.items()} for row in answer["rows"]]
    assert closing["total"][-6:] == [str(value) for value in answer["totals"].values()]
    assert closing["rows"][0] == str(answer["rows_count"])
    assert closing["question"][0] == "by=funder,programme,recipient,year"
    assert closing["rows_sha256"][0] == answer["sha256"]
    assert closing["anchor"][0] == f"{answer['anchor']['seq']}:{answer['anchor']['hash']}"
    assert closing["control_total"][0] == "decided=190000.01, paid_less_reversed=140000.01, repaid=1000.00"
    whole, _, last = data.rpartition(b"# sha256")
    assert hashlib.sha256(whole).hexdigest() == last.decode().split(";")[1]


async def test_the_rows_hash_can_be_computed_from_the_csv_file(story: Story) -> None:
    rows, closing = table(await written(Format.CSV))
    lines = sorted(";".join(value for name, value in row.items() if name not in NAMES).encode() for row in rows)
    assert hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest() == closing["rows_sha256"][0]


async def test_the_rows_hash_is_the_same_in_every_language(story: Story) -> None:
    hashes = set()
    for language in ("sv", "fi", "en"):
        with use_language(language):
            hashes.add(json.loads(await written(Format.JSON, by="area,month"))["sha256"])
    assert len(hashes) == 1


async def test_xlsx_holds_numbers_totals_and_the_question(story: Story) -> None:
    answer = json.loads(await written(Format.JSON))
    book = load_workbook(io.BytesIO(await written(Format.XLSX)), data_only=True)
    sheet, about = book.worksheets
    header, *body, total = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert len(header) == len(body[0]) == 14
    keys = list(answer["rows"][0])
    for row, expected in zip(body, answer["rows"], strict=True):
        assert [_wire(name, value) for name, value in zip(keys, row, strict=True)] == list(expected.values())
    summed = [_wire(name, value) for name, value in zip(keys[-6:], total[-6:], strict=True)]
    assert summed == list(answer["totals"].values())
    facts = [str(row[1].value) for row in about.iter_rows()]
    assert answer["sha256"] in facts
    assert f"{answer['anchor']['seq']}:{answer['anchor']['hash']}" in facts


def _wire(name: str, value: Any) -> Any:
    return f"{value:.2f}" if name in ("decided", "paid", "reversed", "repaid", "remaining") else value


@pytest.mark.parametrize("kind", [Format.CSV, Format.JSON])
async def test_a_persons_number_is_in_no_file(story: Story, kind: Format) -> None:
    data = (await written(kind, by="recipient")).decode()
    assert f"P-{story.person}" in data
    assert PERSON not in data
    assert PERSON.replace("-", "") not in data


async def test_a_file_is_told_in_the_trail(story: Story) -> None:
    asked = question(year="2025", funder=DALARNA)
    export = await export_summary(CONSOLE, asked, Format.CSV)
    with export.file as file:
        file.seek(0)
        data = file.read()
    entry = await fetch_row("SELECT action, body FROM trail_entry ORDER BY seq DESC LIMIT 1")
    assert entry is not None
    assert entry["action"] == "summaries:summary:export"
    note = msgspec.json.decode(entry["body"])["note"]
    assert note["question"] == {"by": "funder,programme,recipient,year", "year": "2025", "funder": DALARNA}
    assert note["totals"] == export.summary.totals.wire()
    assert note["control_total"] == {"decided": "70000.01", "paid_less_reversed": "45000.01", "repaid": "0.00"}
    assert (note["rows"], note["format"], note["sha256"]) == (2, "csv", export.summary.sha256)
    assert note["file_sha256"] == hashlib.sha256(data).hexdigest()
    assert export.name == "summary-2025-by-funder-programme-recipient-year.csv"


async def test_who_may_not_see_summaries_gets_no_file(story: Story) -> None:
    before = len(await fetch("SELECT 1 FROM trail_entry"))
    with pytest.raises(ForbiddenError):
        await export_summary(NOBODY, question(), Format.CSV)
    assert len(await fetch("SELECT 1 FROM trail_entry")) == before


async def test_a_files_name_says_its_period(story: Story) -> None:
    for asked, name in (
        ({}, "summary-all-by-area.json"),
        ({"from": "2025-01-01", "to": "2025-06-30"}, "summary-2025-01-01_2025-06-30-by-area.json"),
    ):
        assert file_name(await summarise(CONSOLE, question(by="area", **asked)), Format.JSON) == name
