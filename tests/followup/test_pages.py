"""The follow-up's page, files and API, as a browser gets them, and the PDF as its judge sees it."""

import io
import json
import re
from html import unescape

import pikepdf
import pypdf
import pytest

from registry.core.access import CONSOLE
from registry.database import fetch, fetch_value
from registry.documents import rendering
from registry.documents.paper import Letterhead
from registry.followup.queries import follow_up
from registry.followup.render import FollowUpDocument, render_follow_up
from registry.followup.rules import read_question
from registry.trail import today
from tests.browsing import browser, csv_rows, shown, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA, make_agreement
from tests.hostile import assert_harmless
from tests.summaries.story import Story
from tests.verapdf import broken_rules

LETTERHEADS = (
    Letterhead("Region Dalarna", "232100-0180", ("Box 712, Falun",), "#1b3a5c"),
    Letterhead("Ludvika kommun", "212000-2270", (), "#a4622a"),
)


@pytest.fixture
async def auditor(clients: Clients, story: Story) -> Client:
    """The auditor's browser."""
    return await browser(clients, story.auditor)


async def test_the_page_shows_the_report_by_level(auditor: Client) -> None:
    answer = await auditor.get("/followup?by=funder,budget_year&year_from=2024&year_to=2025")
    text = shown(answer)
    assert answer.status_code == 200
    assert "Frames, decisions and payments of the budget years 2024–2025, by funder, budget year." in text
    assert "Ludvika kommun 2,000,000.00 120,000.00 1,880,000.00 115,000.00 5,000.00 1,000.00" in text
    assert "Total 6,000,000.00 190,000.01 5,809,999.99 140,000.01 50,000.00 1,000.00" in text
    assert "The rows add up to the control total." in text


async def test_every_figure_leads_to_what_it_is_made_of(auditor: Client) -> None:
    answer = await auditor.get(f"/followup?by=funder,budget_year&funder={LUDVIKA}")
    links = {unescape(link) for link in re.findall(r'<td class="num"><a href="([^"]+)"', answer.text)}
    assert any(link.startswith("/programmes?year=2025") for link in links)
    assert any(link.startswith("/grants?year=2025") for link in links)
    assert any(link.startswith("/payments?budget_year=2025") for link in links)
    for link in links:
        assert (await auditor.get(link)).status_code == 200, link


async def test_without_a_question_it_is_the_agreement_in_force(auditor: Client) -> None:
    await make_agreement("Överenskommelse 2024-2027", first=2024, last=2027, areas=("youth", "elderly"))
    text = shown(await auditor.get("/followup"))
    assert "Överenskommelse 2024-2027" in text
    assert "Young people no programme has a frame in these years" in text


async def test_a_wrong_question_keeps_what_was_typed(auditor: Client) -> None:
    answer = await auditor.get("/followup?year_from=20&by=x&funder=1")
    assert answer.status_code == 400
    assert 'href="#f-year_from"' in answer.text
    for ending in ("pdf", "xlsx", "csv", "json"):
        assert (await auditor.get(f"/followup.{ending}?year_from=20")).status_code == 400
    assert (await auditor.get("/followup?agreement=A-77")).status_code == 400


async def test_nothing_within_the_question(auditor: Client) -> None:
    assert "No programme has a frame" in shown(await auditor.get("/followup?year_from=2050"))


