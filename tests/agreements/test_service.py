"""Agreements by the service: the one from the start, the next beside it, better summaries, and withdrawals."""

from datetime import date
from typing import Any

import pytest

from registry.agreements.queries import agreement_of, get_agreement, list_agreements, list_area_programmes, list_areas
from registry.agreements.rules import RefusedAgreementError
from registry.agreements.schemas import AgreementDetails, AreaText, NewArea, SignedBy, agreement_number
from registry.agreements.service import (
    LastAgreementError,
    describe_area,
    ensure_agreement,
    register_agreement,
    withdraw_agreement,
)
from registry.core.access import CONSOLE, NOBODY
from registry.core.errors import ConflictError, ForbiddenError, NotFoundError, RuleError
from registry.database import execute, fetch_value
from registry.programmes.queries import list_programmes
from registry.texts import use_language
from registry.trail import read_anchor
from tests.factories import DALARNA, LUDVIKA, World, make_programme

SIGNED = (SignedBy(org_number=LUDVIKA, name="Ludvika kommun"), SignedBy(org_number=DALARNA, name="Region Dalarna"))


def details(**changes: Any) -> AgreementDetails:
    """The next agreement, with two of the areas."""
    facts = {
        "title": "Nästa överenskommelse",
        "period_from": date(2023, 1, 1),
        "period_to": date(2026, 12, 31),
        "source": "KS 2022/1",
        "parties": SIGNED,
        "areas": ("youth", "elderly"),
        **changes,
    }
    return AgreementDetails(**facts)


async def register(**changes: Any) -> str:
    """Register it; returns its number."""
    return agreement_number(await register_agreement(CONSOLE, details(**changes)))


async def test_every_registry_has_the_agreement_with_eleven_areas_and_both_parties(db: None) -> None:
    [agreement] = await list_agreements(CONSOLE)
    assert [(party.org_number, party.name, party.party_id) for party in agreement.parties] == [
        (LUDVIKA, "Ludvika kommun", None),
        (DALARNA, "Region Dalarna", None),
    ]
    assert (agreement.period_from, agreement.period_to) == (date(2019, 1, 1), date(2022, 12, 31))
    assert len(agreement.areas) == 11
    assert [area.code for area in agreement.areas] == [area.code for area in await list_areas(CONSOLE)]
    assert all(area.summary and not area.before for area in agreement.areas)
    poetry = agreement.area("literature_poetry")
    assert poetry is not None
    assert "poesisatsningen" in poetry.summary


async def test_each_area_is_summed_up_in_three_languages(db: None) -> None:
    seen = set()
    for language in ("sv", "fi", "en"):
        with use_language(language):
            [agreement] = await list_agreements(CONSOLE)
            seen |= {area.summary for area in agreement.areas}
            assert not any(area.is_swedish for area in agreement.areas)
    assert len(seen) == 33


async def test_a_registered_party_is_found_by_its_number(world: World) -> None:
    [agreement] = await list_agreements(CONSOLE)
    assert [party.party_id for party in agreement.parties] == [world.kommun, world.region]


