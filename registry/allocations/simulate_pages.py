"""Pages of simulating: choose programme, year, frame and rule, see every share, compare two runs, take it as a file."""

import json
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream
from markupsafe import Markup

from registry import trail
from registry.allocations import words
from registry.allocations.asking import FIRST, SECOND, Asked, answer, read_question
from registry.allocations.chart import COLOURS, allocation_chart, comparison_chart
from registry.allocations.comparing import compare
from registry.allocations.files import Detail, write_comparison, write_shares
from registry.allocations.queries import allocation_number
from registry.allocations.results import ShareResult
from registry.allocations.rule_queries import list_rules
from registry.allocations.schemas import RuleVersion
from registry.allocations.service import freeze_allocation
from registry.allocations.simulation import Run, wire
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.core.exact import write_exact
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.texts import _
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import Form, read_form
from registry.web.pages import page, query_of, redirect

PATH = "/allocations/simulate"
MOST_EXPLAINED = 60
"""So many shares are explained on the page; of more, the one that the address chooses. Files explain all of them."""


class SimulatePages(Controller):
    """Simulating; nothing is written before an allocation is frozen."""

    @get(PATH, permission=Permission.ALLOCATIONS_SIMULATE)
    async def show(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The question and its answer."""
        query = query_of(request)
        asked = await read_question(who, query)
        first, second = await answer(who, asked)
        return await _page(request, who, asked, first, second)

    @get([f"{PATH}.csv", f"{PATH}.xlsx", f"{PATH}.json"], permission=Permission.ALLOCATIONS_SIMULATE)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The answer as a file: `detail=basis` has a row for each piece; two runs are beside each other."""
        query = query_of(request)
        asked = await read_question(who, query)
        first, second = await answer(who, asked)
        if first is None or not asked.form.ok:
            raise asked.refusal()
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            name, media_type = _write(cast("BinaryIO", file), request.url.path, query, first, second)
        except BaseException:
            file.close()
            raise
        question = asked.address("").removeprefix("?")
        await trail.record(
            who, "allocations:simulation:export", question=question, format=name.rpartition(".")[2],
            total=first.result.total.wire,
        )  # fmt: skip
        return send_file(file, name, media_type)

    @post("/allocations/freeze", permission=Permission.ALLOCATIONS_DECIDE, status_code=200)
    async def freeze(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Freeze the allocation as draft decisions, or give the page back with what is wrong."""
        form = await read_form(request)
        asked = await read_question(who, form.values)
        asked.weights, asked.beside, asked.beside_weights = {}, "", {}
        first, _second = await answer(who, asked)
        if first is None:
            return await _page(request, who, asked, None, None)
        try:
            allocation_id = await freeze_allocation(
                who,
                asked.form.get("programme"),
                first.rule.reference,
                year=first.result.year,
                frame=first.result.frame,
                eligible_on=first.result.eligible_on,
            )
        except RegistryError as error:
            asked.form.add(error)
            return await _page(request, who, asked, first, None, status=error.status)
        number = allocation_number(allocation_id)
        text = _("%(number)s is frozen: look through the draft decisions, then decide or discard them.")
        return redirect(request, f"/allocations/{number}", text % {"number": number})


def _write(file: BinaryIO, path: str, query: dict[str, str], first: Run, second: Run | None) -> tuple[str, str]:
    """Write the answer; returns the file's name and type."""
    stem = _("allocation") + f"-{first.result.programme or _('all')}-{first.result.year}"
    if path.endswith(".json"):
        told = {"runs": [wire(run.result) for run in (first, second) if run is not None]} if second else None
        file.write(json.dumps(told or wire(first.result), ensure_ascii=False, indent=1).encode())
        return f"{stem}.json", "application/json"
    kind = list_format(path)
    if second is not None:
        write_comparison(file, kind, first.result, second.result, made_at=trail.now())
    else:
        detail: Detail = "basis" if query.get("detail") == "basis" else "shares"
        write_shares(file, kind, first.result, detail=detail, facts=(), made_at=trail.now())
    return f"{stem}.{kind}", MEDIA_TYPES[kind]


async def _page(
    request: Request[Any, Any, Any],
    who: Scope,
    asked: Asked,
    first: Run | None,
    second: Run | None,
    *,
    status: int | None = None,
) -> Response[Any]:
    rules = await list_rules(who)
    decides = who.may(Permission.ALLOCATIONS_DECIDE)
    own = decides and asked.programme is not None and who.writes_for(asked.programme.funder_id)
    if first is not None:
        _fill_weights(asked.form, first, second)
    return page(
        request,
        "allocations/simulate.html",
        status=status or (200 if asked.form.ok else 400),
        form=asked.form,
        asked=asked,
        programmes=[
            (f"{one.funder_org_number}:{one.code}", f"{one.code} – {one.title}, {one.funder_name}")
            for one in asked.programmes
        ],
        rules=_rule_options(asked.rule, rules),
        beside_rules=_rule_options(asked.beside, rules),
        frames=_frames(asked),
        first=first,
        second=second,
        result=first.result if first else None,
        comparison=compare(first.result, second.result) if first and second else None,
        chart=_chart(first, second),
        colours=COLOURS,
        words=words,
        explained=_explained(first, query_of(request)),
        downloads=_downloads(asked, second),
        may_freeze=own and first is not None and not first.result.rule.changed,
        may_save=decides,
        address=PATH,
        without_beside={name: None for name in asked.form.values if name.startswith(SECOND)},
    )


def _rule_options(asked: str, rules: list[RuleVersion]) -> list[tuple[str, str]]:
    """The rules to choose among; an exact version that the address names stands as it is written there."""
    options = [(rule.number, rule.name) for rule in rules]
    if asked and asked not in dict(options):
        options.append((asked, asked))
    return options


def _frames(asked: Asked) -> dict[str, str]:
    """What is registered as frame and left of it, for the programme and year that are chosen."""
    frame = asked.programme.frame_of(asked.year) if asked.programme and asked.year else None
    return {"amount": str(int(frame.amount_ore)), "left": str(int(frame.left_ore))} if frame else {}


def _fill_weights(form: Form, first: Run, second: Run | None) -> None:
    """Show the weights in force where nobody has written others."""
    for prefix, run in ((FIRST, first), (SECOND, second or first)):
        for code, weight in run.rule.definition.weights.items():
            form.values.setdefault(prefix + code, write_exact(weight).replace(".", ","))


def _chart(first: Run | None, second: Run | None) -> Markup | None:
    if first is None:
        return None
    return comparison_chart(first.result, second.result) if second else allocation_chart(first.result)


def _explained(first: Run | None, query: dict[str, str]) -> list[ShareResult]:
    """The shares that the page explains piece by piece."""
    if first is None:
        return []
    shares = list(first.result.shares)
    if len(shares) <= MOST_EXPLAINED:
        return shares
    return [share for share in shares if share.party_number == query.get("share")]


def _downloads(asked: Asked, second: Run | None) -> list[tuple[str, str]]:
    links = [(kind.upper(), asked.address(f"{PATH}.{kind}")) for kind in ("xlsx", "csv", "json")]
    if second is None:
        links.insert(2, (_("Basis, XLSX"), asked.address(f"{PATH}.xlsx") + "&detail=basis"))
    return links


PAGES: list[type[Controller]] = [SimulatePages]
