"""Agreed shares and the funding picture: what must hold, how a whole is divided, and what came of it. Pure."""

from collections.abc import Iterable, Sequence

from registry.core.errors import N_, InvalidInputError, RegistryError, RuleError
from registry.core.money import LARGEST_ORE, Money
from registry.initiatives.schemas import (
    MOST_SHARES,
    NOTHING,
    Flow,
    GrantSum,
    Initiative,
    Picture,
    Plan,
    PlanDetails,
    Share,
    ShareDetails,
)

Refusal = tuple[str, RegistryError]


class RefusedPlanError(InvalidInputError):
    """Shares that can't be agreed as they are, each reason at its field."""

    code = "shares-refused"
    status = 409


def check_plan(details: PlanDetails, *, version: int) -> None:
    """Raises: RefusedPlanError naming every field that is wrong. Fields of a share end with its place, from 1."""
    errors: list[Refusal] = []

    def refuse(field: str, message: str) -> None:
        errors.append((field, RuleError(field=field, message=message)))

    if not 1 <= len(details.shares) <= MOST_SHARES:
        refuse("whose_1", N_("Write at least one share, and at most 24."))
    divided = any(share.parts for share in details.shares)
    if divided and details.whole_ore is None:
        refuse("whole", N_("Write the amount that is divided by parts."))
    if details.whole_ore is not None and not divided:
        refuse("whole", N_("Nobody has a part of this amount. Write parts, or leave it empty."))
    if details.whole_ore is not None and not 0 < details.whole_ore <= LARGEST_ORE:
        refuse("whole", N_("The amount must be more than 0."))
    if version > 1 and not details.reason.strip():
        refuse("reason", N_("Write why the shares are changed."))
    for place, share in enumerate(details.shares, start=1):
        errors += _check_share(share, place)
    errors += _check_twice(details.shares)
    if errors:
        raise RefusedPlanError(errors)


def _check_share(share: ShareDetails, place: int) -> list[Refusal]:
    wrong = (
        ((share.funder_id is None) == (not share.partner), f"whose_{place}",
         N_("Choose one of the funders, or name an outside partner.")),
        (share.partner and share.via_id is not None, f"via_{place}",
         N_("An outside partner's share is a memo: it goes no way here.")),
        ((share.amount_ore is None) == (share.parts is None), f"amount_{place}",
         N_("Write either a fixed amount or a number of parts.")),
        (share.amount_ore is not None and not 0 <= share.amount_ore <= LARGEST_ORE, f"amount_{place}",
         N_("The amount can't be less than 0.")),
    )  # fmt: skip
    return [(field, RuleError(field=field, message=message)) for is_wrong, field, message in wrong if is_wrong]


def _check_twice(shares: Sequence[ShareDetails]) -> list[Refusal]:
    seen: set[tuple[int | None, int | None, str]] = set()
    errors: list[Refusal] = []
    for place, share in enumerate(shares, start=1):
        whose = (share.funder_id, share.via_id, share.partner.casefold())
        if whose in seen:
            field = f"whose_{place}"
            errors.append((field, RuleError(field=field, message=N_("The same share stands twice."))))
        seen.add(whose)
    return errors


def amounts_of(details: PlanDetails) -> list[Money]:
    """What each share comes to: its fixed amount, or its parts of the whole by the largest remainder."""
    parts = [share.parts for share in details.shares if share.parts]
    divided = iter(details.whole_ore.split(parts) if parts and details.whole_ore else [])
    return [next(divided) if share.parts else share.amount_ore or NOTHING for share in details.shares]


def draw_picture(initiative: Initiative, year: int, plan: Plan | None, sums: Sequence[GrantSum]) -> Picture:
    """Put what is agreed beside what is decided and paid: one flow for each funder and way, each krona in one of them.

    What has been decided by a way that nobody agreed on is a flow of its own, without an agreed share.
    """
    shares = plan.shares if plan else ()
    own = {(share.funder_id, share.via_id): share for share in shares if not share.is_memo}
    decided: dict[tuple[int | None, int | None], GrantSum] = {(one.funder_id, one.via_id): one for one in sums}
    flows = [
        _flow(initiative, own.get(place), decided.get(place))
        for place in dict.fromkeys([*own, *decided])  # the plan's order first
    ]
    memos = [
        Flow(
            funder=share.name,
            funder_number="",
            via="",
            recipient=initiative.party_name,
            agreed_ore=share.amount_ore,
            decided_ore=NOTHING,
            paid_ore=NOTHING,
            is_memo=True,
            parts=share.parts,
        )
        for share in shares
        if share.is_memo
    ]
    return Picture(initiative, year, plan, tuple(flows), tuple(memos))


def _flow(initiative: Initiative, share: Share | None, decided: GrantSum | None) -> Flow:
    assert share or decided  # noqa: S101 - the caller took the places of both
    return Flow(
        funder=decided.funder_name if decided else share.name if share else "",
        funder_number=decided.funder_org_number if decided else share.org_number if share else "",
        via=decided.via_name if decided else share.via_name if share else "",
        recipient=initiative.party_name,
        agreed_ore=share.amount_ore if share else None,
        decided_ore=decided.decided_ore if decided else NOTHING,
        paid_ore=decided.paid_ore if decided else NOTHING,
        is_memo=False,
        parts=share.parts if share else None,
        grants=decided.grants if decided else 0,
        colour=decided.funder_colour if decided else "",
        funder_id=decided.funder_id if decided else share.funder_id if share else None,
        via_id=decided.via_id if decided else share.via_id if share else None,
    )


def share_text(flow: Flow, plan: Plan | None) -> tuple[int, int] | None:
    """The parts of a flow and of the whole, when its share is so divided."""
    return (flow.parts, plan.all_parts) if flow.parts and plan else None


def totals_of(pictures: Iterable[Picture]) -> tuple[Money, Money]:
    """What several pictures decided and paid together, memo lines left out."""
    decided = paid = 0
    for picture in pictures:
        decided += picture.decided_ore
        paid += picture.paid_ore
    return Money(decided), Money(paid)