async def test_a_registry_of_an_earlier_version_gets_parties_and_summaries_once(db: None, owner: Any) -> None:
    """Upgraded: the agreement and its areas are there, the side tables are empty."""
    await owner.execute("BEGIN")
    await owner.execute("SET LOCAL session_replication_role = replica")
    for table in ("agreement_area", "agreement_party"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        await owner.execute(f"DELETE FROM {table}")
        await owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    await owner.execute("COMMIT")
    await ensure_agreement()
    await ensure_agreement()
    [agreement] = await list_agreements(CONSOLE)
    assert (len(agreement.areas), len(agreement.parties)) == (11, 2)
    assert await fetch_value("SELECT count(*) FROM agreement") == 1
    # What the tests' registry holds from the start is told by its own entries again.
    await owner.execute("BEGIN")
    await owner.execute("SET LOCAL session_replication_role = replica")
    for table in ("agreement_area", "agreement_party"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
        await owner.execute(f"UPDATE {table} SET seq = 2")
        await owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
    await owner.execute("COMMIT")


async def test_the_next_agreement_stands_beside_the_first_and_changes_nothing_of_it(world: World) -> None:
    [before] = await list_agreements(CONSOLE)
    number = await register(
        new_areas=(NewArea(title_sv="Film i skolan", title_en="Film in schools", summary_sv="Film för alla."),)
    )
    following, first = await list_agreements(CONSOLE)
    assert first == before
    assert following.number == number
    assert [area.code for area in following.areas] == ["youth", "elderly", "film_in_schools"]
    assert [area.is_new for area in following.areas] == [False, False, True]
    assert following.areas[2].summary == "Film för alla."
    assert "film_in_schools" in [area.code for area in await list_areas(CONSOLE)]


async def test_an_area_without_words_of_its_own_shows_those_of_the_agreement_before(db: None) -> None:
    number = await register()
    area = (await get_agreement(CONSOLE, number)).area("youth")
    first = (await get_agreement(CONSOLE, "A-1")).area("youth")
    assert area is not None
    assert first is not None
    assert (area.summary, area.summaries[0]) == (first.summary, "")
    assert "2019-2022" in area.before


async def test_a_better_summary_is_the_next_version_with_its_reason(db: None) -> None:
    number = await register()
    await describe_area(CONSOLE, number, "youth", AreaText(summary_sv="Unga får en scen."))
    with pytest.raises(RuleError) as refusal:
        await describe_area(CONSOLE, number, "youth", AreaText(summary_sv="Unga får två scener."))
    assert refusal.value.field == "reason"
    await describe_area(CONSOLE, number, "youth", AreaText(summary_sv="Unga får två scener.", reason="Läste fel"))
    with pytest.raises(RuleError):
        await describe_area(CONSOLE, number, "youth", AreaText(summary_sv="Unga får två scener.", reason="Igen"))
    area = (await get_agreement(CONSOLE, number)).area("youth")
    assert area is not None
    assert (area.summary, area.version, area.before) == ("Unga får två scener.", 3, "")
    first = (await get_agreement(CONSOLE, "A-1")).area("youth")
    assert first is not None
    assert "ungdomsregion" in first.summary
    with pytest.raises(NotFoundError):
        await describe_area(CONSOLE, number, "libraries", AreaText(summary_sv="Finns inte här."))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"period_to": date(2022, 12, 31)}, "period_to"),
        ({"parties": SIGNED[:1]}, "party_number_1"),
        ({"parties": (*SIGNED, SIGNED[0])}, "party_number_1"),
        ({"parties": (SIGNED[0], SignedBy(org_number="232100-0181", name="Fel siffra"))}, "party_number_2"),
        ({"parties": (SIGNED[0], SignedBy(org_number="881130-9932", name="En person"))}, "party_number_2"),
        ({"areas": ()}, "areas"),
        ({"areas": ("nothing",)}, "areas"),
        ({"new_areas": (NewArea(title_sv="Unga", title_en="Youth"),)}, "new_title_sv_1"),
        ({"new_areas": (NewArea(title_sv="Film"), NewArea(title_sv="FILM!"))}, "new_title_sv_2"),
        ({"new_areas": (NewArea(title_sv="–"),)}, "new_title_sv_1"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_saved(db: None, changes: dict[str, Any], field: str) -> None:
    head = await read_anchor()
    with pytest.raises(RefusedAgreementError) as refusal:
        await register_agreement(CONSOLE, details(**changes))
    assert [name for name, _error in refusal.value.errors] == [field]
    assert await read_anchor() == head


async def test_a_withdrawn_agreement_is_no_longer_offered_and_stays_readable(world: World) -> None:
    number = await register(new_areas=(NewArea(title_sv="Film"), NewArea(title_sv="Dans")))
    dance = await fetch_value("SELECT id FROM priority_area WHERE code = 'dans'")
    await make_programme(world.kommun, code="DANS", area="dans")
    await withdraw_agreement(CONSOLE, number, reason="Fel period")
    assert [one.number for one in await list_agreements(CONSOLE)] == ["A-1"]
    withdrawn = await get_agreement(CONSOLE, number)
    assert (withdrawn.is_withdrawn, withdrawn.withdrawal_reason) == (True, "Fel period")
    codes = {area.code for area in await list_areas(CONSOLE)}
    assert "film" not in codes, "only the withdrawn agreement has it"
    assert "dans" in codes, "a programme uses it"
    assert dance in [programme.area_id for programme in await list_programmes(CONSOLE)]
    with pytest.raises(ConflictError) as refusal:
        await withdraw_agreement(CONSOLE, number, reason="Igen")
    assert refusal.value.code == "already-withdrawn"


async def test_the_only_agreement_stays(db: None) -> None:
    with pytest.raises(LastAgreementError):
        await withdraw_agreement(CONSOLE, "A-1", reason="Bort")


async def test_the_agreement_of_a_day(db: None) -> None:
    number = await register()
    found = [await agreement_of(CONSOLE, date(year, 6, 1)) for year in (2018, 2020, 2024, 2030)]
    assert [one.number for one in found if one] == ["A-1", "A-1", number, number]


async def test_programmes_of_both_funders_with_the_frames_of_some_years(world: World) -> None:
    await make_programme(world.region, code="RD-U", area="youth", frame=5_00, years=(2024, 2025))
    programmes = await list_area_programmes(CONSOLE, range(2025, 2027))
    assert [(one.area_code, one.code, int(one.frame_ore)) for one in programmes] == [
        ("civil_society_study_associations", "RD-STUD", 200_000_000),
        ("youth", "RD-U", 5_00),
        ("civil_society_study_associations", "LK-STUD", 200_000_000),
    ]


async def test_only_officers_register_agreements(world: World) -> None:
    for name in ("auditor", "abf_user", "admin"):
        with pytest.raises(ForbiddenError):
            await register_agreement(await world.scope(name), details())
    with pytest.raises(ForbiddenError):
        await register_agreement(NOBODY, details())
    assert await register_agreement(await world.scope("region_officer"), details())


async def test_the_database_refuses_changes(db: None) -> None:
    for table in ("agreement_party", "agreement_area", "agreement_withdrawal"):
        with pytest.raises(Exception, match="permission denied"):
            await execute(f"UPDATE {table} SET seq = 1")
