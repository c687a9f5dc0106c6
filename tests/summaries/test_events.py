"""What a figure is made of: every link of a summary's page leads to a list whose sum is the figure."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.core.access import CONSOLE, Scope
from registry.core.money import Money
from registry.database import fetch_value
from registry.summaries.events import Figure, list_parts
from registry.summaries.queries import UnknownLimitError, summarise
from registry.summaries.rules import narrow, read_question
from registry.summaries.schemas import Figures, Question
from tests.browsing import browser, csv_rows, shown, xlsx_rows
from tests.conftest import Client, Clients
from tests.factories import DALARNA, LUDVIKA, scope_of
from tests.summaries.story import PERSON, Story

QUESTIONS: tuple[dict[str, str], ...] = (
    {},
    {"year": "2024"},
    {"year": "2025"},
    {"year": "2026"},
    {"from": "2025-02-01", "to": "2025-06-30"},
    {"as_of": "2025-06-01"},
    {"known_at": "2025-01-05"},
    {"known_at": "2025-03-11"},
    {"known_at": "2025-06-01", "year": "2025"},
    {"via": "none"},
    {"ksm": "inside"},
    {"area": "none", "funder": DALARNA},
    {"budget_year": "2024"},
    {"funder": LUDVIKA, "as_of": "2025-12-31"},
)
"""With payments not attested, attested later, and reversed before anybody attested them."""
GROUPINGS = ("funder,programme", "recipient,month", "kind,year", "area,ksm", "via,budget_year", "month")


@pytest.fixture
async def auditor(clients: Clients, story: Story) -> Client:
    """The auditor's browser, in English."""
    return await browser(clients, story.auditor)


def _amounts(figures: Figures) -> dict[Figure, int]:
    return {
        Figure.DECIDED: figures.decided_ore,
        Figure.REVERSED: figures.reversed_ore,
        Figure.REPAID: figures.repaid_ore,
    }


async def _follow(scope: Scope, question: Question, figures: Figures, *, paged: bool = False) -> int:
    """See that each figure of a question is the sum of its list; how many events there were."""
    seen = 0
    for figure, ore in _amounts(figures).items():
        found = await list_parts(scope, question, figure, limit=1 if paged else None)
        items = list(found.items)
        while paged and len(items) < found.total:
            items += (await list_parts(scope, question, figure, limit=1, offset=len(items))).items
        assert (int(found.amount), sum(part.amount_ore for part in items)) == (ore, ore), (question, figure)
        assert len(items) == found.total == len({(part.kind, part.event_id) for part in items})
        seen += found.total
    return seen


@pytest.mark.parametrize("by", GROUPINGS)
async def test_every_row_and_total_is_the_sum_of_its_events(story: Story, by: str) -> None:
    for asked in QUESTIONS:
        summary = await summarise(CONSOLE, read_question({**asked, "by": by}))
        whole = await _follow(CONSOLE, summary.question, summary.totals)
        parts = [await _follow(CONSOLE, narrow(summary.question, row.cells), row.figures) for row in summary.rows]
        assert sum(parts) == whole


async def test_pages_of_a_list_hold_each_event_once(story: Story) -> None:
    summary = await summarise(CONSOLE, read_question({}))
    assert await _follow(CONSOLE, summary.question, summary.totals, paged=True) == 7


async def test_a_party_sees_the_events_of_its_own_grants_alone(story: Story) -> None:
    own = await scope_of(story.abf_user)
    summary = await summarise(own, read_question({}))
    await _follow(own, summary.question, summary.totals)
    decided = await list_parts(own, read_question({}), Figure.DECIDED)
    assert {part.recipient_name for part in decided.items} == {"ABF Dalarna"}
    with pytest.raises(UnknownLimitError):
        await list_parts(own, read_question({"recipient": f"P-{story.sensus}"}), Figure.DECIDED)


async def test_an_event_says_what_it_is_and_where_it_is_shown(story: Story) -> None:
    decided = (await list_parts(CONSOLE, read_question({"year": "2025"}), Figure.DECIDED, sort="day")).items
    assert [(part.day, part.kind, part.amount_ore) for part in decided] == [
        (date(2025, 1, 15), "decision", 50_000_01),
        (date(2025, 2, 1), "decision", 20_000_00),
        (date(2025, 2, 10), "decision", 30_000_00),
        (date(2025, 6, 1), "decrease", -10_000_00),
    ]
    assert decided[0].learnt == datetime(2025, 2, 10, 12, tzinfo=UTC)
    assert decided[0].number == decided[0].grant_number
    assert decided[3].href == f"/grants/{decided[2].grant_number}#history"
    (reversed_,) = (await list_parts(CONSOLE, read_question({}), Figure.REVERSED)).items
    assert (reversed_.day, reversed_.href) == (date(2026, 1, 5), f"/payments/{reversed_.number}")
    (repaid,) = (await list_parts(CONSOLE, read_question({}), Figure.REPAID)).items
    assert (repaid.href, repaid.dnr) == (f"/grants/{repaid.grant_number}#repayments", "K 1")


