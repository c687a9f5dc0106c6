"""The home page of each role: what needs an officer, a recipient's money, an auditor's questions, the users."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from litestar import Controller, Request, Response, get
from markupsafe import Markup

from registry import trail
from registry.activity.queries import list_report_years
from registry.allocations.queries import list_allocation_years
from registry.audit.queries import list_entries
from registry.audit.schemas import TrailFilter, TrailLine
from registry.core.access import Permission, Role, Scope
from registry.core.errors import N_
from registry.database import snapshot
from registry.grants.queries import list_due
from registry.grants.rules import DUE_SOON
from registry.home.queries import list_near_frames, list_recipient_years, read_size
from registry.payments.queries import PaymentFilter, list_payments
from registry.payments.schemas import Payment, PaymentStatus
from registry.reminders.queries import count_of, list_held, list_tasks, total_of
from registry.reminders.schemas import KIND_TITLES, STATUS_TITLES, Task, TaskKind, Urgency
from registry.texts import _
from registry.trail import read_anchor
from registry.users.queries import list_users
from registry.users.schemas import ROLE_TITLES
from registry.web.pages import page, query_of, with_query

MOST_SHOWN = 6
"""Lines of a list on the home page; the rest is a link away."""
MOST_COMING = 24
ANSWERS = frozenset({TaskKind.SEND, TaskKind.REPAY})
"""What a recipient has to do; coming payments stand in a table of their own."""

KINDS = {
    "decide": "decision",
    "amend": "amendment",
    "register": "payment",
    "attest": "attest",
    "reverse": "reversal",
    "import": "import",
}
"""How a history marks an entry of the trail, by the verb of its action."""

QUESTIONS = (
    (N_("By funder and programme"), N_("What each programme decided, paid and has left."), "funder,programme"),
    (N_("By recipient"), N_("All that each recipient was granted and paid, by whom."), "recipient,funder"),
    (N_("By priority area"), N_("Each area of the agreement, every krona once."), "area,funder"),
    (N_("By month"), N_("When the money left, month by month."), "month,funder"),
)


class HomePages(Controller):
    """The one page that each role has of its own."""

    @get("/", permission=Permission.HOME)
    async def home(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The role's home."""
        async with snapshot():
            match who.role:
                case Role.OFFICER:
                    return await _officer(request, who)
                case Role.ASSOCIATION:
                    return await _association(request, who)
                case Role.AUDITOR:
                    return await _auditor(request, who)
                case _:
                    return await _admin(request, who)


async def _officer(request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
    today, funder_id = trail.today(), who.funder_id or 0
    tasks = await list_tasks(who, until=today + DUE_SOON)
    due = [task for task in tasks if task.kind is TaskKind.INSTALMENT]
    attest = [task for task in tasks if task.kind is TaskKind.ATTEST]
    more = [task for task in tasks if task.kind not in (TaskKind.INSTALMENT, TaskKind.ATTEST)]
    mine = PaymentFilter(funder_id=funder_id, status=PaymentStatus.WAITING, recorded_by=who.user_id)
    others = await list_payments(who, mine, sort="paid_on", limit=MOST_SHOWN)
    return page(
        request,
        "home/officer.html",
        due=[_line(task) for task in due[:MOST_SHOWN]],
        due_count=count_of(due),
        due_ore=total_of(due),
        overdue_count=count_of(task for task in due if task.urgency is Urgency.LATE),
        attest=[_line(task) for task in attest[:MOST_SHOWN]],
        attest_count=count_of(attest),
        attest_ore=total_of(attest),
        more=[_line(task, kind=True) for task in more[:MOST_SHOWN]],
        more_count=count_of(more),
        more_late=count_of(task for task in more if task.urgency is Urgency.LATE),
        others=[_own_payment(payment) for payment in others.items],
        others_count=others.total,
        frames=await list_near_frames(who, funder_id, today.year),
        year=today.year,
        recent=_recent((await list_entries(who, TrailFilter(), limit=MOST_SHOWN)).items),
    )


def _line(task: Task, *, kind: bool = False) -> dict[str, Any]:
    """A task as a list of tasks shows it; `kind` says first what is to be done."""
    return {
        "title": f"{_(KIND_TITLES[task.kind])}: {task.name}" if kind else task.name,
        "href": task.href,
        "text": task.text,
        "status": task.status,
        "status_text": _(STATUS_TITLES[task.status]),
        "amount_ore": task.amount_ore,
        "date": task.due_on,
    }


def _recent(lines: Sequence[TrailLine]) -> list[dict[str, Any]]:
    """Entries of the trail as a history shows them."""
    return [
        {
            "when": line.recorded_at,
            "what": line.title,
            "who": line.actor_name,
            "link": f"/audit/{line.seq}",
            "kind": KINDS.get(line.action.rpartition(":")[2]),
        }
        for line in lines
    ]


def _own_payment(payment: Payment) -> dict[str, Any]:
    """A payment of one's own that waits for a colleague."""
    return {
        "title": payment.recipient_name,
        "href": f"/payments/{payment.number}",
        "text": f"{payment.number} · {payment.dnr}",
        "status": payment.status.value,
        "amount_ore": payment.amount_ore,
        "date": payment.paid_on,
    }


async def _association(request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
    due = await list_due(who)
    years = await list_recipient_years(who, due)
    asked = query_of(request).get("year", "")
    chosen = next((one for one in years if str(one.year) == asked), None)
    if chosen is None:
        this_year = trail.today().year
        chosen = next((one for one in years if one.year <= this_year), years[0] if years else None)
    return page(
        request,
        "home/association.html",
        years=years,
        chosen=chosen,
        tabs=[
            {"label": str(one.year), "href": with_query("/", {"year": str(one.year)}), "current": one is chosen}
            for one in years
        ],
        today=trail.today(),
        todo=[_line(task, kind=True) for task in await list_tasks(who) if task.kind in ANSWERS],
        due=due[:MOST_COMING],
        held=await list_held(who),
        has_activity=bool(await list_report_years(who)),
        has_allocations=bool(await list_allocation_years(who)),
        waiting=(await list_payments(who, PaymentFilter(status=PaymentStatus.WAITING), sort="paid_on")).items,
        statements=[_statement_links(one.year) for one in years if one.year <= trail.today().year],
    )


def _statement_links(year: int) -> tuple[str, Markup]:
    """A year with its page and its PDF."""
    links = Markup(
        '<a href="/statements/{0}">{1}<span class="visually-hidden"> {0}</span></a>'
        ' · <a href="/statements/{0}.pdf">PDF<span class="visually-hidden"> {0}</span></a>'
    )
    return str(year), links.format(year, _("Statement"))


async def _admin(request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
    users = await list_users(who)
    counts = Counter(user.role for user in users if not user.disabled)
    figures = [{"label": _(title), "value": str(counts[role]), "href": "/users"} for role, title in ROLE_TITLES.items()]
    disabled = sum(user.disabled for user in users)
    return page(request, "home/admin.html", figures=[*figures, {"label": _("Users shut out"), "value": str(disabled)}])


async def _auditor(request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
    today = trail.today()
    anchor = await read_anchor()
    return page(
        request,
        "home/auditor.html",
        size=await read_size(who),
        anchor=anchor,
        questions=[(_(title), _(text), by) for title, text, by in QUESTIONS],
        years=[today.year, today.year - 1],
        recent=_recent((await list_entries(who, TrailFilter(), limit=MOST_SHOWN)).items),
    )


PAGES: list[type[Controller]] = [HomePages]
