"""The form of an engagement: what was typed becomes details, and details fill a form."""

import hashlib
import json
from dataclasses import asdict

from registry.core.access import Scope
from registry.core.errors import N_
from registry.core.money import Money
from registry.fees.engagements_file import MOST_ARTISTS
from registry.fees.queries import find_funder_grant
from registry.fees.reading import parse_percent, parse_quantity, typed_percent, typed_quantity
from registry.fees.rules import APPEARANCE, SCHOOL, STEP_BASES, Book
from registry.fees.schemas import TAX_TITLES, UNIT_TITLES, Engagement, EngagementDetails, Schedule, Tax
from registry.fees.service import UnknownGrantOfFunderError
from registry.parties.forms import label_of, read_party
from registry.parties.queries import get_party
from registry.texts import _
from registry.web.forms import Form

OTHER_LEVEL = "other"
STEP_TITLES = {
    APPEARANCE: N_("Appearance, by hours (up to 15 minutes, up to 2 hours, each started hour after)"),
    SCHOOL: N_("School, by lessons of the same day"),
}


def level_options(book: Book) -> list[tuple[str, list[tuple[str, str]]]]:
    """The levels to choose among, by issuer; a code whose schedule is no longer in force is there too."""
    options = []
    for issuer in book.issuers:
        titles: dict[str, str] = {}
        for schedule in book.versions(issuer):
            titles = {**{code: title for code, title in _titles(schedule) if code not in titles}, **titles}
        steps = [(code, _(title)) for code, title in STEP_TITLES.items() if STEP_BASES[code] in titles]
        options.append((issuer, [(f"{code}@{issuer}", label) for code, label in [*steps, *titles.items()]]))
    return [*options, (_("Another"), [(OTHER_LEVEL, _("Another issuer, or no level: write it below"))])]


def _titles(schedule: Schedule) -> list[tuple[str, str]]:
    return [(level.code, f"{level.title} ({_(UNIT_TITLES[level.unit])})") for level in schedule.levels]


async def read_engagement(scope: Scope, form: Form, book: Book, *, funder_id: int) -> EngagementDetails | None:
    """The engagement that the form holds, or None with the messages added. An empty field is for the check to tell."""
    creator = await read_party(scope, form, "creator")
    commissioner = await read_party(scope, form, "commissioner", required=False)
    issuer, code = _read_level(form, book)
    tax = form.choice("tax", [tax.value for tax in Tax], required=False)
    values = {
        "title": form.text("title"),
        "booking_date": form.date("booking_date", required=False),
        "contract_date": form.date("contract_date", required=False),
        "event_date": form.date("event_date", required=False),
        "quantity": form.read("quantity", parse_quantity),
        "artists": form.integer("artists", required=False, low=1, high=MOST_ARTISTS) or 1,
        "agreed_fee_ore": form.money("agreed_fee", required=False),
        "vat_included": form.checked("vat_included"),
        "vat_basis_points": form.read("vat_rate", parse_percent),
        "travel_ore": form.money("travel", required=False) or Money(0),
        "material_ore": form.money("material", required=False) or Money(0),
        "motive": form.text("motive", most=2000),
    }
    grant_id = None
    if form.get("grant") and creator is not None:
        grant_id = await find_funder_grant(scope, funder_id, form.text("grant", most=60), creator.id)
        if grant_id is None:
            form.add(UnknownGrantOfFunderError(field="grant"))
    if creator is None or not form.ok:
        return None
    return form.build(
        EngagementDetails,
        creator_id=creator.id,
        commissioner_id=commissioner.id if commissioner else funder_id,
        funder_id=funder_id,
        grant_id=grant_id,
        issuer=issuer,
        code=code,
        tax=Tax(tax) if tax else None,
        **values,
    )


def _read_level(form: Form, book: Book) -> tuple[str, str]:
    """Issuer and code: those of the chosen level, or as they were written."""
    known = {value for _issuer, levels in level_options(book) for value, _label in levels}
    chosen = form.choice("level", sorted(known), required=False)
    if chosen and chosen != OTHER_LEVEL:
        code, _at, issuer = chosen.partition("@")
        return issuer, code
    return " ".join(form.text("issuer", most=120).split()), form.text("code", most=40)


async def filled(scope: Scope, engagement: Engagement, book: Book) -> Form:
    """A form with what the engagement says now."""
    value = f"{engagement.code}@{book.issuer(engagement.issuer)}"
    known = {value for _issuer, levels in level_options(book) for value, _label in levels}
    values = {
        "creator": label_of(await get_party(scope, engagement.creator_id)),
        "commissioner": label_of(await get_party(scope, engagement.commissioner_id)),
        "grant": f"B-{engagement.grant_id}" if engagement.grant_id else "",
        "title": engagement.title,
        "level": value if value in known else OTHER_LEVEL,
        "issuer": "" if value in known else engagement.issuer,
        "code": "" if value in known else engagement.code,
        "quantity": typed_quantity(engagement.quantity),
        "artists": str(engagement.artists) if engagement.artists > 1 else "",
        "agreed_fee": _typed(engagement.agreed_fee_ore),
        "tax": engagement.tax.value if engagement.tax else "",
        "vat_included": "1" if engagement.vat_included else "",
        "vat_rate": typed_percent(engagement.vat_basis_points),
        "travel": _typed(engagement.travel_ore or None),
        "material": _typed(engagement.material_ore or None),
        "motive": engagement.motive,
    }
    for name in ("booking_date", "contract_date", "event_date"):
        day = getattr(engagement, name)
        values[name] = day.isoformat() if day else ""
    return Form(values)


def _typed(amount: Money | None) -> str:
    if amount is None:
        return ""
    return amount.wire.removesuffix(".00").replace(".", ",")


def digest_of(details: EngagementDetails) -> str:
    """What the hidden field `checked` holds: that the check was shown of just these terms, whatever else is changed."""
    text = json.dumps(asdict(details.terms()), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def tax_options() -> list[tuple[str, str]]:
    """The tax forms to choose among."""
    return [(tax.value, _(title)) for tax, title in TAX_TITLES.items()]
