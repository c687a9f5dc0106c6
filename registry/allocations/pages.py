"""Pages of frozen allocations: the list and its files, one with its shares, deciding, discarding, and the appendix."""

import json
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.allocations import rule_pages, simulate_pages, words
from registry.allocations.appendix import make_appendix
from registry.allocations.chart import COLOURS, allocation_chart
from registry.allocations.decision_forms import ROWS, add_rows, read_decision, row_names, rows_shown
from registry.allocations.files import Detail, write_shares
from registry.allocations.filters import allocation_filter, read_filters, sort_of
from registry.allocations.inputs import Association, Inputs, LeftOut, read_inputs
from registry.allocations.list_export import export_allocations
from registry.allocations.queries import (
    PAGE,
    STATE_TITLES,
    Allocation,
    AllocationPage,
    State,
    get_allocation,
    list_allocation_years,
    list_allocations,
    list_grants_of,
    read_frozen_inputs,
    read_result,
)
from registry.allocations.service import decide_allocation, discard_allocation
from registry.allocations.simulation import wire
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.documents import rendering
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.funders.service import demand_funder
from registry.grants.demand_forms import ROWS as REPORT_ROWS
from registry.grants.demand_forms import kind_options
from registry.grants.demand_forms import names as report_names
from registry.grants.queries import list_deciders
from registry.grants.rules import MOST_INSTALMENTS
from registry.programmes.queries import get_programme
from registry.texts import _, describe, ngettext
from registry.web.downloads import SPOOL_BYTES, disposition, send_file
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/allocations"
STATUS_OF = {State.DRAFT: "draft", State.DECIDED: "active", State.DISCARDED: "withdrawn"}
"""How a state is marked: the kinds of `cards.status`."""


