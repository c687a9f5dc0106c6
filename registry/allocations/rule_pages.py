"""Pages of rules: the list and its file, a rule with its versions, a new rule or version."""

from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.allocations import words
from registry.allocations.asking import FIRST, SECOND
from registry.allocations.rule_file import OPTIONAL, REQUIRED, cells_of
from registry.allocations.rule_forms import (
    ROWS,
    add_rows,
    filled,
    key_options,
    lag_options,
    read_details,
    rounding_options,
    row_names,
    rows_shown,
)
from registry.allocations.rule_queries import get_rule, list_rule_versions, list_rules
from registry.allocations.rule_service import change_rule, register_rule
from registry.allocations.schemas import MOST_PARTS, RuleVersion, rule_number
from registry.core.access import Permission, Scope
from registry.core.errors import N_, RegistryError
from registry.core.exact import write_exact
from registry.documents.listing import MEDIA_TYPES, list_format, write_list
from registry.documents.table import Column, Value
from registry.funders.service import OtherFunderError
from registry.texts import _
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.pages import page, query_of, redirect

PATH = "/allocations/rules"

COLUMNS = tuple(Column(name, name) for name in (*REQUIRED, *OPTIONAL))
"""As the import file has them, so that the export can be read in again."""


class RulePages(Controller):
    """Rules as everybody may read them."""

    @get(PATH, permission=Permission.ALLOCATIONS_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """All rules, each with what it says now."""
        return page(
            request,
            "allocations/rules.html",
            rules=await list_rules(who),
            words=words,
            may_register=who.may(Permission.ALLOCATIONS_DECIDE),
            may_simulate=who.may(Permission.ALLOCATIONS_SIMULATE),
            funder_id=who.funder_id,
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.ALLOCATIONS_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The rules as an import file has them; the trail says that it was taken."""
        kind = list_format(request.url.path)
        rows = [_cells(rule, place) for rule in await list_rules(who) for place in range(len(rule.definition.parts))]
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            facts = [("anchor", str(await trail.read_anchor()))]
            written = write_list(
                cast("BinaryIO", file), kind, COLUMNS, rows, name=_("Rules"), facts=facts, made_at=trail.now()
            )
        except BaseException:
            file.close()
            raise
        await trail.record(who, "allocations:rule:export", format=kind, rows=written.rows, sha256=written.sha256)
        return send_file(file, _("rules-of-allocation") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(f"{PATH}/{{number:str}}", permission=Permission.ALLOCATIONS_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """One rule: what it says, in words, and its versions."""
        rule = await get_rule(who, number)
        return page(
            request,
            "allocations/rule.html",
            rule=rule,
            versions=await list_rule_versions(who, rule.rule_id),
            words=words,
            may_change=_is_own(who, rule),
            may_copy=who.may(Permission.ALLOCATIONS_DECIDE),
            may_simulate=who.may(Permission.ALLOCATIONS_SIMULATE),
            may_audit=who.may(Permission.AUDIT_VIEW),
        )


class RuleFormPages(Controller):
    """A new rule, or a new version of one."""

    @get(f"{PATH}/new", permission=Permission.ALLOCATIONS_DECIDE)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The form, empty or with another rule's parts (`?from=FR-1.1`), perhaps with other weights (`w_base=75`)."""
        query = query_of(request)
        form = Form({"rounding": "ore", "activity_lag": "1"})
        if query.get("from"):
            rule = await get_rule(who, query["from"], field="from")
            form = filled(rule, _weights(query))
            form.values["valid_from"] = ""
        return _form_page(request, form, None)

    @post(f"{PATH}/new", permission=Permission.ALLOCATIONS_DECIDE, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the rule, or give the form back with what is wrong, or with more rows."""
        form = await read_form(request)
        if form.get("action") == "rows":
            add_rows(form)
            return _form_page(request, form, None)
        name = form.text("name", required=True, most=100)
        if "@" in name:
            form.refuse("name", _("A rule's name can't hold @."))
        details = read_details(form)
        if details is None:
            return _form_page(request, form, None, status=400)
        try:
            rule_id = await register_rule(who, name, details)
        except RegistryError as error:
            form.add(error)
            return _form_page(request, form, None, status=error.status)
        return redirect(
            request, f"{PATH}/{rule_number(rule_id)}", _("The rule %(name)s is registered.") % {"name": name}
        )

    @get(f"{PATH}/{{number:str}}/change", permission=Permission.ALLOCATIONS_DECIDE)
    async def show_change(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form with what the rule says now."""
        rule = await _own_rule(who, number)
        form = filled(rule, _weights(query_of(request)))
        form.values["valid_from"] = date(trail.today().year + 1, 1, 1).isoformat()
        return _form_page(request, form, rule)

    @post(f"{PATH}/{{number:str}}/change", permission=Permission.ALLOCATIONS_DECIDE, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register a new version, or give the form back."""
        form = await read_form(request)
        rule = await _own_rule(who, number)
        if form.get("action") == "rows":
            add_rows(form)
            return _form_page(request, form, rule)
        reason = form.text("reason", required=True, most=2000)
        details = read_details(form)
        if details is None:
            return _form_page(request, form, rule, status=400)
        try:
            version = await change_rule(who, rule.number, details, reason=reason)
        except RegistryError as error:
            form.add(error)
            return _form_page(request, form, rule, status=error.status)
        text = _("Version %(version)s of %(name)s is registered.") % {"version": version, "name": rule.name}
        return redirect(request, f"{PATH}/{rule.number}", text)


def _cells(rule: RuleVersion, place: int) -> list[Value]:
    cells = cells_of(rule, rule.definition.parts[place])
    return [_cell(cells[column.key]) for column in COLUMNS]


def _cell(value: object) -> Value:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else write_exact(value)  # type: ignore[arg-type]


def _weights(query: dict[str, str]) -> dict[str, str]:
    """Weights of an address, of either run."""
    return {
        name.removeprefix(mark): text
        for mark in (FIRST, SECOND)
        for name, text in query.items()
        if name.startswith(mark)
    }


def _is_own(who: Scope, rule: RuleVersion) -> bool:
    return who.may(Permission.ALLOCATIONS_DECIDE) and rule.funder_id is not None and who.writes_for(rule.funder_id)


async def _own_rule(who: Scope, number: str) -> RuleVersion:
    """A rule of one's own funder. Raises: UnknownRuleError, OtherFunderError."""
    rule = await get_rule(who, number)
    if not _is_own(who, rule):
        raise OtherFunderError(
            message=N_("This rule is not your funder's. Copy it to a rule of your own with another name.")
        )
    return rule


def _form_page(
    request: Request[Any, Any, Any], form: Form, rule: RuleVersion | None, *, status: int = 200
) -> Response[Any]:
    rows = rows_shown(form)
    return page(
        request,
        "allocations/rule_form.html",
        status=status,
        form=form,
        rule=rule,
        rows=[row_names(row) for row in range(1, rows + 1)],
        rows_count=rows,
        may_add=rows < MOST_PARTS,
        more=ROWS,
        keys=key_options(),
        roundings=rounding_options(),
        lags=lag_options(),
    )


PAGES: list[type[Controller]] = [RulePages, RuleFormPages]
