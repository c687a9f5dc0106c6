"""The summaries' page and its files, as an auditor's browser gets them."""

import csv
import io
import re
from datetime import date
from html import unescape

import pytest

from registry.database import fetch_value
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA
from tests.summaries.story import PERSON, Story, at

YEAR = "/summaries?year=2025&by=funder,programme"
ROW = r'<th scope="row"><a href="([^"]+)">.*?</th>\s*<td class="num">(?:<a [^>]+>)?([^<]+)<'
"""The address that a row's name leads to, and what was decided there."""


@pytest.fixture
async def auditor(clients: Clients, story: Story) -> Client:
    """The auditor's browser."""
    return await clients.open(story.auditor)


def shown(html: str) -> str:
    """A page's text, with plain spaces."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ").split())


async def test_the_page_shows_rows_subtotals_totals_and_what_proves_them(auditor: Client) -> None:
    answer = await auditor.get(YEAR)
    text = shown(answer.text)
    assert answer.status_code == 200
    assert "60 000,01" in text
    assert "90 000,01" in text
    assert "Programmet RD-KS" in text
    sha256 = (await auditor.get("/api/v1/summaries?year=2025&by=funder,programme")).json()["sha256"]
    assert sha256 in text


async def test_without_a_question_it_is_this_year(auditor: Client, story: Story) -> None:
    with at(date(2025, 11, 1)):
        assert "60 000,01" in shown((await auditor.get("/summaries")).text)


async def test_a_wrong_question_keeps_what_was_typed_and_says_what_is_wrong(auditor: Client) -> None:
    answer = await auditor.get("/summaries?by=funder&from=2025-02-30&known_at=nonsense&recipient=P-99999")
    assert answer.status_code == 400
    assert 'href="#f-from"' in answer.text
    assert 'href="#f-known_at"' in answer.text
    assert 'value="nonsense"' in answer.text


async def test_groups_from_several_selects_are_one_question(auditor: Client) -> None:
    several = await auditor.get("/summaries?by=kind&by=&by=year&by=")
    one = await auditor.get("/summaries?by=kind,year")
    assert several.status_code == 200
    assert shown(several.text) == shown(one.text)


async def test_every_link_of_an_answer_leads_to_the_same_figure(auditor: Client) -> None:
    seen: set[str] = set()
    waiting = ["/summaries?by=year", YEAR]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await auditor.get(path)
        assert answer.status_code == 200, path
        rows = re.findall(ROW, answer.text)
        for href, decided in rows:
            below = unescape(href)
            if below.startswith("/summaries"):
                assert decided in (await auditor.get(below)).text, below
                waiting.append(below)
    assert len(seen) > 10


async def test_an_empty_answer_says_so(auditor: Client) -> None:
    answer = await auditor.get("/summaries?year=1999&by=funder")
    assert answer.status_code == 200
    assert "empty-state" in answer.text


async def test_a_persons_number_is_not_on_the_page(auditor: Client, story: Story) -> None:
    answer = await auditor.get("/summaries?by=recipient")
    assert f"recipient=P-{story.person}" in answer.text
    assert PERSON not in answer.text


@pytest.mark.parametrize("extension", ["csv", "xlsx", "json"])
async def test_files_are_what_the_page_shows_and_are_told_in_the_trail(auditor: Client, extension: str) -> None:
    page = await auditor.get(YEAR)
    href = next(
        unescape(link) for link in re.findall(r'href="(/summaries\.[^"]+)"', page.text) if f".{extension}?" in link
    )
    before = await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'summaries:summary:export'")
    answer = await auditor.get(href)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert f"summary-2025-by-funder-programme.{extension}" in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert await fetch_value("SELECT count(*) FROM trail_entry WHERE action = 'summaries:summary:export'") == before + 1
    if extension == "csv":
        rows = [
            row for row in csv.DictReader(io.StringIO(answer.text), delimiter=";") if not row["funder"].startswith("#")
        ]
        assert [row["paid"] for row in rows if row["funder"] == LUDVIKA] == ["15000.00"]


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_the_page_is_whole_in_every_language(auditor: Client, language: str) -> None:
    for by in ("area,funder", "month", "kind,year", "recipient"):
        answer = await auditor.get(f"/summaries?by={by}&language={language}&as_of=2025-12-31&known_at=2026-01-01")
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.text
