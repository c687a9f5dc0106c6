"""What needs a reader: one list, which the page, the home pages, the calendar, the API and the command all show."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from registry import trail
from registry.allocations.queries import AllocationFilter, State, list_allocations
from registry.core.access import Permission, Role, Scope
from registry.core.money import Money
from registry.database import fetch
from registry.fees.queries import EngagementFilter, list_engagements
from registry.grants.queries import GrantFilter, list_due, list_grants
from registry.parties.account_queries import RequestFilter, list_requests
from registry.parties.schemas import AccountStatus
from registry.payments.queries import PaymentFilter, list_payments
from registry.payments.schemas import PaymentStatus
from registry.recoveries.queries import ClaimFilter, list_claims
from registry.reminders.rules import in_order, urgency_of
from registry.reminders.schemas import Task, TaskKind
from registry.reports.queries import ReportFilter, list_reports
from registry.reports.schemas import AWAITED
from registry.texts import _, format_date, format_number
from registry.web.pages import with_query

MOST = 200
"""Payments to attest or benefits to state that are told one by one; more are one line with a way to their list."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """For whom the tasks are gathered: a funder's officer, who reads everything, or a recipient."""

    scope: Scope
    funder_id: int | None
    until: date | None
    today: date

    def task(self, kind: TaskKind, record: str, name: str, text: str, href: str, due_on: date | None = None) -> Task:
        """A task with how late it is."""
        return Task(kind, record, name, text, href, urgency_of(due_on, self.today), due_on)

    def shows(self, day: date | None) -> bool:
        """Whether something of that day is near enough."""
        return day is None or self.until is None or day <= self.until


async def list_tasks(scope: Scope, *, until: date | None = None, funder_id: int | None = None) -> list[Task]:
    """What the reader has to do or wait for, late first; with a day at most `until` (None: whenever).

    An officer's are of the own funder; who reads everything may name one.
    """
    reader = _Reader(scope, scope.funder_id or funder_id, until, trail.today())
    sources = (_send, _repay, _coming) if not scope.reads_all else (
        _instalments, _attests, _reports, _claims, _accounts, _stops, _drafts, _benefits, _motives,
    )  # fmt: skip
    return in_order([task for source in sources for task in await source(reader)])


async def list_held(scope: Scope, *, funder_id: int | None = None) -> dict[str, str]:
    """What each grant's next instalment waits for where a report is overdue, in words by the grant's number."""
    found = await list_reports(scope, ReportFilter(funder_id=funder_id, status="overdue"), limit=None)
    return {
        report.grant_number: _("waits for report %(report)s, which is late") % {"report": report.number}
        for report in found.items
    }


async def _held(reader: _Reader) -> dict[str, str]:
    """The same for the end of a text."""
    held = await list_held(reader.scope, funder_id=reader.funder_id)
    return {grant: f", {text}" for grant, text in held.items()}


async def _instalments(reader: _Reader) -> list[Task]:
    """Instalments that nothing covers; those of a stopped grant wait for its release."""
    held = await _held(reader)
    return [
        replace(
            reader.task(
                TaskKind.INSTALMENT,
                f"{item.grant.number}/{item.instalment.position}",
                item.grant.recipient_name,
                _("Register instalment %(number)s of %(grant)s, %(dnr)s")
                % {"number": item.instalment.position, "grant": item.grant.number, "dnr": item.grant.dnr}
                + held.get(item.grant.number, ""),
                with_query("/payments/new", {"grant": item.grant.number, "instalment": str(item.instalment.position)}),
                item.instalment.due_on,
            ),
            funder_name=item.grant.funder_name,
            party_id=item.grant.recipient_id,
            amount_ore=item.instalment.left_ore,
        )
        for item in await list_due(reader.scope, funder_id=reader.funder_id, until=reader.until)
        if item.grant.stopped_on is None
    ]


async def _attests(reader: _Reader) -> list[Task]:
    """Payments that wait for somebody else than who registered them, whatever their value date."""
    wanted = PaymentFilter(
        funder_id=reader.funder_id, status=PaymentStatus.WAITING, not_recorded_by=reader.scope.user_id
    )
    found = await list_payments(reader.scope, wanted, sort="paid_on", limit=MOST)
    if found.total > MOST:
        text = _("%(count)s payments wait for attest") % {"count": format_number(found.total)}
        task = reader.task(TaskKind.ATTEST, "", _("Several"), text, "/payments/attest")
        return [replace(task, amount_ore=found.total_ore, count=found.total)]
    return [
        replace(
            reader.task(
                TaskKind.ATTEST,
                payment.number,
                payment.recipient_name,
                f"{payment.number} · {payment.dnr} · "
                + _("registered by %(name)s") % {"name": payment.recorded_by or _("the operator")},
                f"/payments/{payment.number}",
                payment.paid_on,
            ),
            funder_name=payment.funder_name,
            party_id=payment.recipient_id,
            amount_ore=payment.amount_ore,
        )
        for payment in found.items
    ]


