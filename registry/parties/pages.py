"""Pages of parties: the list and its files, the card, registering, changing and merging."""

from tempfile import SpooledTemporaryFile
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, NotFoundError, RegistryError
from registry.core.numbers import InvalidNumberError, is_personal_number, normalise_org_number
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.parties import account_pages, protection_pages, status_pages
from registry.parties.account_queries import find_pending
from registry.parties.export import export_parties
from registry.parties.forms import filled, kind_options, label_of, read_details, read_successor
from registry.parties.protection import ProtectedParticularsError, list_protections
from registry.parties.queries import (
    PAGE,
    get_party,
    list_merged_into,
    list_parties,
    list_versions,
    parse_number,
    suggest_parties,
)
from registry.parties.schemas import FUNDER_KINDS, KIND_TITLES, Party, PartyKind, PartyVersion
from registry.parties.service import FunderMergeError, MergedPartyError, change_party, merge_parties, register_party
from registry.parties.statuses import STATUS_TITLES, list_statuses
from registry.texts import LANGUAGES, _, format_date
from registry.web.downloads import SPOOL_BYTES, send_file
from registry.web.forms import CHOOSE, Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/parties"
LARGEST_ID = 2**62

NOT_CONFIRMED = N_("Tick the box to say that you want this: it can't be undone.")


