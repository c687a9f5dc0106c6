"""The funding picture in words and as a drawing: its sentence, its title and description, and what its lines say."""

from markupsafe import Markup

from registry.core.errors import N_
from registry.documents.flows import Stream, draw_flows
from registry.initiatives.rules import share_text
from registry.initiatives.schemas import Flow, Picture
from registry.texts import _, format_kronor, format_number, format_percent

MEMO_LABEL = N_("Memo lines: outside partners, no part of the registry's totals")
DEFAULT_COLOUR = "#55626f"


def picture_sentence(picture: Picture) -> str:
    """The year in one sentence or two."""
    told = {
        "body": picture.initiative.party_name,
        "year": picture.year,
        "agreed": format_kronor(picture.agreed_ore),
        "decided": format_kronor(picture.decided_ore),
        "paid": format_kronor(picture.paid_ore),
    }
    if picture.plan is None:
        return _("For %(year)s, %(decided)s is decided and %(paid)s is paid. No shares are registered.") % told
    return _("For %(year)s the funders have agreed on %(agreed)s. %(decided)s is decided and %(paid)s is paid.") % told


def parts_text(flow: Flow, picture: Picture) -> str:
    """How a share came to be: `2 of 5 parts of 400 000,00 kr`, or a fixed amount."""
    parts = share_text(flow, picture.plan)
    if parts is None or picture.plan is None or picture.plan.whole_ore is None:
        return _("fixed amount") if flow.agreed_ore is not None else ""
    return _("%(parts)s of %(all)s parts of %(whole)s") % {
        "parts": format_number(parts[0]),
        "all": format_number(parts[1]),
        "whole": format_kronor(picture.plan.whole_ore),
    }


def way_text(flow: Flow) -> str:
    """By which way the money goes."""
    return _("via %(name)s") % {"name": flow.via} if flow.via else _("direct")


def memo_share(flow: Flow, picture: Picture) -> str:
    """An outside partner's share of everything that is agreed, the registry's funders included."""
    return format_percent(flow.agreed_ore or 0, picture.agreed_ore + picture.memo_ore)


def picture_chart(picture: Picture) -> Markup | None:
    """The flows as a drawing; its description says the same in words."""
    return draw_flows(
        [_stream(flow) for flow in (*picture.flows, *picture.memos)],
        picture.initiative.party_name,
        title=_("The flow of money to %(body)s in %(year)s, from funder by intermediary to recipient")
        % {"body": picture.initiative.party_name, "year": picture.year},
        description=" ".join(_flow_words(flow) for flow in (*picture.flows, *picture.memos)),
        amount=format_kronor,
        memo_label=_(MEMO_LABEL),
    )


def _stream(flow: Flow) -> Stream:
    amount = flow.agreed_ore or 0 if flow.is_memo else flow.decided_ore
    return Stream(flow.funder, flow.via, amount, flow.paid_ore, flow.colour or DEFAULT_COLOUR, flow.is_memo)


def _flow_words(flow: Flow) -> str:
    if flow.is_memo:
        return _("%(name)s, memo line: %(amount)s agreed.") % {
            "name": flow.funder,
            "amount": format_kronor(flow.agreed_ore or 0),
        }
    return _("%(name)s, %(way)s: %(decided)s decided, of which %(paid)s paid.") % {
        "name": flow.funder,
        "way": way_text(flow),
        "decided": format_kronor(flow.decided_ore),
        "paid": format_kronor(flow.paid_ore),
    }