async def _reports(reader: _Reader) -> list[Task]:
    """Reports that should come, and those that have come and wait for review."""
    found = await list_reports(reader.scope, ReportFilter(funder_id=reader.funder_id, open=True), limit=None)
    tasks = []
    for report in found.items:
        awaited = report.state in AWAITED
        if awaited and not reader.shows(report.due_on):
            continue
        text = f"{report.shown_title}, {report.grant_number}"
        if not awaited and report.last_on is not None:
            text += ", " + _("came on %(day)s") % {"day": format_date(report.last_on)}
        kind, due_on = (TaskKind.REPORT, report.due_on) if awaited else (TaskKind.REVIEW, None)
        task = reader.task(kind, report.number, report.recipient_name, text, f"/reports/{report.number}", due_on)
        tasks.append(replace(task, funder_name=report.funder_name, party_id=report.recipient_id))
    return tasks


async def _claims(reader: _Reader) -> list[Task]:
    return await _open_claims(reader, TaskKind.CLAIM)


async def _repay(reader: _Reader) -> list[Task]:
    return await _open_claims(reader, TaskKind.REPAY)


async def _open_claims(reader: _Reader, kind: TaskKind) -> list[Task]:
    """Claims that something is left of."""
    found = await list_claims(reader.scope, ClaimFilter(funder_id=reader.funder_id, open=True), limit=None)
    return [
        replace(
            reader.task(
                kind,
                claim.number,
                claim.recipient_name if kind is TaskKind.CLAIM else claim.funder_name,
                _("Recovery claim %(claim)s on %(grant)s") % {"claim": claim.number, "grant": claim.grant_number},
                f"/recoveries/{claim.number}",
                claim.due_on,
            ),
            funder_name=claim.funder_name,
            party_id=claim.recipient_id if kind is TaskKind.CLAIM else None,
            amount_ore=claim.left_ore,
        )
        for claim in found.items
        if reader.shows(claim.due_on)
    ]


async def _accounts(reader: _Reader) -> list[Task]:
    """Changes of account that wait for another officer than who asked. They belong to no funder."""
    if reader.scope.role is not None and not reader.scope.may(Permission.PARTIES_VIEW):
        return []
    found = await list_requests(reader.scope, RequestFilter(status=AccountStatus.PENDING), limit=None)
    return [
        replace(
            reader.task(
                TaskKind.ACCOUNT,
                asked.number,
                asked.party_name,
                _("Change of account %(number)s, asked for by %(name)s")
                % {"number": asked.number, "name": asked.recorded_by or _("the operator")},
                f"/parties/accounts/{asked.number}",
            ),
            party_id=asked.party_id,
        )
        for asked in found.items
        if reader.scope.role is not Role.OFFICER or asked.recorded_by_id != reader.scope.user_id
    ]


async def _stops(reader: _Reader) -> list[Task]:
    """Grants whose payments are stopped."""
    wanted = GrantFilter(funder_id=reader.funder_id, stopped=True)
    return [
        replace(
            reader.task(
                TaskKind.STOP,
                grant.number,
                grant.recipient_name,
                _("Payments on %(grant)s are stopped since %(day)s")
                % {"grant": grant.number, "day": format_date(grant.stopped_on)},
                f"/grants/{grant.number}",
            ),
            funder_name=grant.funder_name,
            party_id=grant.recipient_id,
            amount_ore=grant.remaining_ore,
        )
        for grant in (await list_grants(reader.scope, wanted, limit=None)).items
    ]


async def _drafts(reader: _Reader) -> list[Task]:
    """Allocations whose draft decisions wait for the committee."""
    found = await list_allocations(
        reader.scope, AllocationFilter(funder_id=reader.funder_id, state=State.DRAFT), limit=None
    )
    return [
        replace(
            reader.task(
                TaskKind.DRAFT,
                allocation.number,
                f"{allocation.programme_code} {allocation.year}",
                _("Draft decisions of %(allocation)s, %(title)s")
                % {"allocation": allocation.number, "title": allocation.programme_title},
                f"/allocations/{allocation.number}",
            ),
            funder_name=allocation.funder_name,
            amount_ore=allocation.frame_ore,
        )
        for allocation in found.items
    ]