def _links(html: str) -> Iterable[tuple[str, str]]:
    """The addresses of lists of events on a page, each with the amount that leads there."""
    for href, amount in re.findall(r'<td class="num"><a href="(/summaries/events[^"]+)">([^<]+)</a>', html):
        yield unescape(href), unescape(amount).replace("\u00a0", " ")


@pytest.mark.parametrize(
    "asked", ["by=funder,programme", "year=2025&by=recipient,month", "by=year&known_at=2025-06-10"]
)
async def test_every_linked_amount_leads_to_a_page_with_that_sum(auditor: Client, asked: str) -> None:
    answer = await auditor.get(f"/summaries?{asked}")
    links = list(_links(answer.text))
    figures = {parse_qs(urlsplit(href).query)["figure"][0] for href, _amount in links}
    assert {"decided", "repaid"} <= figures
    assert all(amount != "0,00" for _href, amount in links)
    for href, amount in links:
        below = await auditor.get(href)
        assert below.status_code == 200
        assert f"together {amount} kr" in shown(below), href
        followed = re.findall(r'<th scope="row"[^>]*><a href="([^"#]+)', below.text)
        assert followed
        assert (await auditor.get(unescape(followed[0]))).status_code == 200


async def test_the_list_leads_back_and_its_filters_can_be_removed(auditor: Client, story: Story) -> None:
    answer = await auditor.get(f"/summaries/events?figure=decided&year=2025&recipient=P-{story.person}&by=kind")
    assert f'href="/summaries?by=kind&amp;year=2025&amp;recipient=P-{story.person}"' in answer.text
    assert f'href="/summaries/events?figure=decided&amp;by=kind&amp;recipient=P-{story.person}"' in answer.text
    assert "Äpplet Konstnär" in answer.text
    assert PERSON not in answer.text
    empty = await auditor.get("/summaries/events?figure=reversed&year=1999")
    assert (empty.status_code, "The sum holds nothing" in empty.text) == (200, True)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_a_file_is_the_list_and_is_told_in_the_trail(auditor: Client, kind: str) -> None:
    question = read_question({"year": "2025"})
    found = await list_parts(CONSOLE, question, Figure.DECIDED, sort="day")
    answer = await auditor.get(f"/summaries/events.{kind}?figure=decided&year=2025&sort=day")
    assert answer.status_code == 200
    if kind == "csv":
        rows = csv_rows(answer.content)
        assert [(row["day"], row["grant"], row["amount"]) for row in rows] == [
            (str(part.day), part.grant_number, Money(part.amount_ore).wire) for part in found.items
        ]
    else:
        cells = xlsx_rows(answer.content)
        assert [row[3] for row in cells[1:-1]] == [part.grant_number for part in found.items]
    entry = await fetch_value(
        "SELECT convert_from(body, 'UTF8') FROM trail_entry WHERE action = 'summaries:events:export'"
    )
    assert "figure=decided&by=funder,programme&year=2025&sort=day" in entry
    assert f'"{found.amount.wire}"' in entry


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("figure=paid", "decided, reversed, repaid"),
        ("figure=decided&year=x", "year"),
        ("figure=decided&nonsense=1", "nonsense"),
        ("figure=nothing&from=2025-02-30", "2025"),
        ("figure=decided&from=2025-03-01&to=2025-02-01", "period must end"),
        ("figure=decided&funder=P-99999", "P-99999"),
    ],
)
async def test_a_wrong_question_is_refused_with_what_is_wrong(auditor: Client, query: str, told: str) -> None:
    answer = await auditor.get(f"/summaries/events?{query}")
    assert (answer.status_code, told in shown(answer)) == (400, True)
    before = await fetch_value("SELECT seq FROM chain_head")
    assert (await auditor.get(f"/summaries/events.csv?{query}")).status_code in (400, 404)
    assert await fetch_value("SELECT seq FROM chain_head") == before


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_the_list_is_whole_in_every_language(auditor: Client, language: str) -> None:
    for figure in Figure:
        answer = await auditor.get(f"/summaries/events?figure={figure}&language={language}&as_of=2026-12-31")
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.text
