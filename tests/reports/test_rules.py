"""The life of a report: which steps follow which, and what each needs."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.grants.demands import MOST_REPORTS, check_demands, suggest_reports
from registry.grants.schemas import DemandedReport, ReportKind
from registry.programmes.schemas import ProgrammeKind
from registry.reports.rules import (
    ALLOWED,
    RefusedStepError,
    UnknownKindError,
    allowed_events,
    check_step,
    next_state,
    read_report_kind,
)
from registry.reports.schemas import EventDetails, ReportEvent, ReportState

TODAY, DUE = date(2026, 3, 10), date(2026, 2, 28)


def step(event: ReportEvent, **values: object) -> EventDetails:
    return EventDetails(**{"event": event, "happened_on": TODAY, **values})  # type: ignore[arg-type]


def wrong(details: EventDetails, *, not_before: date = DUE) -> set[str]:
    """The fields that are refused."""
    try:
        check_step(details, due_on=DUE, not_before=not_before, today=TODAY)
    except RefusedStepError as error:
        return {field for field, _error in error.errors}
    return set()


def test_the_usual_way() -> None:
    state = ReportState.DUE
    for event, leads_to in (
        (ReportEvent.RECEIVED, ReportState.RECEIVED),
        (ReportEvent.REVIEWED, ReportState.IN_REVIEW),
        (ReportEvent.RETURNED, ReportState.RETURNED),
        (ReportEvent.RECEIVED, ReportState.RECEIVED),
        (ReportEvent.APPROVED, ReportState.APPROVED),
    ):
        assert event in allowed_events(state)
        state = next_state(event, state, ever_received=True)
        assert state is leads_to
    assert allowed_events(state) == [ReportEvent.REOPENED]


def test_what_was_never_received_is_opened_again_as_awaited() -> None:
    assert next_state(ReportEvent.REOPENED, ReportState.WAIVED, ever_received=False) is ReportState.DUE
    assert next_state(ReportEvent.REOPENED, ReportState.APPROVED, ever_received=True) is ReportState.RECEIVED


@given(st.sampled_from(ReportState), st.sampled_from(ReportEvent))
def test_every_state_has_a_way_on(state: ReportState, event: ReportEvent) -> None:
    assert allowed_events(state)
    if event in allowed_events(state):
        for received in (False, True):
            assert allowed_events(next_state(event, state, ever_received=received))
    assert set(ALLOWED) == set(ReportEvent)


def test_what_each_step_needs() -> None:
    assert wrong(step(ReportEvent.RECEIVED)) == set()
    assert wrong(step(ReportEvent.APPROVED)) == set()
    assert wrong(step(ReportEvent.RETURNED)) == {"reason", "due_on"}
    assert wrong(step(ReportEvent.RETURNED, reason="Bilagor saknas", due_on=date(2026, 3, 31))) == set()
    assert wrong(step(ReportEvent.RETURNED, reason="Bilagor saknas", due_on=TODAY)) == {"due_on"}
    assert wrong(step(ReportEvent.EXTENDED, reason="Sjukdom", due_on=date(2026, 4, 1))) == set()
    assert wrong(step(ReportEvent.WAIVED)) == {"reason"}
    assert wrong(step(ReportEvent.REOPENED, reason="  ")) == {"reason"}
    assert wrong(step(ReportEvent.RECEIVED, due_on=date(2026, 4, 1))) == {"due_on"}


def test_more_time_is_later_than_what_holds() -> None:
    late = step(ReportEvent.EXTENDED, happened_on=date(2026, 1, 1), reason="Sjukdom", due_on=DUE)
    assert wrong(late, not_before=date(2025, 1, 1)) == {"due_on"}


def test_steps_come_in_order_and_never_ahead() -> None:
    assert wrong(step(ReportEvent.RECEIVED, happened_on=date(2026, 3, 11))) == {"happened_on"}
    assert wrong(step(ReportEvent.RECEIVED, happened_on=date(2026, 2, 1))) == {"happened_on"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("final", ReportKind.FINAL),
        ("Slutredovisning", ReportKind.FINAL),
        (" verksamhetsberättelse ", ReportKind.ACTIVITY),
    ],
)
def test_kinds_in_a_file(text: str, kind: ReportKind) -> None:
    assert read_report_kind(text) is kind


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKindError):
        read_report_kind("rapport")


@pytest.mark.parametrize("kind", ProgrammeKind)
def test_what_is_usual_can_be_demanded(kind: ProgrammeKind) -> None:
    usual = suggest_reports(kind, date(2025, 12, 31))
    assert usual
    assert check_demands(usual, demanded_on=date(2025, 2, 3)) == []


def test_what_a_decision_can_not_demand() -> None:
    def refused(*reports: DemandedReport) -> list[str]:
        return [error.code for _field, error in check_demands(reports, demanded_on=date(2025, 2, 3))]

    final = DemandedReport(kind=ReportKind.FINAL, due_on=date(2026, 2, 28))
    assert refused(final, final) == ["rule-broken"]
    assert refused(DemandedReport(kind=ReportKind.OTHER, due_on=date(2026, 2, 28))) == ["rule-broken"]
    assert refused(DemandedReport(kind=ReportKind.FINAL, due_on=date(2025, 2, 2))) == ["rule-broken"]
    many = [
        DemandedReport(kind=ReportKind.OTHER, title=str(n), due_on=date(2026, 2, 28)) for n in range(MOST_REPORTS + 1)
    ]
    assert refused(*many) == ["too-many-reports"]
