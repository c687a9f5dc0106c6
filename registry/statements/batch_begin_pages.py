"""Beginning a batch of statements on a page: a choice that counts first, and does nothing until it is confirmed."""

from typing import Any, cast

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import RegistryError
from registry.parties.queries import list_funders
from registry.statements.batch_keeper import wake_keeping
from registry.statements.batch_pages import PATH, kind_choices
from registry.statements.batch_queries import find_unfinished
from registry.statements.batch_schemas import AnyLanguage, BatchRequest, Origin
from registry.statements.batch_service import begin_batch
from registry.statements.years import PartyFilter, PartyYears, list_party_years, list_statement_years, total_of
from registry.texts import LANGUAGES, _
from registry.web.forms import Form, read_form
from registry.web.pages import page, query_of, redirect


class BatchBeginPages(Controller):
    """Choosing whose statements, and beginning."""

    path = PATH

    @get("/new", permission=Permission.STATEMENTS_ISSUE)
    async def new(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Whose statements would be issued, with how they add up; nothing is done yet."""
        return await _new_page(request, who, Form(query_of(request)))

    @post("/new", permission=Permission.STATEMENTS_ISSUE, status_code=200)
    async def begin(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any] | Redirect:
        """Begin the batch; it goes on behind whatever is done meanwhile."""
        form = await read_form(request)
        wanted = await _read_request(who, form)
        if wanted is None:
            return await _new_page(request, who, form, status=400)
        try:
            batch = await begin_batch(who, wanted, origin=Origin.PAGE)
        except RegistryError as error:
            form.add(error)
            return await _new_page(request, who, form, status=error.status)
        wake_keeping()
        return redirect(request, f"{PATH}/{batch.id}?follow=1", _("Batch %(number)s has begun.") % {"number": batch.id})


async def _read_request(who: Scope, form: Form) -> BatchRequest | None:
    """Whom the form means, or None with the messages added."""
    years = {str(year): year for year in await list_statement_years(who)}
    funders = {f"P-{funder.id}": funder.id for funder in await list_funders(who)}
    year = form.choice("year", years)
    kind = form.choice("kind", kind_choices(), required=False) or ""
    funder = form.choice("funder", funders, required=False)
    language = form.choice("written_in", LANGUAGES, required=False) or ""
    if year is None or not form.ok:
        return None
    return BatchRequest(
        year=years[year],
        kind=kind,
        funder_id=funders[funder] if funder else None,
        language=cast("AnyLanguage", language),
    )


async def _new_page(request: Request[Any, Any, Any], who: Scope, form: Form, *, status: int = 200) -> Response[Any]:
    years = await list_statement_years(who)
    if not form.get("year"):
        # A year is stated when it is over.
        form.values["year"] = str(next((year for year in years if year < trail.today().year), years[0]))
    refused, form.errors = form.errors, {}
    wanted = await _read_request(who, form)
    form.errors = {**form.errors, **refused}
    found = PartyYears([], 0, total_of([])) if wanted is None else await _who_gets(who, wanted)
    return page(
        request,
        "statements/batch_new.html",
        status=status if status != 200 else 400 if form.errors else 200,
        form=form,
        found=found,
        is_clear=wanted is not None,
        languages=_count_languages(found, form.get("written_in")),
        unfinished=await find_unfinished(who),
        years=[(str(year), str(year)) for year in years],
        kinds=list(kind_choices().items()),
        funders=[(f"P-{funder.id}", funder.name) for funder in await list_funders(who)],
        language_choices=list(LANGUAGES.items()),
    )


async def _who_gets(who: Scope, wanted: BatchRequest) -> PartyYears:
    limits = PartyFilter(year=wanted.year, kind=wanted.kind, funder_id=wanted.funder_id)
    return await list_party_years(who, limits, limit=None)


def _count_languages(found: PartyYears, language: str) -> list[tuple[str, int]]:
    """How many statements come in each language."""
    spoken = [language or item.language for item in found.items]
    return [(name, spoken.count(code)) for code, name in LANGUAGES.items() if code in spoken]


PAGES: list[type[Controller]] = [BatchBeginPages]
