"""What a new version says of the one that it replaces: found in the figures of both."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from registry.core.money import Money
from registry.statements.changes import MOST, list_changes, replaces
from registry.statements.schemas import StatementFigures
from registry.texts import use_language
from tests.statements.documents import make_document, make_previous

Change = Callable[[StatementFigures], StatementFigures]


def told(before: StatementFigures, now: StatementFigures, language: str = "sv") -> list[str]:
    with use_language(language):
        return [change.replace("\u00a0", " ") for change in list_changes(before, now)]


def test_nothing_changed_is_told_as_nothing() -> None:
    assert told(make_document().figures, make_document().figures) == []


def test_another_accent_colour_is_no_change() -> None:
    before = make_document().figures
    assert told(before, of_funder(colour="#000000")(before)) == []


def test_payments_and_changed_decisions_are_named() -> None:
    before, now = make_document(payments=5), make_document(payments=6, amended=True, reversals=1)
    changes = told(before.figures, now.figures)
    assert "beslut B-1023 höjdes med 25 000,00 kr den 2025-06-03" in changes
    assert "utbetalning U-20316 på 160 000,00 kr tillkom" in changes
    assert "återföringen av utbetalning R-311 på 160 000,00 kr tillkom" in changes
    assert "utbetalning U-20316 på 160 000,00 kr inte längre är med" in told(now.figures, before.figures)


def test_a_decision_that_came_or_went_is_named() -> None:
    one, two = make_document(grants=2, payments=0).figures, make_document(grants=3, payments=0).figures
    assert "beslut B-1025 på 400 000,00 kr tillkom" in told(one, two)
    assert "beslut B-1025 på 400 000,00 kr inte längre är med" in told(two, one)


def of_party(**changes: Any) -> Change:
    return lambda figures: figures.model_copy(update={"party": figures.party.model_copy(update=changes)})


def of_grant(**changes: Any) -> Change:
    return lambda figures: figures.model_copy(
        update={"grants": (figures.grants[0].model_copy(update=changes), *figures.grants[1:])}
    )


def of_year(**changes: Any) -> Change:
    return lambda figures: figures.model_copy(update=changes)


def of_event(**changes: Any) -> Change:
    return lambda figures: figures.model_copy(
        update={"events": (figures.events[0].model_copy(update=changes), *figures.events[1:])}
    )


def of_funder(**changes: Any) -> Change:
    return lambda figures: figures.model_copy(
        update={"funders": (figures.funders[0].model_copy(update=changes), *figures.funders[1:])}
    )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (of_party(name="ABF Dala"), "mottagaren heter ABF Dala i stället för ABF Dalarna"),
        (of_party(address=("Nygatan 1",)), "mottagaren har en annan adress"),
        (of_party(org_number="883800-5319"), "mottagaren har ett annat organisationsnummer"),
        (of_funder(contact=("Ny adress",)), "Region Dalarna har fått andra kontaktuppgifter"),
        (of_grant(purpose="Annat"), "uppgifterna om beslut B-1023 rättades"),
        (of_grant(conditions="Villkor"), "uppgifterna om beslutens villkor ändrades"),
        (of_year(previous=make_previous()), "uppgifterna om året före ändrades"),
        (of_event(voucher="V9"), "uppgifterna om utbetalning U-20311 på 160 000,00 kr rättades"),
        (of_year(coming=()), "det som återstår att betala av beslut B-1023 ändrades"),
        (of_year(totals=make_previous()), "uppgifterna om året rättades"),
    ],
)
def test_each_difference_has_its_words(change: Change, text: str) -> None:
    before = make_document().figures
    assert told(before, change(before)) == [text]


def test_what_an_earlier_release_had_no_notion_of_is_no_change_by_itself() -> None:
    now = make_document(lines={"conditions": "Villkor"}, figures={"previous": make_previous()}).figures
    before = now.in_shape(1)
    assert before == make_document(figures={"shape": 1}).figures
    assert told(before, now) == []
    assert told(before, of_party(name="ABF Dala")(now)) == [
        "mottagaren heter ABF Dala i stället för ABF Dalarna",
        "utdraget nu även visar året före",
        "utdraget nu även visar beslutens villkor",
    ]


def test_a_year_that_has_ended_says_so() -> None:
    running = make_document(figures={"is_running": True}).figures
    assert told(running, make_document().figures) == ["året är slut"]


def test_what_was_known_before_is_put_right_and_not_new() -> None:
    old, new = (make_document(lines={"conditions": text}).figures for text in ("Ett", "Två"))
    assert told(old, new) == ["uppgifterna om beslutens villkor ändrades"]


def test_many_changes_are_counted_and_found_quickly() -> None:
    before, now = make_document(grants=12, payments=12).figures, make_document(grants=12, payments=4000).figures
    changes = told(before, now)
    assert len(changes) == MOST + 1
    assert changes[-1].endswith("ändringar till")


@pytest.mark.parametrize("language", ["sv", "fi", "en"])
def test_the_sentence_names_three_things_at_most(language: str) -> None:
    changes = told(make_document(payments=3).figures, make_document(payments=9).figures, language)
    with use_language(language):
        sentence = replaces(1, "2026-02-03", changes)
    assert "2026-02-03" in sentence
    assert str(len(changes) - 2) in sentence
    assert "%(" not in sentence


def test_one_change_needs_no_list() -> None:
    with use_language("sv"):
        assert replaces(1, "2026-02-03", ["utbetalning U-12 tillkom"]) == (
            "Ersätter version 1 av 2026-02-03 därför att utbetalning U-12 tillkom."
        )


def test_a_later_amendment_is_told_by_its_day() -> None:
    lowered = make_document(amended=True).figures
    change = (
        lowered.grants[0]
        .amendments[0]
        .model_copy(update={"kind": "decrease", "delta_ore": Money(-5_00), "decided_on": date(2025, 9, 1)})
    )
    now = of_grant(amendments=(*lowered.grants[0].amendments, change))(lowered)
    assert told(lowered, now) == ["beslut B-1023 sänktes med 5,00 kr den 2025-09-01"]