async def test_the_files_hold_the_same_rows_and_are_told_in_the_trail(auditor: Client) -> None:
    asked = "by=area,funder,budget_year&year_from=2024&year_to=2025"
    answer = json.loads((await auditor.get(f"/followup.json?{asked}")).content)
    rows = csv_rows((await auditor.get(f"/followup.csv?{asked}")).content)
    table = xlsx_rows((await auditor.get(f"/followup.xlsx?{asked}")).content)
    assert [row["decided"] for row in rows] == [row["decided"] for row in answer["rows"]]
    assert rows[0]["area"] == "civil_society_study_associations"
    assert table[0][-7:] == ["Frame", "Decided", "Left of the frame", "Paid", "Left to pay", "Repaid", "Grants"]
    assert table[-1][-7:] == [6_000_000, 190_000.01, 5_809_999.99, 140_000.01, 50_000, 1_000, 4]
    entries = await fetch("SELECT body FROM trail_entry WHERE action = 'followup:followup:export' ORDER BY seq")
    notes = [json.loads(entry["body"])["note"] for entry in entries]
    assert [note["format"] for note in notes] == ["json", "csv", "xlsx"]
    assert {note["sha256"] for note in notes} == {answer["sha256"]}
    assert notes[0]["control_total"] == {
        "frame": "6000000.00", "decided": "190000.01", "paid": "140000.01", "repaid": "1000.00",
    }  # fmt: skip
    assert int(notes[1]["anchor"].partition(":")[0]) == answer["anchor"]["seq"] + 1, "the first export is in the trail"


async def test_the_api_answers_the_same_question(auditor: Client) -> None:
    asked = "by=ksm&year_from=2025"
    answer = (await auditor.get(f"/api/v1/followup?{asked}")).json()
    page = json.loads((await auditor.get(f"/followup.json?{asked}")).content)
    assert answer == page
    assert [row["ksm"] for row in answer["rows"]] == ["inside", "outside"]
    assert csv_rows((await auditor.get(f"/api/v1/followup.csv?{asked}")).content)[0]["ksm"] == "inside"
    assert (await auditor.get(f"/api/v1/followup.xlsx?{asked}")).status_code == 200
    problem = await auditor.get("/api/v1/followup?by=x")
    assert (problem.status_code, problem.json()["errors"][0]["field"]) == (400, "by")
    assert (await auditor.get("/api/v1/followup?funder=802001-1111")).status_code == 404


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_the_pdf_is_archivable_and_accessible_and_holds_the_figures(story: Story, language: str) -> None:
    number = await make_agreement(first=2024, last=2025, areas=("youth",))
    answer = await follow_up(CONSOLE, read_question({"agreement": number}))
    document = FollowUpDocument(answer, LETTERHEADS, language, today())
    pdf = render_follow_up(document)
    assert broken_rules(pdf) == []
    assert render_follow_up(document) == pdf, "the same figures, the same bytes"
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\u00a0", " ")
    assert ("140,000.01" if language == "en" else "140 000,01") in text
    assert answer.sha256 in text
    with pikepdf.open(io.BytesIO(pdf)) as file:
        told = json.loads(file.attachments["followup.json"].get_file().read_bytes())
        assert told["totals"]["paid"] == "140000.01"
        assert str(file.Root.Lang) == language


async def test_a_long_report_keeps_its_heads_and_says_where_it_ends(story: Story) -> None:
    answer = await follow_up(CONSOLE, read_question({"by": "area,funder,budget_year,programme"}))
    many = answer.rows * 60
    long = FollowUpDocument(
        type(answer)(**{name: getattr(answer, name) for name in answer.__slots__} | {"rows": many}),
        LETTERHEADS,
        "sv",
        today(),
    )
    reader = pypdf.PdfReader(io.BytesIO(render_follow_up(long)))
    assert len(reader.pages) > 5
    assert all("Ram" in page.extract_text() for page in reader.pages[1:-1])


async def test_the_page_gives_the_pdf(auditor: Client) -> None:
    answer = await auditor.get("/followup.pdf?by=funder")
    rendering.stop()
    assert answer.content.startswith(b"%PDF")
    assert "followup-all-by-funder.pdf" in answer.headers["content-disposition"]
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'followup:followup:export'") == 1


async def test_hostile_text_in_every_field_of_the_pdf_leaves_the_figures_right(story: Story) -> None:
    answer = await follow_up(CONSOLE, read_question({"by": "area,funder,programme"}))
    assert_harmless(render_follow_up, FollowUpDocument(answer, LETTERHEADS, "sv", today()), most_pages=4)
