"""Statements over the API: the figures as they are known, and the PDF as it was issued."""

import hashlib
from typing import Any

import pytest
from litestar import Litestar

from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.payments.service import attest_payment
from registry.statements.queries import read_figures
from tests import factories
from tests.conftest import Client, Clients
from tests.factories import World, make_grant, make_payment

PATH = "/api/v1/statements"


@pytest.fixture
async def grant(world: World) -> str:
    """A grant of 195 999.00 to the first association with one payment of 97 999.00, attested."""
    number = await make_grant(world.programme, world.abf, amount=195_999_00)
    payment = await make_payment(number, amount=97_999_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    return number


@pytest.fixture
async def association(world: World, clients: Clients, grant: str) -> Client:
    """The association's browser."""
    return await clients.open(world.abf_user)


async def org_number(world: World) -> str:
    """The first association's organisation number."""
    return (await read_figures(CONSOLE, world.abf, 2025, "sv")).party.org_number


async def test_the_figures_are_kronor_as_strings(world: World, association: Client) -> None:
    answer = await association.get(f"{PATH}/2025")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert body["issue"] is None
    told = (await read_figures(CONSOLE, world.abf, 2025, "sv")).wire()
    assert {name: body["figures"][name] for name in told} | {"grants": told["grants"]} == told
    assert body["position"]["remaining"] == "98000.00"
    totals = body["figures"]["totals"]
    assert (totals["decided"], totals["paid"], totals["remaining"]) == ("195999.00", "97999.00", "98000.00")
    assert sum(Money.from_wire(event["amount"]) for event in body["figures"]["events"]) == 97_999_00
    assert "_ore" not in answer.text


async def test_a_party_is_named_by_either_number(world: World, clients: Clients, grant: str) -> None:
    auditor = await clients.open(world.auditor)
    by_org = await auditor.get(f"{PATH}/2025", params={"party": await org_number(world), "language": "en"})
    by_own = await auditor.get(f"{PATH}/2025", params={"party": f"P-{world.abf}", "language": "en"})
    assert by_org.json() == by_own.json()
    assert by_org.json()["figures"]["grants"][0]["priority_area"].isascii()


async def test_the_pdf_is_the_stored_file(world: World, association: Client) -> None:
    first = await association.get(f"{PATH}/2025.pdf")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    digest = hashlib.sha256(first.content).hexdigest()
    assert first.headers["etag"] == f'"{digest}"'
    again = await association.get(f"{PATH}/2025.pdf?party={await org_number(world)}&language=sv")
    assert again.content == first.content
    kept = await association.get(f"{PATH}/2025.pdf", headers={"if-none-match": f'"x", W/"{digest}"'})
    assert (kept.status_code, kept.content, kept.headers["etag"]) == (304, b"", f'"{digest}"')
    issue = (await association.get(f"{PATH}/2025")).json()["issue"]
    assert (issue["version"], issue["pdf_sha256"], issue["is_current"]) == (1, digest, True)
    await make_payment("B-1", amount=1_00, scope=await world.scope("officer"))
    assert (await association.get(f"{PATH}/2025")).json()["issue"]["is_current"] is False


async def test_an_issued_version_stays_as_it_was(world: World, association: Client) -> None:
    first = await association.get(f"{PATH}/2025.pdf")
    before = (await association.get(f"{PATH}/2025")).json()["figures"]
    payment = await make_payment("B-1", amount=1_00, scope=await world.scope("officer"))
    await attest_payment(await world.scope("colleague"), payment)
    second = await association.get(f"{PATH}/2025.pdf")
    assert second.content != first.content
    assert (await association.get(f"{PATH}/2025.pdf?version=1")).content == first.content
    old = (await association.get(f"{PATH}/2025?version=1")).json()
    assert (old["figures"], old["position"], old["issue"]["version"]) == (before, None, 1)
    assert (await association.get(f"{PATH}/2025?version=2")).json()["issue"]["is_current"] is True
    for query in ("version=3", "version=1&language=fi"):
        missing = await association.get(f"{PATH}/2025?{query}")
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown-version")
    assert (await association.get(f"{PATH}/2025?version=0")).status_code == 400


@pytest.mark.parametrize("ending", ["", ".pdf"])
async def test_anothers_statement_answers_like_a_missing_one(
    world: World, clients: Clients, grant: str, ending: str
) -> None:
    client = await clients.open(world.bilda_user)
    theirs, missing = await org_number(world), factories.org_number(99_999)
    other = await client.get(f"{PATH}/2025{ending}", params={"party": theirs})
    nobody = await client.get(f"{PATH}/2025{ending}", params={"party": missing})
    assert other.status_code == nobody.status_code == 404
    assert other.text.replace(theirs, "X") == nobody.text.replace(missing, "X")
    assert other.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("ending", ["", ".pdf"])
async def test_refusals_are_problems_that_name_the_parameter(
    world: World, clients: Clients, grant: str, ending: str
) -> None:
    auditor = await clients.open(world.auditor)
    for query, status, field in (
        ("", 404, "party"),
        ("?party=hej", 404, "party"),
        ("?party=811228-9874", 404, "party"),
        (f"?party=P-{world.abf}&language=de", 400, "language"),
    ):
        answer = await auditor.get(f"{PATH}/2025{ending}{query}")
        assert (query, answer.status_code) == (query, status)
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert "811228" not in answer.text
    late = await auditor.get(f"{PATH}/2099{ending}?party=P-{world.abf}")
    assert (late.status_code, late.json()["code"]) == (404, "year-not-begun")
    assert (await auditor.get(f"{PATH}/abc{ending}?party=P-{world.abf}")).status_code == 404
    assert (await (await clients.open()).get(f"{PATH}/2025{ending}")).status_code == 401
    assert (await (await clients.open(world.admin)).get(f"{PATH}/2025{ending}")).status_code == 403


async def test_a_year_without_anything_has_figures_but_no_pdf(association: Client) -> None:
    answer = await association.get(f"{PATH}/2019")
    assert answer.status_code == 200
    assert answer.json()["figures"]["funders"] == []
    pdf = await association.get(f"{PATH}/2019.pdf")
    assert (pdf.status_code, pdf.json()["code"]) == (404, "nothing-to-state")


def test_openapi_describes_both_paths(app: Litestar) -> None:
    paths = app.openapi_schema.to_schema()["paths"]
    figures, pdf = paths[f"{PATH}/{{year}}"]["get"], paths[f"{PATH}/{{year}}.pdf"]["get"]
    assert figures["operationId"] == "getStatement"
    assert list(pdf["responses"]["200"]["content"]) == ["application/pdf"]
    assert {"304", "400", "401", "403", "404", "409", "503"} <= pdf["responses"].keys()
    for operation in (figures, pdf):
        [year] = [one for one in operation["parameters"] if one["name"] == "year"]
        assert (year["in"], year["required"], year["schema"]["type"]) == ("path", True, "integer")
        assert {one["name"] for one in operation["parameters"]} == {"year", "party", "language", "version"}
