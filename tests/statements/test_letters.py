"""The decision letter: what was decided, for its recipient, archivable and accessible, the same for everyone."""

import io
from datetime import date
from typing import Any

import pypdf
import pytest

from registry.core.access import CONSOLE
from registry.core.money import Money
from registry.grants.schemas import AmendmentDetails, AmendmentKind
from registry.grants.service import amend_grant
from registry.parties.schemas import PartyKind
from registry.statements.letter_render import letter_name, render_letter
from registry.statements.letters import Letter, LetterChange, LetterFunder, LetterReport, read_letter
from registry.statements.schemas import PlannedPart, StatementParty
from tests.conftest import Clients
from tests.factories import World, make_demand, make_grant, make_party
from tests.hostile import assert_harmless
from tests.statements.structures import Structure
from tests.verapdf import broken_rules


def make_letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "number": "B-12",
        "language": "sv",
        "funder": LetterFunder(
            name="Ludvika kommun", org_number="212000-2270", colour="#b9770e", contact=("771 82 Ludvika",)
        ),
        "recipient": StatementParty(number="P-3", name="ABF Dalarna", org_number="883800-5318"),
        "programme": "Bidrag till studieförbund",
        "priority_area": "Civilsamhälle och studieförbund",
        "dnr": "KUN 2025/19",
        "paragraph": "§ 14",
        "decided_on": date(2025, 3, 19),
        "decider": "Kultur- och samhällsutvecklingsnämnden",
        "decided_ore": Money(140_090_00),
        "granted_ore": Money(150_090_00),
        "period_from": date(2025, 1, 1),
        "period_to": date(2025, 12, 31),
        "purpose": "Verksamhetsbidrag",
        "benefit": "Kurser i hela kommunen.",
        "conditions": ("Redovisas i mars.", "Räkenskaperna hålls tillgängliga."),
        "plan": (
            PlannedPart(due_on=date(2025, 3, 31), amount_ore=Money(70_000_00)),
            PlannedPart(due_on=date(2025, 9, 30), amount_ore=Money(80_090_00)),
        ),
        "reports": (LetterReport(title="Slutredovisning", due_on=date(2026, 3, 31)),),
        "changes": (
            LetterChange(
                decided_on=date(2025, 6, 3),
                kind="increase",
                delta_ore=Money(10_000_00),
                decider="Kulturchefen",
                reason="Sommarlovet.",
            ),
        ),
        "account": "BG ••••-9681",
        "seq": 412,
    }
    return Letter(**(values | changes))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
def test_a_letter_is_whole_in_every_language(language: str) -> None:
    pdf = render_letter(make_letter(language=language))
    assert broken_rules(pdf) == []
    text = text_of(pdf)
    for expected in ("ABF Dalarna", "KUN 2025/19", "§ 14", "Slutredovisning", "Redovisas i mars.", "BG ••••-9681"):
        assert expected in text
    amounts = (
        ("140,090.00", "150,090.00", "80,090.00") if language == "en" else ("140 090,00", "150 090,00", "80 090,00")
    )
    assert all(amount in text for amount in amounts)
    structure = Structure(pdf)
    assert str(structure.file.Root.Lang) == language
    assert len(structure.of("H1")) == 1
    assert all(name.startswith("Source-Sans") for name in structure.font_names())


def test_the_least_letter_is_set_and_the_same_letter_is_the_same_file() -> None:
    nothing = {"conditions": (), "plan": (), "reports": (), "changes": (), "benefit": "", "account": "", "purpose": ""}
    assert broken_rules(render_letter(make_letter(**nothing))) == []
    assert render_letter(make_letter()) == render_letter(make_letter())


def test_hostile_text_in_every_field_leaves_the_figures_right_and_does_nothing() -> None:
    assert_harmless(render_letter, make_letter(via="Museet"), most_pages=12)


async def test_it_says_what_is_registered(world: World) -> None:
    grant = await make_grant(world.programme, world.abf, amount=1_000_00, conditions="Ett.\n\n Två.")
    await make_demand(grant, due_on=date(2026, 3, 31))
    more = AmendmentDetails(
        kind=AmendmentKind.INCREASE, amount_ore=Money(500_00), decided_on=date(2025, 6, 3), decider="Chefen",
        reason="Mer", plan=None,
    )  # fmt: skip
    await amend_grant(CONSOLE, grant, more, key="more")
    letter = await read_letter(CONSOLE, grant, None)
    assert (letter.decided_ore, letter.granted_ore) == (1_000_00, 1_500_00)
    assert sum(part.amount_ore for part in letter.plan) == 1_500_00
    assert letter.conditions == ("Ett.", "Två.")
    assert [report.due_on for report in letter.reports] == [date(2026, 3, 31)]
    assert [change.delta_ore for change in letter.changes] == [500_00]
    assert letter.account == "BG ••••-9681"
    people = [await world.scope(who) for who in ("officer", "auditor", "abf_user")]
    assert {await read_letter(scope, grant, None) for scope in people} == {letter}


async def test_it_is_sent_to_whom_it_concerns(world: World, clients: Clients) -> None:
    grant = await make_grant(world.programme, world.abf)
    for path in (f"/grants/{grant}/letter.pdf", f"/api/v1/grants/{grant}/letter.pdf"):
        client = await clients.open(world.abf_user)
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert letter_name(grant, "sv") in answer.headers["content-disposition"]
        assert (await client.get(path, headers={"if-none-match": answer.headers["etag"]})).status_code == 304
        assert "Avustusilmoitus" in text_of((await client.get(f"{path}?language=fi")).content)
        assert (await client.get(f"{path}?language=de")).status_code == 400
        assert (await (await clients.open(world.bilda_user)).get(path)).status_code == 404


async def test_a_person_is_written_to_in_their_language_without_their_number(world: World) -> None:
    creator = await make_party("Aino Esimerkki", kind=PartyKind.CREATOR, number="811228-9874", language="fi")
    letter = await read_letter(CONSOLE, await make_grant(world.programme, creator), None)
    assert letter.language == "fi"
    assert "811228" not in letter.model_dump_json()