class PartyPages(Controller):
    """The list of parties and their cards."""

    @get(PATH, permission=Permission.PARTIES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[str]:
        """The list, by name."""
        query = query_of(request)
        search, kind = _filter(query)
        number = page_number(query)
        found = await list_parties(who, search=search, kind=kind, offset=(number - 1) * PAGE)
        shown = {"q": f"”{search}”"} if search else {}
        if kind:
            shown["kind"] = _(KIND_TITLES[PartyKind(kind)])
        return page(
            request,
            "parties/index.html",
            found=found,
            query=query,
            kinds=kind_options(None),
            titles={kind.value: _(title) for kind, title in KIND_TITLES.items()},
            chips=chips(PATH, query, shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
            may_register=who.may(Permission.PARTIES_REGISTER),
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.PARTIES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        search, of_kind = _filter(query)
        _refuse_personal(search)
        kind = list_format(request.url.path)
        file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - send_file closes it
        try:
            question = with_query("", {"kind": of_kind, "q": search}).removeprefix("?")
            await export_parties(who, file, kind, search=search, of_kind=of_kind, question=question)
        except BaseException:
            file.close()
            raise
        return send_file(file, _("parties") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind])

    @get(f"{PATH}/new", permission=Permission.PARTIES_REGISTER)
    async def new(self, request: Request[Any, Any, Any]) -> Response[str]:
        """The form for a new party."""
        kind = query_of(request).get("kind", "")
        form = Form({"kind": kind, "language": "sv", "valid_from": trail.today().isoformat()})
        return _form_page(request, form, None)

    @post(f"{PATH}/new", permission=Permission.PARTIES_REGISTER, status_code=200)
    async def register(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """Register the party, or give the form back with what is wrong."""
        form = await read_form(request)
        valid_from = form.date("valid_from")
        details = read_details(form, None)
        if details is None or valid_from is None:
            return _form_page(request, form, None, status=400)
        try:
            party_id = await register_party(who, details, valid_from=valid_from)
        except RegistryError as error:
            form.add(error)
            return _form_page(request, form, None, status=error.status)
        return redirect(request, f"{PATH}/P-{party_id}", _("%(name)s is registered.") % {"name": details.name})

    @get(f"{PATH}/{{number:str}}", permission=Permission.PARTIES_VIEW)
    async def card(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """One party: its particulars, how they changed, and where its grants are."""
        party = await _party(who, number)
        whole = who.may(Permission.PARTIES_REGISTER)
        successor = await get_party(who, party.successor_id) if party.successor_id else None
        versions = await list_versions(who, party.id, whole=whole)
        return page(
            request,
            "parties/card.html",
            party=party,
            kind=_(KIND_TITLES[party.kind]),
            is_funder=party.kind in FUNDER_KINDS,
            language_name=LANGUAGES[party.language],
            versions=versions,
            now=next(version for version in versions if version.valid_from <= trail.today()),
            pending=await find_pending(who, [party.id]),
            today=trail.today(),
            successor=successor,
            predecessors=await list_merged_into(who, party.id),
            whole=whole,
            may_change=whole and successor is None,
            may_audit=who.may(Permission.AUDIT_VIEW),
            may_see_fees=who.may(Permission.FEES_VIEW) and party.kind is PartyKind.CREATOR,
            may_register_fees=who.may(Permission.FEES_REGISTER) and party.kind is PartyKind.CREATOR,
            may_see_protected=who.may(Permission.PARTIES_PROTECTED),
            protections=await list_protections(who, party.id) if whole and party.person else [],
            is_association=party.kind is PartyKind.STUDY_ASSOCIATION,
            statuses=await list_statuses(who, party.id),
            status_titles={status.value: _(title) for status, title in STATUS_TITLES.items()},
        )


class PartyChangePages(Controller):
    """Changing and merging a party."""

    @get(f"{PATH}/{{number:str}}/edit", permission=Permission.PARTIES_REGISTER)
    async def edit(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form with the particulars in force; a protected person's are changed where they are shown."""
        party, version = await _current(who, number)
        if party.protected:
            if not who.may(Permission.PARTIES_PROTECTED):
                raise ProtectedParticularsError
            return redirect(request, f"{PATH}/{party.number}/protected")
        return _form_page(request, filled(party, version, valid_from=trail.today().isoformat()), party)

    @post(f"{PATH}/{{number:str}}/edit", permission=Permission.PARTIES_REGISTER, status_code=200)
    async def change(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register new particulars from a day on, or give the form back."""
        form = await read_form(request)
        party, _version = await _current(who, number)
        if party.protected and not who.may(Permission.PARTIES_PROTECTED):
            raise ProtectedParticularsError
        valid_from = form.date("valid_from")
        details = read_details(form, party)
        if details is None or valid_from is None:
            return _form_page(request, form, party, status=400)
        try:
            await change_party(who, party.id, details, valid_from=valid_from)
        except RegistryError as error:
            form.add(error)
            return _form_page(request, form, party, status=error.status)
        text = _("The new particulars of %(name)s apply from %(day)s.") % {
            "name": party.name if party.protected else details.name,
            "day": format_date(valid_from),
        }
        return redirect(request, f"{PATH}/{party.number}", text)

    @get(f"{PATH}/{{number:str}}/merge", permission=Permission.PARTIES_REGISTER)
    async def show_merge(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[str]:
        """The form for a merger."""
        party, _version = await _current(who, number)
        if party.kind in FUNDER_KINDS:
            raise FunderMergeError
        return await _merge_page(request, who, party, Form({"merged_on": trail.today().isoformat()}))

    @post(f"{PATH}/{{number:str}}/merge", permission=Permission.PARTIES_REGISTER, status_code=200)
    async def merge(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the merger, or give the form back."""
        form = await read_form(request)
        party, _version = await _current(who, number)
        successor = await read_successor(who, form, party)
        merged_on = form.date("merged_on")
        if not form.checked("confirmed"):
            form.refuse("confirmed", _(NOT_CONFIRMED))
        if successor is None or merged_on is None or not form.ok:
            return await _merge_page(request, who, party, form, status=400)
        try:
            await merge_parties(who, party.id, successor.id, merged_on=merged_on)
        except RegistryError as error:
            form.add(error)
            return await _merge_page(request, who, party, form, status=error.status)
        text = _("%(name)s is now part of %(successor)s.") % {"name": party.name, "successor": successor.name}
        return redirect(request, f"{PATH}/{successor.number}", text)


def _filter(query: dict[str, str]) -> tuple[str, str]:
    """What to look for, and the kind. Raises: FieldError for a kind that there isn't."""
    kind = query.get("kind", "")
    if kind and kind not in list(PartyKind):
        raise FieldError(field="kind", message=CHOOSE)
    return query.get("q", "")[:100], kind


def _refuse_personal(search: str) -> None:
    """Refuse to write a personal number into a file and the trail, which keeps it for good. Raises: FieldError."""
    try:
        number = normalise_org_number(search)
    except InvalidNumberError:
        return
    if is_personal_number(number):
        raise FieldError(
            field="q", message=N_("Name a person by the registry's number, such as P-17, never by personal number.")
        )


async def _party(who: Scope, number: str) -> Party:
    """The party of an address. Raises: NotFoundError, also for a number of another form."""
    party_id = parse_number(number)
    if party_id is None or party_id >= LARGEST_ID:
        raise NotFoundError
    return await get_party(who, party_id)


async def _current(who: Scope, number: str) -> tuple[Party, PartyVersion]:
    """A party that may be changed, with its latest particulars. Raises: NotFoundError, MergedPartyError."""
    party = await _party(who, number)
    if party.successor_id is not None:
        raise MergedPartyError
    versions = await list_versions(who, party.id, whole=True)
    return party, next(version for version in versions if version.valid_from <= trail.today())


def _form_page(request: Request[Any, Any, Any], form: Form, party: Party | None, *, status: int = 200) -> Response[str]:
    return page(
        request,
        "parties/form.html",
        status=status,
        form=form,
        party=party,
        kinds=kind_options(party),
        party_languages=list(LANGUAGES.items()),
        today=trail.today(),
    )


async def _merge_page(
    request: Request[Any, Any, Any], who: Scope, party: Party, form: Form, *, status: int = 200
) -> Response[str]:
    others = [label_of(one) for one in await suggest_parties(who) if one.id != party.id]
    return page(
        request, "parties/merge.html", status=status, form=form, party=party, others=others, today=trail.today()
    )


PAGES: list[type[Controller]] = [
    PartyPages,
    PartyChangePages,
    *status_pages.PAGES,
    *account_pages.PAGES,
    *protection_pages.PAGES,
]
