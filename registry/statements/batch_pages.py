"""Batches of statements as pages: the list, one that goes on or has ended, its files, and cancelling it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.parties.schemas import KIND_TITLES
from registry.statements.batch_archive import archive_name, stream_archive
from registry.statements.batch_export import export_batches, export_lines
from registry.statements.batch_queries import (
    BATCH_SORTS,
    LINE_SORTS,
    PAGE,
    LineFilter,
    get_batch,
    list_batches,
    list_lines,
    read_progress,
)
from registry.statements.batch_schemas import (
    OUTCOME_TITLES,
    STATUS_TITLES,
    Batch,
    BatchStatus,
    Counts,
    Outcome,
    Progress,
)
from registry.statements.batch_service import (
    BatchUnfinishedError,
    cancel_batch,
    difference_text,
    problem_of,
    tell_export,
)
from registry.statements.years import list_statement_years
from registry.texts import LANGUAGES, _, describe, format_number, ngettext
from registry.web.downloads import SPOOL_BYTES, disposition, send_file
from registry.web.filters import Asked
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/statements/batches"
LINES_BY = [sign + key for key in LINE_SORTS for sign in ("", "-")]
BATCHES_BY = [sign + key for key in BATCH_SORTS for sign in ("", "-")]
LATEST = "-begun"
STATUS_ICONS = {
    BatchStatus.RUNNING: "waiting",
    BatchStatus.INTERRUPTED: "overdue",
    BatchStatus.DONE: "paid",
    BatchStatus.CANCELLED: "cancelled",
}
"""How a status is drawn."""
MINUTE, HOUR = 60, 3600
SHOWN_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the figures on top of a batch."""

    label: str
    value: str
    hint: str = ""
    href: str = ""
    kind: str = ""


class BatchPages(Controller):
    """Batches and their results, for those who read everything."""

    path = PATH

    @get("/", permission=Permission.STATEMENTS_BATCHES)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The batches, the latest first."""
        query = query_of(request)
        asked, number = Asked(query), page_number(query)
        year = asked.year("year", "%s")
        found = await list_batches(who, year=year, sort=_sort(query, BATCHES_BY, LATEST), offset=(number - 1) * PAGE)
        return page(
            request,
            "statements/batches.html",
            status=400 if asked.errors else 200,
            batches=[(batch, await read_progress(who, batch)) for batch in found.items],
            titles={status: _(title) for status, title in STATUS_TITLES.items()},
            icons=STATUS_ICONS,
            languages=LANGUAGES,
            query=query,
            years=[(str(one), str(one)) for one in await list_statement_years(who)],
            chips=chips(PATH, query, asked.shown),
            errors=[describe(error) for _name, error in asked.errors],
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            may_issue=who.may(Permission.STATEMENTS_ISSUE),
            kinds=kind_choices(),
        )

    @get("/{number:int}", permission=Permission.STATEMENTS_BATCHES)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: int) -> Response[Any]:
        """One batch: how far it has come, what became of each recipient, and its totals."""
        return await _batch_page(request, who, await get_batch(who, number))

    @get(["/{number:int}/recipients.csv", "/{number:int}/recipients.xlsx"], permission=Permission.STATEMENTS_BATCHES)
    async def lines(self, request: Request[Any, Any, Any], who: Scope, number: int) -> Stream:
        """The recipients of a batch as a file."""
        batch = await get_batch(who, number)
        asked, wanted, sort = _read_lines(query_of(request))
        asked.demand()
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_lines(who, batch, wanted, file, kind, sort=sort, question=asked.question(sort=sort))
        except BaseException:
            file.close()
            raise
        return send_file(file, _("batch") + f"-{batch.id}-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get("/{number:int}/statements.zip", permission=Permission.STATEMENTS_BATCHES)
    async def archive(self, who: Scope, number: int) -> Stream:
        """All files of a batch that has ended, with the manifest; the trail says that it was taken."""
        batch = await get_batch(who, number)
        if batch.end is None:
            raise BatchUnfinishedError
        await tell_export(who, batch)
        return Stream(
            stream_archive(who, batch),
            media_type="application/zip",
            headers={"Content-Disposition": disposition(archive_name(batch))},
        )

    @post("/{number:int}/cancel", permission=Permission.STATEMENTS_ISSUE, status_code=200)
    async def cancel(self, request: Request[Any, Any, Any], who: Scope, number: int) -> Response[Any] | Redirect:
        """Cancel a batch; what is issued stays issued."""
        form = await read_form(request)
        batch = await get_batch(who, number)
        try:
            await cancel_batch(who, batch.id)
        except RegistryError as error:
            form.add(error)
            return await _batch_page(request, who, await get_batch(who, number), form=form, status=error.status)
        return redirect(request, f"{PATH}/{number}", _("Batch %(number)s is cancelled.") % {"number": number})


class BatchListFiles(Controller):
    """The list of batches as a file."""

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.STATEMENTS_BATCHES)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list; the trail says that it was taken."""
        query = query_of(request)
        asked, sort = Asked(query), _sort(query, BATCHES_BY, LATEST)
        year = asked.year("year", "%s")
        asked.demand()
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_batches(who, year, file, kind, sort=sort, question=asked.question(sort=sort))
        except BaseException:
            file.close()
            raise
        return send_file(file, _("batches") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])


