"""Pages of payout accounts: asking for another, the requests, and the second officer's word."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.response import Stream

from registry import trail
from registry.core.access import Permission, Scope
from registry.core.errors import N_, NotFoundError, RegistryError
from registry.documents.listing import MEDIA_TYPES, list_format
from registry.parties.account_export import export_requests
from registry.parties.account_queries import (
    DEFAULT_SORT,
    PAGE,
    SORTS,
    RequestFilter,
    RequestPage,
    find_pending,
    get_request,
    list_requests,
)
from registry.parties.accounts import decide_account, request_account
from registry.parties.queries import get_party, list_versions, parse_number
from registry.parties.schemas import (
    ACCOUNT_TITLES,
    AccountDetails,
    AccountRequest,
    AccountStatus,
    Party,
    PartyVersion,
    request_number,
)
from registry.texts import _, describe
from registry.web.downloads import send_made
from registry.web.filters import Asked
from registry.web.forms import Form, read_form
from registry.web.lists import chips, offset_pager, page_number
from registry.web.pages import page, query_of, redirect, with_query

PATH = "/parties/accounts"
PARTY_PATH = "/parties/{number:str}/account"
LARGEST_ID = 2**62

SOURCE_TITLES = {"form": N_("By a form"), "api": N_("By another system"), "import": N_("From a file")}


class RequestPages(Controller):
    """The requests for another account."""

    @get(PATH, permission=Permission.PARTIES_VIEW)
    async def index(self, request: Request[Any, Any, Any], who: Scope) -> Response[Any]:
        """The list: those that wait first."""
        query = query_of(request)
        (wanted, asked), number = _filter(query), page_number(query)
        found = RequestPage([], 0)
        if not asked.errors:
            found = await list_requests(who, wanted, sort=_sort(query), offset=(number - 1) * PAGE)
        return page(
            request,
            "parties/accounts.html",
            status=400 if asked.errors else 200,
            errors=[describe(error) for _name, error in asked.errors],
            found=found,
            query=query,
            statuses=[(status.value, _(title)) for status, title in ACCOUNT_TITLES.items()],
            titles=_titles(),
            chips=chips(PATH, query, asked.shown),
            pager=offset_pager(PATH, query, number=number, size=PAGE, total=found.total),
            downloads=[(kind.upper(), with_query(f"{PATH}.{kind}", query, page=None)) for kind in ("xlsx", "csv")],
        )

    @get([f"{PATH}.csv", f"{PATH}.xlsx"], permission=Permission.PARTIES_VIEW)
    async def download(self, request: Request[Any, Any, Any], who: Scope) -> Stream:
        """The list as a file; the trail says that it was taken."""
        query = query_of(request)
        (wanted, asked), kind, sort = _filter(query), list_format(request.url.path), _sort(query)
        asked.demand()
        make = partial(export_requests, who, wanted, kind=kind, sort=sort, question=asked.question(sort=sort))
        return await send_made(_("account-requests") + f"-{trail.today()}.{kind}", MEDIA_TYPES[kind], make)

    @get(f"{PATH}/{{request_number:str}}", permission=Permission.PARTIES_VIEW)
    async def show(self, request: Request[Any, Any, Any], who: Scope, request_number: str) -> Response[Any]:
        """One request: the account in force beside the one that is asked for, and what may be done."""
        return _card_page(request, who, await get_request(who, request_number), Form())

    @post(f"{PATH}/{{request_number:str}}/decide", permission=Permission.PARTIES_APPROVE, status_code=200)
    async def decide(self, request: Request[Any, Any, Any], who: Scope, request_number: str) -> Response[Any]:
        """Approve, reject or take back, or give the form back."""
        form = await read_form(request)
        asked = await get_request(who, request_number)
        outcome = form.choice("outcome", [AccountStatus.APPROVED, AccountStatus.REJECTED, AccountStatus.WITHDRAWN])
        reason = form.text("reason", most=2000)
        if form.errors or outcome is None:
            return _card_page(request, who, asked, form, status=400)
        try:
            await decide_account(who, asked.number, AccountStatus(outcome), reason=reason)
        except RegistryError as error:
            form.add(error)
            return _card_page(request, who, await get_request(who, request_number), form, status=error.status)
        text = _("%(request)s: %(outcome)s.") % {
            "request": asked.number,
            "outcome": _(ACCOUNT_TITLES[AccountStatus(outcome)]),
        }
        return redirect(request, f"{PATH}/{asked.number}", text)


class AskPages(Controller):
    """Asking that a party is paid to another account."""

    @get(PARTY_PATH, permission=Permission.PARTIES_REGISTER)
    async def new(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """The form with the accounts in force."""
        party, version = await _current(who, number)
        form = Form({"valid_from": trail.today().isoformat()})
        if not party.protected:
            form.values |= {"bankgiro": version.bankgiro, "plusgiro": version.plusgiro}
        return await _ask_page(request, who, party, version, form)

    @post(PARTY_PATH, permission=Permission.PARTIES_REGISTER, status_code=200)
    async def ask(self, request: Request[Any, Any, Any], who: Scope, number: str) -> Response[Any]:
        """Register the request, or give the form back."""
        form = await read_form(request)
        party, version = await _current(who, number)
        valid_from = form.date("valid_from")
        details = form.build(
            AccountDetails,
            bankgiro=form.text("bankgiro", most=40),
            plusgiro=form.text("plusgiro", most=40),
            valid_from=valid_from,
            reason=form.text("reason", required=True, most=2000),
            evidence=form.text("evidence"),
        )
        if details is None or form.errors:
            return await _ask_page(request, who, party, version, form, status=400)
        try:
            request_id = await request_account(who, party.id, details)
        except RegistryError as error:
            form.add(error)
            return await _ask_page(request, who, party, version, form, status=error.status)
        text = _("%(request)s is registered. A colleague must approve it; until then the old account is paid.")
        name = request_number(request_id)
        return redirect(request, f"{PATH}/{name}", text % {"request": name})


def _filter(query: dict[str, str]) -> tuple[RequestFilter, Asked]:
    """What the list is narrowed to; what can't be read stands in the second part's errors."""
    asked = Asked(query)
    status = asked.choice("status", N_("Status: %s"), {one.value: title for one, title in ACCOUNT_TITLES.items()})
    search = asked.text("q", N_("Name: %s"))
    return RequestFilter(status=AccountStatus(status) if status else None, search=search), asked


def _sort(query: dict[str, str]) -> str:
    sort = query.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def _titles() -> dict[str, str]:
    return {status.value: _(title) for status, title in ACCOUNT_TITLES.items()}


async def _current(who: Scope, number: str) -> tuple[Party, PartyVersion]:
    """The party of an address with its particulars in force. Raises: NotFoundError."""
    party_id = parse_number(number)
    if party_id is None or party_id >= LARGEST_ID:
        raise NotFoundError
    party = await get_party(who, party_id)
    versions = await list_versions(who, party.id, whole=True)
    return party, next(version for version in versions if version.valid_from <= trail.today())


async def _ask_page(
    request: Request[Any, Any, Any], who: Scope, party: Party, version: PartyVersion, form: Form, *, status: int = 200
) -> Response[Any]:
    return page(
        request,
        "parties/account.html",
        status=status,
        party=party,
        version=version,
        form=form,
        pending=await find_pending(who, [party.id]),
        today=trail.today(),
    )


def _card_page(
    request: Request[Any, Any, Any], who: Scope, asked: AccountRequest, form: Form, *, status: int = 200
) -> Response[Any]:
    own = asked.recorded_by_id == who.user_id
    may_decide = asked.pending and who.may(Permission.PARTIES_APPROVE)
    return page(
        request,
        "parties/account_request.html",
        status=status,
        asked=asked,
        form=form,
        titles=_titles(),
        source=_(SOURCE_TITLES[asked.source]),
        own=own,
        may_decide=may_decide and not own,
        may_withdraw=may_decide and own,
        whole=who.may(Permission.PARTIES_REGISTER),
        may_audit=who.may(Permission.AUDIT_VIEW),
    )


PAGES: list[type[Controller]] = [RequestPages, AskPages]
