"""Reads of agreements and their priority areas. Everyone who may open them may see all of them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import asyncpg

from registry.agreements.schemas import AgreedArea, Agreement, AreaProgramme, Signatory, parse_agreement_number
from registry.core.access import Scope
from registry.core.errors import N_, FieldError, NotFoundError
from registry.core.money import Money
from registry.database import fetch
from registry.texts import LANGUAGES, get_language


class UnknownAreaError(FieldError):
    """No such priority area."""

    code = "unknown-area"
    message = N_("%(area)s is no priority area. Use one of: %(areas)s.")


class UnknownAgreementError(NotFoundError):
    """No such agreement."""

    code = "unknown-agreement"
    message = N_("There is no agreement %(agreement)s.")


@dataclass(frozen=True, slots=True)
class Area:
    """A priority area; `title` is in the reader's language, `titles` in all."""

    id: int
    code: str
    title: str
    titles: tuple[str, ...]


_AREAS = """
SELECT a.id, a.code, a.title_sv, a.title_fi, a.title_en FROM priority_area a
WHERE EXISTS (SELECT 1 FROM programme m WHERE m.priority_area_id = a.id)
   OR NOT EXISTS (SELECT 1 FROM agreement_area h WHERE h.area_id = a.id)
   OR EXISTS (SELECT 1 FROM agreement_area h WHERE h.area_id = a.id
              AND NOT EXISTS (SELECT 1 FROM agreement_withdrawal w WHERE w.agreement_id = h.agreement_id))
ORDER BY a.agreement_id, a.position
"""


async def list_areas(scope: Scope) -> list[Area]:
    """The areas in the agreements' order; what only a withdrawn agreement has and no programme uses is left out."""
    del scope
    language = get_language()
    return [
        Area(row["id"], row["code"], row[f"title_{language}"], (row["title_sv"], row["title_fi"], row["title_en"]))
        for row in await fetch(_AREAS)
    ]


def match_area(areas: list[Area], text: str, *, field: str = "priority_area") -> Area:
    """The area that a file names by code, by title, or by words that only one title holds. Raises: UnknownAreaError."""
    wanted = _words(text)
    for area in areas:
        if any(_words(name) == wanted for name in (area.code, *area.titles)):
            return area
    near = [area for area in areas if any(wanted & _words(name) for name in (area.code, *area.titles))]
    if wanted and len(near) == 1:
        return near[0]
    raise UnknownAreaError(field=field, area=text, areas=", ".join(area.code for area in areas))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{3,}", text.lower().replace("_", " "))) - {"och", "and", "the"}


_AGREEMENTS = """
SELECT g.id, g.title, g.period_from, g.period_to, g.source, g.seq, w.recorded_at AS withdrawn_at,
       coalesce(w.reason, '') AS withdrawal_reason
FROM agreement g LEFT JOIN agreement_withdrawal w ON w.agreement_id = g.id
ORDER BY g.period_from DESC, g.id DESC
"""
_PARTIES = """
SELECT s.agreement_id, s.org_number, s.name, p.id AS party_id
FROM agreement_party s LEFT JOIN party p ON p.org_number = s.org_number ORDER BY s.agreement_id, s.position
"""
_TEXTS = """
SELECT DISTINCT ON (h.agreement_id, h.position, h.area_id) h.agreement_id, a.id, a.code, a.title_sv, a.title_fi,
       a.title_en, h.summary_sv, h.summary_fi, h.summary_en, h.version, h.seq, a.agreement_id AS first_agreement
FROM agreement_area h JOIN priority_area a ON a.id = h.area_id
ORDER BY h.agreement_id, h.position, h.area_id, h.version DESC
"""


