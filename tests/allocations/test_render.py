"""The appendix to the minutes, as its reader and as its judge see it."""

import io
import json

import pypdf
import pytest

from registry.allocations.appendix import make_appendix
from registry.allocations.queries import get_allocation, list_grants_of, read_result
from registry.allocations.render import AppendixDocument, render_appendix
from registry.allocations.rule_service import register_rule
from registry.core.access import CONSOLE, Scope
from registry.documents.paper import Letterhead
from registry.texts import use_language
from tests.allocations.prepared import register_2025
from tests.factories import World, make_allocation, make_party, make_report, make_rule_details
from tests.hostile import assert_harmless
from tests.statements.structures import Structure
from tests.verapdf import broken_rules


async def appendix(number: str, language: str = "sv", scope: Scope = CONSOLE) -> bytes:
    with use_language(language):
        return await make_appendix(scope, await get_allocation(scope, number))


def text_of(pdf: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).replace("\u00a0", " ").split())


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
async def test_it_lists_the_basis_in_every_language(world: World, language: str) -> None:
    await register_2025(world)
    number = await make_allocation(dnr="KUN 2026/0019")
    pdf = await appendix(number, language)
    assert broken_rules(pdf) == []
    text = text_of(pdf)
    amounts = ("63,000.01", "37,000.00", "48,000.01") if language == "en" else ("63 000,01", "37 000,00", "48 000,01")
    for expected in (*amounts, "KUN 2026/0019", "§ 14", "Rättvik", "rattvikskulturhus.se", "ABF Dalarna (test)", "B-3"):
        assert expected in text, expected
    structure = Structure(pdf)
    assert str(structure.file.Root.Lang) == language
    assert len(structure.of("H1")) == 1
    assert structure.of("Figure")


async def test_the_sums_are_written_out_and_the_figures_attached(world: World) -> None:
    await register_2025(world)
    pdf = await appendix(await make_allocation(dnr="KUN 2026/0019"))
    text = text_of(pdf)
    assert "80 000,01 kr × 60 000,00 kr ÷ 100 000,00 kr = 48 000,006 kr" in text
    assert "20 000,00 kr × 15 000 ÷ 20 000 = 15 000 kr" in text
    attached = pypdf.PdfReader(io.BytesIO(pdf)).attachments
    told = json.loads(attached["F-1-2026.json"][0])
    assert (told["dnr"], told["result"]["total"]) == ("KUN 2026/0019", "100000.01")
    assert "48000.01" in attached["F-1-2026.csv"][0].decode("utf-8-sig")
    assert pdf == await appendix("F-1"), "the same figures, the same bytes"


async def test_a_draft_is_marked_as_one(world: World) -> None:
    await register_2025(world)
    pdf = await appendix(await make_allocation())
    assert broken_rules(pdf) == []
    assert "Utkast: inget beslut är fattat." in text_of(pdf)


async def test_an_association_gets_its_own_share_and_the_totals(world: World) -> None:
    await register_2025(world)
    number = await make_allocation(dnr="KUN 2026/0019")
    pdf = await appendix(number, scope=await world.scope("abf_user"))
    assert broken_rules(pdf) == []
    told = text_of(pdf) + "".join(
        data[0].decode("utf-8-sig") for data in pypdf.PdfReader(io.BytesIO(pdf)).attachments.values()
    )
    assert "63 000,01" in told
    for others in ("Bilda", "37 000,00", "37000.00", "40 000,00"):
        assert others not in told, others


async def test_many_associations_and_parts_are_set_on_several_pages(world: World) -> None:
    """Two dozen associations and ten parts: every share is explained, and no hostile name leaks out of its cell."""
    keys = ["previous_year_share", "two_year_mean", "even", "study_hours", "participant_hours", "unique_participants",
            "cultural_programmes", "other_group_hours", "municipalities", "three_year_mean"]  # fmt: skip
    await register_2025(world)
    for serial in range(22):
        party = await make_party(
            f"Förbund {serial} </td><script>alert(1)</script> å̊ 🎻" if serial == 0 else f"Förbund {serial}"
        )
        await make_report(party, study_hours=100 + serial)
    said = make_rule_details(
        *[{"key": key, "weight": "10", "code": f"p{n}", "title": f"Del {n}"} for n, key in enumerate(keys)]
    )
    await register_rule(CONSOLE, "Tio delar", said)
    pdf = await appendix(await make_allocation(rule="FR-7.1"))
    assert broken_rules(pdf) == []
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 4
    text = text_of(pdf)
    assert "Förbund 21" in text
    assert "<script>" in text


async def test_hostile_text_in_every_field_leaves_the_figures_right_and_does_nothing(world: World) -> None:
    await register_2025(world)
    allocation = await get_allocation(CONSOLE, await make_allocation(dnr="KUN 2026/0019"))
    document = AppendixDocument(
        allocation=allocation,
        result=await read_result(CONSOLE, allocation),
        grants=await list_grants_of(CONSOLE, allocation),
        funder=Letterhead("Ludvika kommun", "212000-2270", ("771 82 Ludvika",), "#a4622a"),
        language="sv",
    )
    assert_harmless(render_appendix, document, most_pages=8)