class AllocationPages(Controller):
    """The list of allocations and their cards."""

    @get(PATH, permission=Permission.ALLOCATIONS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list, the latest first."""
        query = query_of(request)
        filters, number = await read_filters(who, query), page_number(query)
        wanted = allocation_filter(filters)
        found = AllocationPage([], 0)
        if not filters.errors:
            found = await list_allocations(who, wanted, sort=sort_of(query), offset=(number - 1) * PAGE)
        return page(
            request,
            "allocations/index.html",
            status=400 if filters.errors else 200,
            found=found,
            query=query,
            funders=[(one.org_number, one.name) for one in filters.funders],
            programmes=[
                (f"{one.funder_org_number}:{one.code}", f"{one.code} {one.title}") for one in filters.programmes
            ],
            years=[(str(year), str(year)) for year in await list_allocation_years(who)],
            states=[(state.value, _(title)) for state, title in STATE_TITLES.items()],
            marks={state.value: mark for state, mark in STATUS_OF.items()},
            titles={state.value: _(title) for state, title in STATE_TITLES.items()},
            errors=[describe(error) for _name, error in filters.errors],
            chips=chips(PATH, query, filters.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            may_simulate=who.may(Permission.ALLOCATIONS_SIMULATE),
            reads_all=who.reads_all,
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.ALLOCATIONS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        filters = await read_filters(who, query)
        wanted = allocation_filter(filters)
        filters.demand()
        kind, sort = list_format(request.url.path), sort_of(query)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            await export_allocations(who, wanted, file, kind, sort=sort, question=filters.question(sort=sort))
        except BaseException:
            file.close()
            raise
        return send_file(file, _("allocations") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(f"{PATH}/{{number:str}}", permission=Permission.ALLOCATIONS_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """One allocation; an association sees its own share and how it was worked out."""
        allocation = await get_allocation(who, number)
        rendering.expect()
        return await _card(request, who, allocation, Form())

    @get(
        [
            f"{PATH}/{{number:str}}/shares.csv",
            f"{PATH}/{{number:str}}/shares.xlsx",
            f"{PATH}/{{number:str}}/shares.json",
        ],
        permission=Permission.ALLOCATIONS_VIEW,
    )
    async def shares(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Stream:
        """The shares as a file; `detail=basis` has a row for each piece. An association gets its own."""
        allocation = await get_allocation(who, number)
        result = await read_result(who, allocation)
        ending = request.url.path.rpartition(".")[2]
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            if ending == "json":
                file.write(json.dumps(wire(result), ensure_ascii=False, indent=1).encode())
            else:
                detail: Detail = "basis" if query_of(request).get("detail") == "basis" else "shares"
                facts = [("allocation", allocation.number), ("result_sha256", allocation.result_sha256)]
                target, kind = cast("BinaryIO", file), list_format(request.url.path)
                write_shares(target, kind, result, detail=detail, facts=facts, made_at=trail.now())
        except BaseException:
            file.close()
            raise
        await trail.record(who, "allocations:allocation:export", allocation=allocation.number, format=ending)
        media_type = "application/json" if ending == "json" else MEDIA_TYPES[list_format(request.url.path)]
        return send_file(file, f"{allocation.number}-{allocation.year}.{ending}", media_type)

    @get(f"{PATH}/{{number:str}}/appendix.pdf", permission=Permission.ALLOCATIONS_VIEW)
    async def appendix(self, who: Scope, number: str) -> Response[bytes]:
        """The appendix to the minutes; an association's own holds its own share and the totals."""
        allocation = await get_allocation(who, number)
        pdf = await make_appendix(who, allocation)
        name = f"{_('allocation')}-{allocation.number}.pdf"
        return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": disposition(name)})


class DecisionPages(Controller):
    """Deciding an allocation, or discarding it."""

    @get(f"{PATH}/{{number:str}}/decide", permission=Permission.ALLOCATIONS_DECIDE)
    async def show_decide(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form for the decision."""
        allocation = await _own_allocation(who, number)
        form = Form({"decided_on": trail.today().isoformat(), "plan": "once"})
        form.values["purpose"] = _("Activity grant to study associations %(year)s") % {"year": allocation.year}
        return await _decision_page(request, who, allocation, form)

    @post(f"{PATH}/{{number:str}}/decide", permission=Permission.ALLOCATIONS_DECIDE, status_code=200)
    async def decide(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Decide for all, or give the form back with what is wrong."""
        form = await read_form(request)
        allocation = await _own_allocation(who, number)
        if form.get("action") == "rows":
            add_rows(form)
            form.values["plan"] = "parts"
            return await _decision_page(request, who, allocation, form)
        decision = read_decision(form)
        if decision is None:
            return await _decision_page(request, who, allocation, form, status=400)
        try:
            numbers = await decide_allocation(who, number, decision)
        except RegistryError as error:
            if error.field in ("frame", "programme", "instalments", "amount"):
                error.field = ""
            form.add(error)
            return await _decision_page(request, who, allocation, form, status=error.status)
        text = ngettext("%(num)s grant is decided.", "%(num)s grants are decided.", len(numbers))
        return redirect(request, f"{PATH}/{allocation.number}", text % {"num": len(numbers)})

    @post(f"{PATH}/{{number:str}}/discard", permission=Permission.ALLOCATIONS_DECIDE, status_code=200)
    async def discard(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Discard the drafts, or give the page back with what is wrong."""
        form = await read_form(request)
        allocation = await get_allocation(who, number)
        reason = form.text("reason", required=True, most=2000)
        try:
            if form.ok:
                await discard_allocation(who, number, reason=reason)
        except RegistryError as error:
            form.add(error)
            return await _card(request, who, allocation, form, status=error.status)
        if not form.ok:
            demand_funder(who, allocation.funder_id)
            return await _card(request, who, allocation, form, status=400)
        return redirect(request, f"{PATH}/{allocation.number}", _("The draft decisions are discarded."))


async def _own_allocation(who: Scope, number: str) -> Allocation:
    """An allocation that one may decide. Raises: UnknownAllocationError, OtherFunderError."""
    allocation = await get_allocation(who, number)
    demand_funder(who, allocation.funder_id)
    return allocation


async def _card(
    request: Request[Any, Any, Any], who: Scope, allocation: Allocation, form: Form, *, status: int = 200
) -> Response[Any]:
    result = await read_result(who, allocation)
    path = f"{PATH}/{allocation.number}"
    own = who.may(Permission.ALLOCATIONS_DECIDE) and who.writes_for(allocation.funder_id)
    return page(
        request,
        "allocations/card.html" if who.reads_all else "allocations/own.html",
        status=status,
        form=form,
        allocation=allocation,
        result=result,
        grants=await list_grants_of(who, allocation),
        chart=allocation_chart(result) if who.reads_all else None,
        colours=COLOURS,
        words=words,
        status_kind=STATUS_OF[allocation.state],
        state=_(STATE_TITLES[allocation.state]),
        changed=await _changed(who, allocation),
        downloads=[
            *((kind.upper(), f"{path}/shares.{kind}") for kind in ("xlsx", "csv", "json")),
            (_("Basis, XLSX"), f"{path}/shares.xlsx?detail=basis"),
        ],
        may_decide=own and allocation.state is State.DRAFT,
        may_audit=who.may(Permission.AUDIT_VIEW),
        reads_all=who.reads_all,
    )


async def _changed(who: Scope, allocation: Allocation) -> list[str]:
    """Whose figures have changed since a draft was frozen, by name; nothing for what is decided or discarded."""
    if allocation.state is not State.DRAFT or not who.reads_all:
        return []
    frozen = await read_frozen_inputs(who, allocation)
    result = await read_result(who, allocation)
    now = await read_inputs(
        who,
        await get_programme(who, allocation.programme_id),
        year=allocation.year,
        definition=result.rule.definition,
        eligible_on=allocation.eligible_on,
    )
    then, today = _by_party(frozen), _by_party(now)
    return [
        (today.get(party_id) or then[party_id]).name
        for party_id in sorted({*then, *today})
        if then.get(party_id) != today.get(party_id)
    ]


def _by_party(inputs: Inputs) -> dict[int, Association | LeftOut]:
    found: dict[int, Association | LeftOut] = {one.party_id: one for one in inputs.associations}
    return found | {one.party_id: one for one in inputs.left_out}


async def _decision_page(
    request: Request[Any, Any, Any], who: Scope, allocation: Allocation, form: Form, *, status: int = 200
) -> Response[Any]:
    rows = rows_shown(form)
    return page(
        request,
        "allocations/decide.html",
        status=status,
        form=form,
        allocation=allocation,
        is_open=allocation.state is State.DRAFT,
        deciders=await list_deciders(who, allocation.funder_id),
        rows=[row_names(row) for row in range(1, rows + 1)],
        rows_count=rows,
        may_add=rows < MOST_INSTALMENTS,
        more=ROWS,
        report_rows=[report_names(row) for row in range(1, REPORT_ROWS + 1)],
        report_kinds=kind_options(),
    )


PAGES: list[type[Controller]] = [AllocationPages, DecisionPages, *simulate_pages.PAGES, *rule_pages.PAGES]
