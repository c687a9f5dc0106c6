"""The ways of the money: funder, intermediary, recipient, each decision in one of them, partners apart."""

from datetime import date

import pytest
from pydantic import ValidationError

from registry import trail
from registry.core.access import CONSOLE, Role
from registry.core.money import Money
from registry.initiatives.queries import get_initiative, get_picture
from registry.initiatives.schemas import ShareDetails
from registry.statements.changes import list_changes, says_the_same
from registry.statements.matter_wording import flow_rows, flow_sentence, partner_sentence
from registry.statements.matters import FlowLine
from registry.statements.queries import read_figures
from registry.statements.render import statement_html
from registry.statements.schemas import StatementDocument, StatementFigures
from registry.texts import use_language
from tests.conftest import Clients
from tests.factories import make_grant, make_shares, make_user
from tests.initiatives.story import Kept, agree, keep
from tests.statements.documents import make_document, make_envelope


@pytest.fixture
async def kept(db: None, monkeypatch: pytest.MonkeyPatch) -> Kept:
    """The body and the society of the initiatives, seen after the year."""
    monkeypatch.setattr(trail, "today", lambda: date(2026, 4, 10))
    story = await keep()
    await agree(story)
    return story


async def of_year(party_id: int, year: int = 2025) -> StatementFigures:
    return await read_figures(CONSOLE, party_id, year, "sv")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


async def test_a_body_sees_each_way_with_its_agreed_share(kept: Kept) -> None:
    figures = await of_year(kept.museum_body)
    told = [(flow.title, flow.name, flow.via, flow.decided_ore, flow.paid_ore) for flow in figures.flows]
    assert told == [
        ("Ekomuseet", "Region Dalarna", "", 50_000_00, 20_000_00),
        ("Ekomuseet", "Region Dalarna", "Länets museum", 500_000_01, 400_000_01),
        ("Ekomuseet", "Ludvika kommun", "", 400_000_00, 200_000_00),
    ]
    shares = [flow.agreed_ore for flow in figures.flows]
    assert shares == [None, *reversed(Money(1_000_000_00).split([2, 3, 2])[:2])]
    assert figures.flows[2].opening_ore == 300_000_00
    assert [(one.name, one.agreed_ore) for one in figures.partners] == [
        ("Smedjebackens kommun", Money(1_000_000_00).split([2, 3, 2])[2]),
        ("Västmanlands läns museum", 250_000_00),
    ]


async def test_the_ways_agree_with_the_ledger_and_with_the_funding_picture(kept: Kept) -> None:
    """What is no co-funding has no way of its own; the memo lines are in no sum."""
    figures = await of_year(kept.museum_body)
    gone = {number for flow in figures.flows for number in flow.grants}
    other = [grant for grant in figures.grants if grant.number not in gone]
    assert [grant.granted_ore for grant in other] == [7_000_00]
    assert sum(flow.decided_ore for flow in figures.flows) + 7_000_00 == figures.totals.decided_ore
    assert sum(flow.paid_ore for flow in figures.flows) == figures.totals.net_ore
    picture = await get_picture(CONSOLE, await get_initiative(CONSOLE, kept.body), 2025)
    by_way = {(flow.funder, flow.via): (flow.decided_ore, flow.agreed_ore) for flow in picture.flows}
    assert by_way == {(flow.name, flow.via): (flow.decided_ore, flow.agreed_ore) for flow in figures.flows}


async def test_a_society_sees_the_grants_of_its_edition_by_funder(kept: Kept) -> None:
    figures = await of_year(kept.society)
    assert [(flow.title, flow.name, flow.via, flow.paid_ore, flow.grants) for flow in figures.flows] == [
        ("Poesisatsningen 2025", "Region Dalarna", "", 0, (kept.poetry_grant,)),
        ("Poesisatsningen 2025", "Ludvika kommun", "", 60_000_00, (kept.society_grant,)),
    ]
    assert figures.partners == ()


async def test_whoever_is_paid_through_someone_sees_the_way_and_others_see_none(kept: Kept) -> None:
    await make_grant(kept.world.programme, kept.world.abf, via_id=kept.museum, amount=5_000_00)
    [flow] = (await of_year(kept.world.abf)).flows
    assert (flow.title, flow.initiative, flow.via, flow.agreed_ore) == ("", "", "Länets museum", None)
    museum = await of_year(kept.museum)
    assert museum.flows == ()
    assert "flows" not in museum.model_dump(mode="json")