def _sort(query: Mapping[str, str], known: Sequence[str], default: str) -> str:
    """The order that is asked for, if there is one."""
    return query["sort"] if query.get("sort") in known else default


def kind_choices() -> dict[str, str]:
    """The kinds of recipient with their titles."""
    return {kind.value: _(title) for kind, title in KIND_TITLES.items()}


def _read_lines(query: Mapping[str, str]) -> tuple[Asked, LineFilter, str]:
    """Which recipients of a batch are asked for, and in which order."""
    asked = Asked(query)
    outcome = asked.choice("outcome", "%s", {one.value: OUTCOME_TITLES[one] for one in Outcome})
    search = asked.text("q", "%s")
    return asked, LineFilter(Outcome(outcome) if outcome else None, search), _sort(query, LINES_BY, "name")


async def _batch_page(
    request: Request[Any, Any, Any], who: Scope, batch: Batch, *, form: Form | None = None, status: int = 200
) -> Response[Any]:
    query = {name: value for name, value in query_of(request).items() if name != "follow"}
    here, number = f"{PATH}/{batch.id}", page_number(query)
    asked, wanted, sort = _read_lines(query)
    progress = await read_progress(who, batch)
    found = await list_lines(who, batch.id, wanted, sort=sort, offset=(number - 1) * PAGE)
    is_open = batch.end is None
    totals = batch.end.totals if batch.end else None
    return page(
        request,
        "statements/batch.html",
        status=400 if asked.errors and status == 200 else status,
        form=form or Form(),
        batch=batch,
        limits=_limits(batch),
        progress=progress,
        status_title=_(STATUS_TITLES[progress.status]),
        status_icon=STATUS_ICONS[progress.status],
        figures=_figures(batch, progress.counts),
        pace=_pace(progress),
        follows=is_open and query_of(request).get("follow") == "1",
        totals=totals,
        differences=[difference_text(one) for one in totals.differences[:SHOWN_DIFFERENCES]] if totals else [],
        found=found,
        problems={line.party_id: problem_of(line) for line in found.items if line.outcome is Outcome.FAILED},
        outcomes=[(one.value, _(OUTCOME_TITLES[one])) for one in Outcome],
        outcome_titles={one: _(title) for one, title in OUTCOME_TITLES.items()},
        language_names=LANGUAGES,
        query=query,
        chips=chips(here, query, asked.shown),
        errors=[describe(error) for _name, error in asked.errors],
        pager=offset_pager(here, query, number=number, size=PAGE, total=found.total),
        downloads=[
            (kind.upper(), with_query(f"{here}/recipients.{kind}", query, page=None)) for kind in ("xlsx", "csv")
        ],
        may_issue=who.may(Permission.STATEMENTS_ISSUE),
        may_audit=who.may(Permission.AUDIT_VIEW),
    )


def _limits(batch: Batch) -> list[tuple[str, str]]:
    """What was asked for, in words."""
    wanted = batch.wanted
    chosen = [kind_choices()[wanted.kind]] if wanted.kind else []
    chosen += [batch.funder_name] if batch.funder_name else []
    return [
        (_("Year"), str(wanted.year)),
        (_("Recipients"), " · ".join(chosen) or _("All")),
        (_("Language"), LANGUAGES[wanted.language] if wanted.language else _("Each recipient's own")),
    ]


def _figures(batch: Batch, counts: Counts) -> list[Figure]:
    left = batch.parties - counts.done
    failed = f"{PATH}/{batch.id}?outcome=failed#recipients" if counts.failed else ""
    return [
        Figure(_("Recipients"), format_number(batch.parties)),
        Figure(_("New versions"), format_number(counts.issued), _("Set and stored in this batch")),
        Figure(_("Unchanged"), format_number(counts.unchanged), _("The latest version still holds")),
        Figure(
            _("Failed"), format_number(counts.failed), _("See what to do below") if counts.failed else "", failed,
            "attention" if counts.failed else "",
        ),
        Figure(_("Left"), format_number(left), "" if batch.end is None or not left else _("The batch was broken off")),
    ]  # fmt: skip


def _pace(progress: Progress) -> str:
    """The rate and the time left in a sentence, as far as they can be told."""
    if progress.status is not BatchStatus.RUNNING:
        return ""
    left, rate = progress.seconds_left, round(progress.per_minute)
    if left is None or not rate:
        return _("The first ones are being set.")
    return _("About %(rate)s a minute, %(left)s left.") % {"rate": format_number(rate), "left": _duration(left)}


def _duration(seconds: float) -> str:
    if seconds < 1.5 * MINUTE:
        return ngettext("about %(num)d second", "about %(num)d seconds", round(seconds)) % {"num": round(seconds)}
    if seconds < 1.5 * HOUR:
        minutes = round(seconds / MINUTE)
        return ngettext("about %(num)d minute", "about %(num)d minutes", minutes) % {"num": minutes}
    hours = round(seconds / HOUR)
    return ngettext("about %(num)d hour", "about %(num)d hours", hours) % {"num": hours}


PAGES: list[type[Controller]] = [BatchPages, BatchListFiles]
