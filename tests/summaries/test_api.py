"""The summaries' routes: the same figures in JSON, CSV and XLSX, and refusals that name the parameter."""

import csv
import io
from datetime import UTC, datetime

import pytest

from registry.core.access import CONSOLE
from registry.summaries.files import answer_json
from registry.summaries.queries import summarise
from registry.summaries.rules import PARAMETERS, read_question
from tests.conftest import Client, Clients
from tests.summaries.story import Story

PATH = "/api/v1/summaries"


@pytest.fixture
async def auditor(clients: Clients, story: Story) -> Client:
    """The auditor's browser."""
    return await clients.open(story.auditor)


async def test_json_is_the_answer_itself(auditor: Client) -> None:
    answer = await auditor.get(f"{PATH}?by=funder,programme,year&known_at=2025-12-31T00:00:00Z")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    asked = read_question({"by": "funder,programme,year", "known_at": "2025-12-31T00:00:00Z"})
    assert asked.known_at == datetime(2025, 12, 31, tzinfo=UTC)
    assert answer.content == answer_json(await summarise(CONSOLE, asked))


async def test_csv_and_xlsx_answer_the_same_question(auditor: Client) -> None:
    totals = (await auditor.get(f"{PATH}?year=2025&by=month")).json()["totals"]
    table = await auditor.get(f"{PATH}.csv?year=2025&by=month")
    lines = list(csv.reader(io.StringIO(table.text), delimiter=";"))
    assert next(line for line in lines if line[0] == "# total")[1:] == [str(value) for value in totals.values()]
    book = await auditor.get(f"{PATH}.xlsx?year=2025&by=month")
    assert book.content.startswith(b"PK")
    assert "summary-2025-by-month.xlsx" in book.headers["content-disposition"]


@pytest.mark.parametrize("suffix", ["", ".csv", ".xlsx"])
async def test_a_wrong_parameter_is_a_problem_that_names_it(auditor: Client, suffix: str) -> None:
    answer = await auditor.get(f"{PATH}{suffix}?by=nope&year=25&fundr=1")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert {error["field"] for error in answer.json()["errors"]} == {"by", "year", "fundr"}


async def test_an_unknown_funder_is_a_problem_too(auditor: Client) -> None:
    answer = await auditor.get(f"{PATH}?funder=802001-1111")
    assert answer.status_code == 404
    assert [error["field"] for error in answer.json()["errors"]] == ["funder"]


async def test_an_association_and_a_stranger_get_nothing(clients: Clients, story: Story) -> None:
    association, stranger = await clients.open(story.abf_user), await clients.open()
    for suffix in ("", ".csv", ".xlsx"):
        assert (await association.get(PATH + suffix)).status_code == 403
        assert (await stranger.get(PATH + suffix)).status_code == 401
    assert (await association.get("/summaries")).status_code == 403


async def test_openapi_names_every_parameter(auditor: Client) -> None:
    schema = (await auditor.get("/api/v1/openapi.json")).json()
    names = {parameter["name"] for parameter in schema["paths"][PATH]["get"]["parameters"]}
    assert names == set(PARAMETERS)
