"""What a kommun's inhabitants have of a grant: asked for in the form, optional elsewhere, stated later, never lost."""

from datetime import date
from pathlib import Path

import pytest

from registry.core.access import CONSOLE
from registry.core.errors import RuleError
from registry.database import fetch, fetch_value
from registry.funders.service import OtherFunderError
from registry.grants.commands import FILE
from registry.grants.queries import GrantFilter, UnknownGrantError, get_grant, list_grants, needs_benefit
from registry.grants.service import state_benefit
from registry.imports import import_file
from registry.parties.schemas import PartyKind
from registry.programmes.schemas import ProgrammeKind
from tests.browsing import browser, csv_rows, held, shown, wrong_fields
from tests.conftest import Client, Clients
from tests.factories import LUDVIKA, World, make_grant, make_party, make_programme, org_number

SOCIETY = org_number(77)
WORDS = "Sex kvällar på Ludvikas bibliotek, öppna för alla."


@pytest.fixture
async def officer(clients: Clients, world: World) -> Client:
    """The officer of the kommun, which is Ludvika."""
    return await browser(clients, world.officer)


@pytest.fixture
async def poetry(world: World) -> int:
    """The kommun's programme for its initiative."""
    return await make_programme(world.kommun, code="LK-POESI", kind=ProgrammeKind.INITIATIVE, area="literature_poetry")


@pytest.fixture
async def society(world: World) -> int:
    """A society with its seat in another kommun."""
    return await make_party("Poesisällskapet", kind=PartyKind.SOCIETY, municipality="Smedjebacken", number=SOCIETY)


def decision(programme: int, party: int, **changes: str) -> dict[str, str]:
    """What an officer types."""
    return {
        "action": "save", "programme": f"{programme}:2025", "recipient": f"P-{party}", "dnr": "KS 2025/9",
        "decided_on": "2025-02-03", "decider": "Nämnden", "amount": "60 000", "plan": "once", **changes,
    }  # fmt: skip


async def test_who_needs_it(world: World, poetry: int, society: int) -> None:
    near = await make_party("Ludvika poeter", municipality="LUDVIKA")
    unknown = await make_party("Någonstans", municipality="")
    regional = await make_programme(world.region, code="RD-POESI", kind=ProgrammeKind.INITIATIVE)
    asked = {
        "another kommun": await needs_benefit(CONSOLE, poetry, society),
        "the same kommun": await needs_benefit(CONSOLE, poetry, near),
        "unknown seat": await needs_benefit(CONSOLE, poetry, unknown),
        "another kind": await needs_benefit(CONSOLE, world.programme, society),
        "a region": await needs_benefit(CONSOLE, regional, society),
    }
    assert [name for name, needed in asked.items() if needed] == ["another kommun"]


async def test_the_form_asks_for_it_and_keeps_what_was_typed(officer: Client, poetry: int, society: int) -> None:
    answer = await officer.submit("/grants/new", **decision(poetry, society))
    assert (answer.status_code, wrong_fields(answer)) == (400, {"benefit"})
    assert "Poesisällskapet has its seat in Smedjebacken" in shown(answer)
    assert held(answer, "dnr") == "KS 2025/9"
    answer = await officer.submit("/grants/new", **decision(poetry, society, benefit=WORDS))
    assert answer.status_code == 303, shown(answer)
    card = shown(await officer.get(answer.headers["location"]))
    assert WORDS in card
    assert "not stated" not in card


async def test_the_form_does_not_ask_elsewhere(officer: Client, world: World, poetry: int) -> None:
    assert (await officer.submit("/grants/new", **decision(poetry, world.abf))).status_code == 303


async def test_a_decision_without_it_is_something_to_do(
    officer: Client, world: World, poetry: int, society: int
) -> None:
    number = await make_grant(poetry, society)
    other = await make_grant(world.programme, world.abf)
    assert "The benefit for the inhabitants is not stated" in shown(await officer.get(f"/grants/{number}"))
    listed = await officer.get("/grants?benefit=1")
    assert f'href="/grants/{number}"' in listed.text
    assert f'href="/grants/{other}"' not in listed.text
    where = f"/grants/{number}/benefit"
    assert (await officer.submit(where, benefit=" ")).status_code == 400
    assert (await officer.submit(where, benefit="x" * 2001)).status_code == 400
    assert (await officer.submit(where, benefit=WORDS)).headers["location"] == f"/grants/{number}"
    again = await officer.submit(where, benefit=WORDS)
    assert (again.status_code, held(again, "benefit")) == (409, WORDS)
    assert "not stated" not in shown(await officer.get(f"/grants/{number}"))
    assert (await list_grants(CONSOLE, GrantFilter(benefit_missing=True))).total == 0
    assert csv_rows((await officer.get("/grants.csv?kind=initiative")).content)[0]["benefit"] == WORDS


