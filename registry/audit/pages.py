"""Pages of the trail: browse it, open one entry, verify it, draw a sample, and take it away to be checked elsewhere."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.audit.changes import describe_note, describe_rows
from registry.audit.files import write_export, write_sample_csv
from registry.audit.queries import draw_sample, find_record, get_entry, list_actors, list_entries
from registry.audit.rules import parse_anchor
from registry.audit.schemas import Sample, SampleQuestion, TrailFilter, Verification
from registry.audit.titles import ACTIONS, SLICES, describe_finding
from registry.audit.verification import count_entries, verify
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, RegistryError
from registry.core.periods import STOCKHOLM, end_of_day, parse_date
from registry.parties.queries import list_funders
from registry.texts import _, format_number
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.pages import page, query_of, with_query

MOST_ROWS = 200
"""Rows of one entry shown on its page; the raw content holds all."""
MOST_VERIFIED = 1_000_000
"""Entries that a page verifies while the browser waits, about 15 seconds; more are for the command."""
MOST_ANCHORS = 100
VERIFIER = Path(__file__).with_name("verify_export.py")


class VerificationBusyError(RegistryError):
    """Somebody else has just started a verification."""

    code = "verification-busy"
    message = N_("A verification is already running. Try again in a moment.")


class TrailTooLongError(RegistryError):
    """The trail has grown past what a page can verify."""

    code = "trail-too-long"
    message = N_(
        "The trail has %(entries)s entries: too many to verify while a page waits. Run `registry audit verify`, or"
        " download the trail and the verifier."
    )


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the pages before and after begin."""

    next_url: str | None
    previous_url: str | None
    total: int | None = None
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address without it."""

    label: str
    remove_url: str


class TrailPages(Controller):
    """The trail for people."""

    path = "/audit"

    @get("/", permission=Permission.AUDIT_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Browse the entries, the newest first."""
        query = query_of(request)
        form = Form(query)
        actors = await list_actors(who)
        found = None
        try:
            wanted = await read_filter(who, query)
            found = await list_entries(who, wanted, before=_place(query, "before"), after=_place(query, "after"))
        except RegistryError as error:
            form.add(error)
        shown = {name: value for name, value in query.items() if name in FILTERS and value}
        return page(
            request,
            "audit/index.html",
            status=200 if found else 400,
            form=form,
            query=query,
            entries=found.items if found else [],
            pager=Pager(
                with_query("/audit", shown, before=str(found.older)) if found and found.older else None,
                with_query("/audit", shown, after=str(found.newer)) if found and found.newer else None,
            ),
            chips=_chips(shown, dict(actors)),
            actors=actors,
            actions=_action_options(),
            total=await count_entries(),
        )

    @get("/{seq:int}", permission=Permission.AUDIT_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, seq: int) -> Response[str]:
        """One entry: who, when, what, and the values before and after."""
        entry = await get_entry(who, seq)
        head = await trail.read_anchor()
        return page(
            request,
            "audit/entry.html",
            entry=entry,
            rows=await describe_rows(who, entry, most=MOST_ROWS),
            note=describe_note(entry.note),
            hidden_rows=max(0, len(entry.rows) - MOST_ROWS),
            is_last=entry.seq == head.seq,
        )

    @get("/verify", permission=Permission.AUDIT_VIEW)
    async def ask_verification(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Say what a verification proves, and offer to run it."""
        return await _verification_page(request, Form())

    @post("/verify", permission=Permission.AUDIT_VIEW, status_code=200)
    async def run_verification(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Verify the whole trail while the browser waits, one verification at a time. Changes nothing."""
        form = await read_form(request)
        try:
            anchors = [parse_anchor(line) for line in form.get("anchor").split()[:MOST_ANCHORS]]
            if _VERIFYING.locked():
                raise VerificationBusyError
            async with _VERIFYING:
                entries = await count_entries()
                if entries > MOST_VERIFIED:
                    raise TrailTooLongError(entries=format_number(entries))
                result = await verify(who, anchors=anchors)
        except RegistryError as error:
            form.add(error)
            return await _verification_page(request, form, status=error.status)
        return await _verification_page(request, form, result=result)

    @get("/export", permission=Permission.AUDIT_VIEW)
    async def export(self, who: Scope) -> Stream:
        """The whole trail as JSON lines."""
        file = cast("IO[bytes]", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - closed when it is sent
        try:
            await write_export(who, cast("Any", file))
        except BaseException:
            file.close()
            raise
        return send_file(file, f"trail-{trail.today().isoformat()}.jsonl", "application/x-ndjson")

    @get("/verifier", permission=Permission.AUDIT_VIEW)
    async def verifier(self) -> Stream:
        """The stand-alone verifier, to be run on any machine with Python."""
        return send_file(VERIFIER.open("rb"), VERIFIER.name, "text/x-python")

    @get("/sample", permission=Permission.AUDIT_VIEW)
    async def sample(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """Draw a sample of payments that anybody can draw again."""
        query = query_of(request)
        form, drawn = Form(query or {"size": "25", "year": str(trail.today().year)}), None
        if "seed" in query:
            drawn = await _draw(who, form)
        funders = await list_funders(who)
        return page(
            request,
            "audit/sample.html",
            status=200 if form.ok else 400,
            form=form,
            sample=drawn,
            funders=[(funder.org_number, funder.name) for funder in funders],
            again=with_query("/audit/sample.csv", {**query, "until": str(drawn.question.until)}) if drawn else None,
        )

    @get("/sample.csv", permission=Permission.AUDIT_VIEW)
    async def sample_file(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The same sample as a file."""
        form = Form(query_of(request))
        drawn = await _draw(who, form)
        if drawn is None:
            field, messages = next(iter(form.errors.items()))
            raise FieldError(field=field, message=messages[0])
        file = cast("IO[bytes]", SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - closed when it is sent
        await asyncio.to_thread(write_sample_csv, cast("Any", file), drawn)
        return send_file(file, "sample.csv", "text/csv")


_VERIFYING = asyncio.Lock()
FILTERS = ("action", "actor", "from", "to", "record")


async def read_filter(scope: Scope, query: Mapping[str, str]) -> TrailFilter:
    """The filter that an address asks for: `action`, `actor`, `from`, `to`, `record`.

    Raises: FieldError, UnknownRecordError.
    """
    record = query.get("record", "")
    return TrailFilter(
        action=query.get("action", ""),
        actor=query.get("actor", ""),
        first=_moment(query, "from"),
        last=_moment(query, "to"),
        seqs=await find_record(scope, record) if record else None,
    )


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name, "")
    try:
        day = parse_date(text) if text else None
    except ValueError as error:
        raise FieldError(field=name, message=str(error)) from None
    if day is None:
        return None
    return end_of_day(day) if name == "to" else datetime.combine(day, time(), tzinfo=STOCKHOLM)


def _place(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _action_options() -> list[tuple[str, str]]:
    options = []
    for prefix, title in SLICES.items():
        options.append((f"{prefix}:", _(title)))
        options += [(action, f"– {_(ACTIONS[action])}") for action in ACTIONS if action.startswith(f"{prefix}:")]
    return options


def _chips(shown: Mapping[str, str], actors: Mapping[str, str]) -> list[Chip]:
    titles = dict(_action_options())

    def label(name: str, value: str) -> str:
        if name == "action":
            return titles.get(value, value).removeprefix("– ")
        if name == "actor":
            return actors.get(value, value)
        return {"from": _("from %(day)s") % {"day": value}, "to": _("to %(day)s") % {"day": value}}.get(name, value)

    return [Chip(label(name, value), with_query("/audit", {**shown, name: ""})) for name, value in shown.items()]


async def _verification_page(
    request: Request[Any, Any, Any], form: Form, *, status: int = 200, result: Verification | None = None
) -> Response[str]:
    return page(
        request,
        "audit/verify.html",
        status=status,
        form=form,
        result=result,
        findings=[(finding.seq, describe_finding(finding)) for finding in result.findings] if result else [],
        anchor=str(await trail.read_anchor()),
    )


async def _draw(scope: Scope, form: Form) -> Sample | None:
    """Draw what a form asks for, or None with the messages added."""
    question = form.build(
        SampleQuestion,
        seed=form.text("seed", required=True),
        size=form.integer("size", low=1, high=10_000),
        year=form.integer("year", required=False, low=1990, high=2100),
        funder=form.get("funder") or None,
        until=form.integer("until", required=False, high=2**62),
    )
    if question is None:
        return None
    try:
        return await draw_sample(scope, question)
    except RegistryError as error:
        form.add(error)
        return None


PAGES = [TrailPages]
