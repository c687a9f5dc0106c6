"""Registering and correcting reports: versions, who may, and what is refused."""

from datetime import date

import pytest

from registry.activity.queries import (
    ActivityFilter,
    UnknownReportError,
    get_report,
    list_missing_reports,
    list_report_versions,
    list_reports,
    read_activity,
)
from registry.activity.schemas import Measure, ReportDetails
from registry.activity.service import (
    NotAStudyAssociationError,
    ReporterMergedError,
    ReportExistsError,
    SameFiguresError,
    correct_report,
    register_report,
)
from registry.audit.verification import verify
from registry.core.access import CONSOLE
from registry.core.errors import FieldError, ForbiddenError, InvalidInputError
from registry.core.money import Money
from registry.parties.schemas import PartyKind
from registry.parties.service import merge_parties
from tests.factories import World, make_figures, make_party, make_report


async def test_a_correction_is_a_new_version_and_the_first_stays(world: World) -> None:
    number = await make_report(world.abf, state_grant=Money(1_250_050))
    figures = make_figures(study_hours=1_100, state_grant=Money(1_250_050))
    assert await correct_report(await world.scope("officer"), number, figures, reason="Fel summa") == 2
    report = await get_report(CONSOLE, number)
    assert (report.version, report.figures.study_hours, report.reason) == (2, 1_100, "Fel summa")
    versions = await list_report_versions(CONSOLE, report.id)
    assert [(one.version, one.figures.study_hours, one.reason) for one in versions] == [
        (2, 1_100, "Fel summa"),
        (1, 1_000, ""),
    ]
    assert versions[1].figures == make_figures(state_grant=Money(1_250_050))
    assert (await verify(CONSOLE)).first_bad is None


async def test_a_correction_needs_a_reason_and_something_new(world: World) -> None:
    number = await make_report(world.abf)
    for reason in ("", "  ", "enligt 640312-9817"):
        with pytest.raises(FieldError) as caught:
            await correct_report(CONSOLE, number, make_figures(study_hours=1), reason=reason)
        assert caught.value.field == "reason"
    with pytest.raises(SameFiguresError):
        await correct_report(CONSOLE, number, make_figures(), reason="Samma")
    with pytest.raises(InvalidInputError):
        await correct_report(CONSOLE, number, make_figures(unique_participants=9_000), reason="Fel")
    with pytest.raises(UnknownReportError):
        await correct_report(CONSOLE, "V-99999", make_figures(), reason="Fel")
    assert (await get_report(CONSOLE, number)).version == 1


async def test_one_report_an_association_kommun_and_year(world: World) -> None:
    number = await make_report(world.abf)
    with pytest.raises(ReportExistsError) as caught:
        await make_report(world.abf, municipality="ludvika")
    assert caught.value.data["report"] == number
    await make_report(world.abf, municipality="Falun")
    await make_report(world.abf, year=2024)
    await make_report(world.bilda)


async def test_only_study_associations_report(world: World) -> None:
    society = await make_party("Ett sällskap", kind=PartyKind.SOCIETY)
    with pytest.raises(NotAStudyAssociationError):
        await make_report(society)


async def test_a_merged_association_reports_until_its_merger(world: World) -> None:
    await merge_parties(CONSOLE, world.bilda, world.abf, merged_on=date(2025, 1, 1))
    await make_report(world.bilda, year=2024)
    with pytest.raises(ReporterMergedError):
        await make_report(world.bilda, year=2025)


@pytest.mark.parametrize("person", ["abf_user", "auditor", "admin"])
async def test_only_officers_register(world: World, person: str) -> None:
    scope = await world.scope(person)
    details = ReportDetails(municipality="Ludvika", year=2025, figures=make_figures())
    with pytest.raises(ForbiddenError):
        await register_report(scope, world.abf, details)


async def test_an_association_reads_its_own_and_its_predecessors_only(world: World) -> None:
    own, other = await make_report(world.abf), await make_report(world.bilda)
    scope = await world.scope("abf_user")
    assert [report.number for report in (await list_reports(scope, ActivityFilter())).items] == [own]
    assert (await list_reports(scope, ActivityFilter(party_id=world.bilda))).total == 0
    with pytest.raises(UnknownReportError):
        await get_report(scope, other)
    assert await list_report_versions(scope, int(other[2:])) == []
    assert [row[0] for row in await read_activity(scope, [2025])] == [world.abf]


async def test_lists_filter_sort_and_add_up(world: World) -> None:
    await make_report(world.abf, study_hours=10)
    await make_report(world.abf, municipality="Falun", study_hours=20)
    await make_report(world.bilda, year=2024, study_hours=40)
    found = await list_reports(CONSOLE, ActivityFilter(), sort="-study_hours")
    assert [report.figures.study_hours for report in found.items] == [40, 20, 10]
    assert (found.total, found.sums[Measure.STUDY_HOURS]) == (3, 70)
    for wanted, hours in (
        (ActivityFilter(municipality="falun"), 20),
        (ActivityFilter(year=2024), 40),
        (ActivityFilter(party_id=world.abf), 30),
        (ActivityFilter(search="bilda"), 40),
        (ActivityFilter(corrected=True), 0),
    ):
        assert (await list_reports(CONSOLE, wanted)).sums[Measure.STUDY_HOURS] == hours
    page = await list_reports(CONSOLE, ActivityFilter(), sort="study_hours", offset=1, limit=1)
    assert [report.figures.study_hours for report in page.items] == [20]
    assert page.total == 3


async def test_who_reported_last_year_and_not_this_is_missed(world: World) -> None:
    await make_report(world.abf, year=2024)
    await make_report(world.abf, year=2025)
    await make_report(world.abf, year=2024, municipality="Falun")
    missing = await list_missing_reports(CONSOLE, 2025)
    assert [(one.party_id, one.municipality) for one in missing] == [(world.abf, "Falun")]
    assert await list_missing_reports(CONSOLE, 2025, municipality="Ludvika") == []