async def test_better_words_take_the_place_and_nothing_is_lost(world: World, poetry: int, society: int) -> None:
    number = await make_grant(poetry, society, benefit="Först")
    await state_benefit(await world.scope("officer"), number, "Sedan")
    assert (await get_grant(CONSOLE, number)).benefit == "Sedan"
    rows = await fetch("SELECT benefit, seq FROM grant_benefit ORDER BY id")
    assert [row["benefit"] for row in rows] == ["Först", "Sedan"]
    actions = [await fetch_value("SELECT action FROM trail_entry WHERE seq = $1", row["seq"]) for row in rows]
    assert actions == ["grants:grant:decide", "grants:benefit:state"]
    with pytest.raises(RuleError):
        await state_benefit(CONSOLE, number, "Sedan")


async def test_only_ones_own_funder_states_it(world: World, poetry: int, society: int) -> None:
    number = await make_grant(poetry, society)
    with pytest.raises(OtherFunderError):
        await state_benefit(await world.scope("region_officer"), number, WORDS)
    with pytest.raises(UnknownGrantError):
        await state_benefit(CONSOLE, "B-99999", WORDS)


async def test_a_file_may_hold_it_or_not(world: World, poetry: int, society: int, tmp_path: Path) -> None:
    head = "funder;programme;recipient;dnr;decided_on;decider;amount"
    row = f"{LUDVIKA};LK-POESI;{SOCIETY};KS 2025/%s;2025-02-03;Nämnden;60000"
    (tmp_path / "old.csv").write_text(f"{head}\n{row % 1}\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text(f"{head};benefit\n{row % 2};{WORDS}\n", encoding="utf-8")
    for name in ("old.csv", "new.csv"):
        assert (await import_file(CONSOLE, FILE, tmp_path / name)).new == 1
    grants = (await list_grants(CONSOLE, GrantFilter(kind="initiative"), sort="number")).items
    assert [(grant.benefit, grant.benefit_missing) for grant in grants] == [("", True), (WORDS, False)]


async def test_the_api_takes_and_gives_it(clients: Clients, world: World, poetry: int, society: int) -> None:
    client = await clients.open(world.officer)
    client.headers["x-csrf-token"] = client.csrf
    body = {
        "programme": "LK-POESI", "recipient": f"P-{society}", "dnr": "KS 2025/3", "decided_on": "2025-02-03",
        "decider": "Nämnden", "amount": "60000.00",
    }  # fmt: skip
    made = await client.post("/api/v1/grants", json=body)
    assert (made.status_code, made.json()["benefit"], made.json()["benefit_missing"]) == (201, "", True), made.text
    number = made.json()["number"]
    stated = await client.post(f"/api/v1/grants/{number}/benefit", json={"benefit": WORDS})
    assert (stated.status_code, stated.json()["benefit"], stated.json()["benefit_missing"]) == (201, WORDS, False)
    again = await client.post(f"/api/v1/grants/{number}/benefit", json={"benefit": WORDS})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "benefit")
    assert (await client.post(f"/api/v1/grants/{number}/benefit", json={"benefit": ""})).status_code == 400
    with_it = await client.post("/api/v1/grants", json={**body, "dnr": "KS 2025/4", "benefit": WORDS})
    assert with_it.json()["benefit"] == WORDS


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=initiative", 1), ("ksm=inside", 1), ("ksm=outside", 2), ("via=none", 2), ("via=P-{museum}", 1),
        ("year_from=2025", 2), ("year_to=2024", 1), ("year_from=2024&year_to=2025", 3),
    ],
)  # fmt: skip
async def test_filters_that_links_from_totals_set(
    officer: Client, world: World, poetry: int, society: int, query: str, found: int
) -> None:
    museum = await make_party("Museet", kind=PartyKind.MUSEUM)
    inside = await make_programme(world.region, code="RD-IN", inside_ksm=True)
    await make_grant(poetry, society)
    await make_grant(inside, world.abf, via_id=museum)
    await make_grant(world.programme, world.abf, decided_on=date(2024, 2, 1))
    answer = await officer.get("/grants?" + query.format(museum=museum))
    assert f"{found} grant" in shown(answer)
    payments = query.replace("year_", "budget_").format(museum=museum)
    assert (await officer.get(f"/payments?{payments}")).status_code == 200
    name = query.partition("=")[0]
    assert f'<input type="hidden" name="{name}"' in answer.text, "filtering on keeps it"


@pytest.mark.parametrize("query", ["ksm=x", "via=P-99999", "via=x", "year_from=20", "kind=x"])
async def test_filters_that_mean_nothing(officer: Client, query: str) -> None:
    assert (await officer.get(f"/grants?{query}")).status_code == 400
