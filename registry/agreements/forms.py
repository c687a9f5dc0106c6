"""Reading the forms of agreements: what was typed becomes the value that a service takes."""

from registry.agreements.schemas import (
    LONGEST_SUMMARY,
    MOST_NEW_AREAS,
    MOST_PARTIES,
    AgreedArea,
    Agreement,
    AgreementDetails,
    AreaText,
    NewArea,
    SignedBy,
)
from registry.core.access import Scope
from registry.core.numbers import InvalidNumberError, normalise_org_number
from registry.parties.queries import suggest_parties
from registry.texts import _
from registry.web.forms import MISSING, Form

PARTY_ROWS = 4
NEW_ROWS = 2
"""Empty rows that a form shows at least."""


def filled(latest: Agreement | None) -> Form:
    """A form that begins with the parties and areas of the agreement before."""
    form = Form()
    if latest is None:
        return form
    for place, party in enumerate(latest.parties[:MOST_PARTIES], start=1):
        form.values |= {f"party_number_{place}": party.org_number, f"party_name_{place}": party.name}
    form.values |= {f"area_{area.code}": "1" for area in latest.areas}
    return form


def rows_of(form: Form, prefix: str, *, least: int, most: int) -> int:
    """How many rows to show: those that hold something and one more, at least `least`."""
    filled_rows = [row for row in range(1, most + 1) if form.get(f"{prefix}_{row}")]
    return min(max([least, *(row + 1 for row in filled_rows)]), most)


async def read_agreement(scope: Scope, form: Form, *, codes: list[str]) -> AgreementDetails | None:
    """The agreement that the form holds, or None with the messages added. `codes` are all areas, in order."""
    texts = {
        "title": form.text("title", required=True),
        "source": form.text("source", required=True, most=500),
    }
    first, last = form.date("period_from"), form.date("period_to")
    parties = await _read_parties(scope, form)
    new_areas = _read_new_areas(form)
    return form.build(
        AgreementDetails,
        period_from=first,
        period_to=last,
        parties=parties,
        areas=tuple(code for code in codes if form.checked(f"area_{code}")),
        new_areas=new_areas,
        **texts,
    )


async def _read_parties(scope: Scope, form: Form) -> tuple[SignedBy, ...]:
    """Each party by number and name; the name of one that is registered needn't be written."""
    known = {party.org_number: party.name for party in await suggest_parties(scope)}
    parties = []
    for row in range(1, MOST_PARTIES + 1):
        number, name = form.text(f"party_number_{row}", most=40), form.text(f"party_name_{row}")
        if not number and not name:
            continue
        try:
            name = name or known.get(normalise_org_number(number), "")
        except InvalidNumberError as error:
            form.refuse(f"party_number_{row}", _(error.message) if number else _(MISSING))
            continue
        if not name:
            form.refuse(f"party_name_{row}", _(MISSING))
        elif form.ok:
            parties.append(SignedBy(org_number=number, name=name))
    return tuple(parties)


def _read_new_areas(form: Form) -> tuple[NewArea, ...]:
    areas = []
    for row in range(1, MOST_NEW_AREAS + 1):
        titles = {f"title_{language}": form.text(f"new_title_{language}_{row}") for language in ("sv", "fi", "en")}
        summary = form.text(f"new_summary_{row}", most=LONGEST_SUMMARY)
        if not titles["title_sv"]:
            if summary or any(titles.values()):
                form.refuse(f"new_title_sv_{row}", _(MISSING))
        elif form.ok:
            areas.append(NewArea(summary_sv=summary, **titles))
    return tuple(areas)


def filled_text(area: AgreedArea) -> Form:
    """A form with an area's own summaries."""
    return Form(dict(zip(("summary_sv", "summary_fi", "summary_en"), area.summaries, strict=True)))


def read_text(form: Form) -> AreaText | None:
    """The summary that the form holds, or None with the messages added."""
    return form.build(
        AreaText,
        summary_sv=form.text("summary_sv", required=True, most=LONGEST_SUMMARY),
        summary_fi=form.text("summary_fi", most=LONGEST_SUMMARY),
        summary_en=form.text("summary_en", most=LONGEST_SUMMARY),
        reason=form.text("reason", most=500),
    )