async def test_another_agreement_makes_a_version_and_a_payment_is_told_once(kept: Kept) -> None:
    before = await of_year(kept.museum_body)
    share = ShareDetails(funder_id=kept.world.kommun, amount_ore=Money(400_000_00))
    await make_shares(kept.body, share, reason="Ny överenskommelse")
    now = await of_year(kept.museum_body)
    with use_language("sv"):
        assert list_changes(before, now) == ["uppgifterna om pengarnas väg ändrades"]
    assert says_the_same(before.in_shape(1).model_copy(update={"shape": 1}), before)
    flow = before.flows[0].model_copy(update={"paid_ore": Money(20_001_00)})
    paid = before.model_copy(update={"flows": (flow, *before.flows[1:])})
    with use_language("sv"):
        assert "pengarnas väg" not in " ".join(list_changes(before, paid))


@pytest.mark.parametrize(("language", "words"), [("sv", "genom"), ("fi", "kautta"), ("en", "by way of")])
async def test_paper_says_it_in_words_and_figures(kept: Kept, language: str, words: str) -> None:
    figures = (await of_year(kept.museum_body)).model_copy(update={"language": language})
    html = plain(statement_html(StatementDocument(figures=figures, envelope=make_envelope())))
    assert "Region Dalarna → Länets museum → Ekomuseet" in html
    assert words in html
    assert ("400 000,01" if language != "en" else "400,000.01") in html
    assert "Västmanlands läns museum" in html


def test_the_sentence_is_only_of_money_that_went_through_someone() -> None:
    figures = make_document(by_way=True).figures
    with use_language("sv"):
        assert plain(flow_sentence(figures)).startswith("Utbetalt 2025: ")
        assert next(row.stations for row in flow_rows(figures)) == ("Region Dalarna", "Länets museum", "ABF Dalarna")
        assert "Grannkommunen 91 875,00 kr" in plain(partner_sentence(figures))
        direct = tuple(flow.model_copy(update={"via": ""}) for flow in figures.flows)
        assert flow_sentence(figures.model_copy(update={"flows": direct})) == ""


def test_ways_that_do_not_add_up_are_refused() -> None:
    figures = make_document(by_way=True).figures
    values = {name: getattr(figures, name) for name in StatementFigures.model_fields}
    flow = figures.flows[0]
    for wrong in (
        (flow, flow),
        (flow.model_copy(update={"grants": ("B-1",)}),),
        (flow.model_copy(update={"funder": "kommun"}),),
        (flow.model_copy(update={"paid_ore": Money(1)}),),
    ):
        with pytest.raises(ValidationError):
            StatementFigures(**{**values, "flows": wrong})
    with pytest.raises(ValidationError, match="remains"):
        FlowLine(**{**flow.model_dump(), "opening_ore": Money(1)})


async def test_the_page_and_the_api_show_it(kept: Kept, clients: Clients) -> None:
    client = await clients.open(kept.world.auditor)
    page = plain((await client.get(f"/statements/2025?party=P-{kept.museum_body}")).text)
    assert "Region Dalarna → Länets museum → Ekomuseet" in page
    assert f'href="/initiatives/{kept.body}"' in page
    answer = (await client.get(f"/api/v1/statements/2025?party=P-{kept.museum_body}")).json()["figures"]
    [flow] = [one for one in answer["flows"] if one["via"]]
    assert (flow["decided"], flow["paid"], flow["agreed"]) == ("500000.01", "400000.01", "428571.43")
    assert answer["partners"][1] == {"title": "Ekomuseet", "name": "Västmanlands läns museum", "agreed": "250000.00"}


async def test_a_page_links_only_where_its_reader_may_go(kept: Kept, clients: Clients) -> None:
    """Not the society itself either: associations have no pages of initiatives."""
    client = await clients.open(await make_user(Role.ASSOCIATION, party_id=kept.society))
    page = await client.get("/statements/2025")
    assert "Poesisatsningen 2025" in page.text
    assert "/initiatives/" not in page.text