async def list_agreements(scope: Scope, *, withdrawn: bool = False) -> list[Agreement]:
    """The agreements with their parties and areas, the latest period first."""
    del scope
    parties = defaultdict[int, list[Signatory]](list)
    for row in await fetch(_PARTIES):
        parties[row["agreement_id"]].append(Signatory(row["org_number"], row["name"], row["party_id"]))
    agreements = await fetch(_AGREEMENTS)
    texts = await fetch(_TEXTS)
    areas = _areas_of(agreements, texts)
    return [
        Agreement(parties=tuple(parties[row["id"]]), areas=areas.get(row["id"], ()), **dict(row))
        for row in agreements
        if withdrawn or row["withdrawn_at"] is None
    ]


async def get_agreement(scope: Scope, number: str) -> Agreement:
    """One agreement by its number, also a withdrawn one. Raises: UnknownAgreementError."""
    agreement_id = parse_agreement_number(number)
    for agreement in await list_agreements(scope, withdrawn=True):
        if agreement.id == agreement_id:
            return agreement
    raise UnknownAgreementError(field="agreement", agreement=number[:40])


async def agreement_of(scope: Scope, day: date) -> Agreement | None:
    """The agreement in force on a day, otherwise the latest that had begun, otherwise the first to come."""
    agreements = await list_agreements(scope)
    begun = [one for one in agreements if one.period_from <= day]
    inside = [one for one in begun if day <= one.period_to]
    return next(iter([*inside, *begun, *agreements[::-1]]), None)


def _areas_of(
    agreements: Sequence[asyncpg.Record], texts: Sequence[asyncpg.Record]
) -> dict[int, tuple[AgreedArea, ...]]:
    """Each agreement's areas; an area without a summary shows the one of the agreement before."""
    titles = {row["id"]: row["title"] for row in agreements}
    made: dict[int, list[AgreedArea]] = defaultdict(list)
    latest: dict[int, tuple[asyncpg.Record, str]] = {}
    for agreement in reversed(agreements):
        for row in (row for row in texts if row["agreement_id"] == agreement["id"]):
            shown, before = (row, "") if row["summary_sv"] else latest.get(row["id"], (row, ""))
            made[agreement["id"]].append(_area(row, shown, before))
            if row["summary_sv"] and agreement["withdrawn_at"] is None:
                latest[row["id"]] = (row, titles[agreement["id"]])
    return {agreement_id: tuple(areas) for agreement_id, areas in made.items()}


def _area(row: asyncpg.Record, shown: asyncpg.Record, before: str) -> AgreedArea:
    language = get_language()
    own = shown[f"summary_{language}"]
    return AgreedArea(
        id=row["id"],
        code=row["code"],
        title=row[f"title_{language}"],
        summary=own or shown["summary_sv"],
        summaries=(row["summary_sv"], row["summary_fi"], row["summary_en"]),
        is_swedish=not own and language != next(iter(LANGUAGES)),
        version=row["version"],
        is_new=row["first_agreement"] == row["agreement_id"],
        seq=row["seq"],
        before=before,
    )


_PROGRAMMES = """
SELECT m.id, a.code AS area_code, f.name AS funder_name, f.org_number AS funder_org_number, m.code, m.title,
       m.inside_ksm, coalesce(sum(b.amount_ore), 0)::bigint AS frame_ore,
       coalesce(sum(b.decided_ore), 0)::bigint AS decided_ore
FROM programme m JOIN party f ON f.id = m.funder_id JOIN priority_area a ON a.id = m.priority_area_id
LEFT JOIN budget_frame b ON b.programme_id = m.id AND b.year BETWEEN $1 AND $2
GROUP BY m.id, a.code, f.id ORDER BY f.kind DESC, f.sort_key, m.code
"""


async def list_area_programmes(scope: Scope, years: range) -> list[AreaProgramme]:
    """The programmes of all funders that belong to an area, with their frames of some years."""
    del scope
    return [
        AreaProgramme(**{**dict(row), "frame_ore": Money(row["frame_ore"]), "decided_ore": Money(row["decided_ore"])})
        for row in await fetch(_PROGRAMMES, years.start, years.stop - 1)
    ]
