"""The summary on paper: archivable, accessible, the answer's own figures, the data attached."""

import csv
import io
import json
from dataclasses import replace

import pikepdf
import pypdf
import pytest

from registry.core.access import CONSOLE
from registry.documents import rendering
from registry.documents.paper import Letterhead
from registry.funders.queries import list_letterheads
from registry.summaries.files import answer_json, rows_csv
from registry.summaries.queries import summarise
from registry.summaries.render import MOST_LINES, SummaryDocument, lines_of, render_summary
from registry.summaries.rules import read_question
from registry.summaries.schemas import Format
from registry.summaries.service import export_summary
from registry.trail import today
from tests.factories import LUDVIKA
from tests.hostile import assert_harmless
from tests.summaries.story import PERSON, Story
from tests.verapdf import broken_rules

LETTERHEADS = (
    Letterhead("Region Dalarna", "232100-0180", ("Box 712, Falun",), "#1b3a5c"),
    Letterhead("Ludvika kommun", "212000-2270", (), "#a4622a"),
)


async def document_of(language: str = "sv", **asked: str) -> SummaryDocument:
    summary = await summarise(CONSOLE, read_question({"by": "funder,programme,recipient", **asked}))
    return SummaryDocument(summary, LETTERHEADS, language, today())


def text_of(pdf: bytes) -> str:
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_it_is_archivable_and_accessible_and_holds_the_figures(story: Story, language: str) -> None:
    document = await document_of(language)
    pdf = render_summary(document)
    assert broken_rules(pdf) == []
    assert render_summary(document) == pdf, "the same figures, the same bytes"
    text = text_of(pdf)
    assert ("140,000.01" if language == "en" else "140 000,01") in text
    assert document.summary.sha256 in text.replace(" ", "")
    assert PERSON not in text
    with pikepdf.open(io.BytesIO(pdf)) as file:
        assert str(file.Root.Lang) == language
        attached = {name: item.get_file().read_bytes() for name, item in file.attachments.items()}
        assert {str(item.AFRelationship) for item in file.Root.AF} == {"/Data"}
    assert attached["summary.json"] == answer_json(document.summary)
    assert attached["summary.csv"].decode() == rows_csv(document.summary)


async def test_each_first_group_has_its_sum(story: Story) -> None:
    summary = (await document_of()).summary
    lines = list(lines_of(summary))
    groups, rows = ([line for line in lines if line.level == level] for level in (0, 1))
    assert len(groups) == 2
    assert len(rows) == len(summary.rows)
    for figure in ("decided_ore", "paid_ore", "reversed_ore", "repaid_ore", "remaining_ore", "payments"):
        total = getattr(summary.totals, figure)
        assert sum(getattr(line.figures, figure) for line in groups) == total
        assert sum(getattr(line.figures, figure) for line in rows) == total
    alone = list(lines_of((await document_of(by="funder")).summary))
    assert [line.level for line in alone] == [0, 0]


async def test_nothing_and_very_much_are_set(story: Story) -> None:
    nothing = await document_of(year="2050")
    assert broken_rules(render_summary(nothing)) == []
    some = (await document_of()).summary
    many = replace(nothing, summary=replace(some, rows=some.rows * (MOST_LINES // len(some.rows) + 1)))
    reader = pypdf.PdfReader(io.BytesIO(render_summary(many)))
    assert len(reader.pages) > 10
    end = " ".join(page.extract_text() for page in reader.pages[-2:])
    assert "första raderna" in " ".join(end.split())
    rows = csv.reader(io.StringIO(rows_csv(many.summary)), delimiter=";")
    assert len([row for row in rows if not row[0].startswith("# ")]) == len(many.summary.rows) + 1


async def test_hostile_text_in_every_field_leaves_the_figures_right_and_does_nothing(story: Story) -> None:
    assert_harmless(render_summary, await document_of(), most_pages=4)


async def test_it_is_exported_with_the_letterhead_of_the_funder_asked_for(story: Story) -> None:
    both = await list_letterheads(CONSOLE)
    assert [letterhead.org_number for letterhead in await list_letterheads(CONSOLE, org_number=LUDVIKA)] == [LUDVIKA]
    assert len(both) == 2
    export = await export_summary(CONSOLE, read_question({"by": "programme", "funder": LUDVIKA}), Format.PDF)
    rendering.stop()
    with export.file as file:
        file.seek(0)
        text = text_of(file.read())
    assert export.name == "summary-all-by-programme.pdf"
    assert json.loads(answer_json(export.summary))["question"]["funder"] == LUDVIKA
    names = {letterhead.org_number: letterhead.name for letterhead in both}
    assert names.pop(LUDVIKA) in text
    assert all(name not in text for name in names.values())