async def _benefits(reader: _Reader) -> list[Task]:
    """Decisions that ought to state what the kommun's inhabitants have of them."""
    wanted = GrantFilter(funder_id=reader.funder_id, benefit_missing=True)
    found = await list_grants(reader.scope, wanted, limit=MOST)
    if found.total > MOST:
        text = _("%(count)s decisions lack the benefit for the inhabitants") % {"count": format_number(found.total)}
        query = {"funder": found.items[0].funder_org_number} if reader.funder_id else {}
        task = reader.task(TaskKind.BENEFIT, "", _("Several"), text, with_query("/grants", query | {"benefit": "1"}))
        return [replace(task, count=found.total)]
    return [
        replace(
            reader.task(
                TaskKind.BENEFIT,
                grant.number,
                grant.recipient_name,
                _("State the benefit for the inhabitants of %(grant)s") % {"grant": grant.number},
                f"/grants/{grant.number}",
            ),
            funder_name=grant.funder_name,
            party_id=grant.recipient_id,
        )
        for grant in found.items
    ]


async def _motives(reader: _Reader) -> list[Task]:
    """Engagements below the recommended fee that nobody has said why of."""
    wanted = EngagementFilter(funder_id=reader.funder_id, unmotivated=True)
    found = await list_engagements(reader.scope, wanted, sort="day", limit=MOST)
    if found.total > MOST:
        text = _("%(count)s engagements below the level lack a motive") % {"count": format_number(found.total)}
        task = reader.task(TaskKind.MOTIVE, "", _("Several"), text, with_query("/fees", {"unmotivated": "1"}))
        return [replace(task, count=found.total)]
    return [
        replace(
            reader.task(
                TaskKind.MOTIVE,
                one.number,
                one.creator_name,
                _("%(engagement)s is below the recommended fee: write why") % {"engagement": one.number},
                f"/fees/engagements/{one.number}",
            ),
            funder_name=one.funder_name,
            party_id=one.creator_id,
            amount_ore=one.check.gap_ore,
        )
        for one in found.items
    ]


async def _send(reader: _Reader) -> list[Task]:
    """An association's reports to send."""
    found = await list_reports(reader.scope, ReportFilter(funder_id=reader.funder_id, open=True), limit=None)
    return [
        replace(
            reader.task(
                TaskKind.SEND,
                report.number,
                report.funder_name,
                f"{report.shown_title}, {report.grant_number}",
                f"/reports/{report.number}",
                report.due_on,
            ),
            funder_name=report.funder_name,
        )
        for report in found.items
        if report.state in AWAITED and reader.shows(report.due_on)
    ]


async def _coming(reader: _Reader) -> list[Task]:
    """An association's instalments to come; what is late is the funder's to do, so that it isn't late here."""
    tasks, held = [], await _held(reader)
    for item in await list_due(reader.scope, funder_id=reader.funder_id, until=reader.until):
        grant, part = item.grant, item.instalment
        text = _("Instalment %(number)s of %(grant)s") % {"number": part.position, "grant": grant.number}
        if grant.stopped_on is not None:
            text += ", " + _("payments are stopped")
        text += held.get(grant.number, "")
        record = f"{grant.number}/{part.position}"
        task = reader.task(TaskKind.COMING, record, grant.funder_name, text, f"/grants/{grant.number}", part.due_on)
        urgency = urgency_of(max(part.due_on, reader.today), reader.today)
        tasks.append(replace(task, urgency=urgency, funder_name=grant.funder_name, amount_ore=part.left_ore))
    return tasks


async def list_persons(scope: Scope, tasks: list[Task]) -> frozenset[int]:
    """Which parties of some tasks are persons, whose names a calendar doesn't carry."""
    del scope
    ids = list({task.party_id for task in tasks if task.party_id is not None})
    rows = await fetch("SELECT id FROM party WHERE id = ANY($1) AND (salt IS NOT NULL OR kind = 'creator')", ids)
    return frozenset(row["id"] for row in rows)


def count_of(tasks: Iterable[Task]) -> int:
    """How many matters some tasks are."""
    return sum(task.count for task in tasks)


def total_of(tasks: Iterable[Task]) -> Money:
    """The sum of what some tasks are about."""
    return Money(sum(task.amount_ore or 0 for task in tasks))


def total_of_one_kind(tasks: Collection[Task]) -> Money | None:
    """The sum of what some tasks are about; None where they are of different kinds, or have no amounts."""
    if len({task.kind for task in tasks}) > 1 or all(task.amount_ore is None for task in tasks):
        return None
    return total_of(tasks)
