"""The forms of parties: what is typed becomes details, and details fill a form."""

import re

from registry.core.access import Scope
from registry.core.errors import RegistryError
from registry.parties.queries import find_party, suggest_parties
from registry.parties.schemas import FUNDER_KINDS, KIND_TITLES, Party, PartyDetails, PartyKind, PartyVersion
from registry.texts import LANGUAGES, _
from registry.web.forms import Form

_LAST_NUMBER = re.compile(r"\(?(P-[0-9]{1,15})\)?\s*$", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"\b(P-[0-9]{1,15})\b", re.IGNORECASE)


def kind_options(party: Party | None) -> list[tuple[str, str]]:
    """The kinds to choose among. What decides grants stays so, and nothing else becomes a funder by a change."""
    return [
        (kind.value, _(title))
        for kind, title in KIND_TITLES.items()
        if party is None or (kind in FUNDER_KINDS) == (party.kind in FUNDER_KINDS)
    ]


def label_of(party: Party) -> str:
    """How a form names a party: `ABF Dalarna (P-3)`."""
    return f"{party.name} ({party.number})"


def read_details(form: Form, party: Party | None) -> PartyDetails | None:
    """What was typed, or None with the messages added; the numbers are checked by the service."""
    kind = form.choice("kind", dict(kind_options(party)))
    language = form.choice("language", LANGUAGES)
    values = {
        "org_number": form.text("org_number", required=True, most=40),
        "name": form.text("name", required=True),
        "municipality": form.text("municipality", most=80),
        "bankgiro": form.text("bankgiro", most=40) if party is None else "",
        "plusgiro": form.text("plusgiro", most=40) if party is None else "",
        "email": form.text("email", most=254),
        "address": form.text("address", most=500),
    }
    if kind is None or language is None or not form.ok:
        return None
    return PartyDetails(kind=PartyKind(kind), language=language, **values)


def filled(party: Party, version: PartyVersion, *, valid_from: str) -> Form:
    """A form with the particulars in force."""
    return Form(
        {
            "kind": party.kind.value,
            "language": party.language,
            "municipality": party.municipality,
            "org_number": version.org_number,
            "name": version.name,
            "email": version.email,
            "address": version.address,
            "valid_from": valid_from,
        }
    )


async def read_party(scope: Scope, form: Form, name: str, *, required: bool = True) -> Party | None:
    """The party that someone chose from the list, or named by number or by its exact name."""
    text = form.text(name, required=required)
    if not text or form.errors.get(name):
        return None
    match = _LAST_NUMBER.search(text)
    try:
        if match is not None:
            return await find_party(scope, match[1], field=name)
        if not any(sign.isalpha() for sign in text):
            return await find_party(scope, text, field=name, personal=True)
    except RegistryError as error:
        form.add(error)
        return None
    named = [party for party in await suggest_parties(scope) if party.name.casefold() == text.casefold()]
    if len(named) != 1:
        form.refuse(
            name, _("Choose a party from the list, or write its organisation number. Register it first if it is new.")
        )
        return None
    return named[0]


async def read_successor(scope: Scope, form: Form, party: Party) -> Party | None:
    """The party that another becomes part of, or None with the messages added."""
    text = form.text("successor", required=True)
    if not text:
        return None
    match = _NUMBER.search(text)
    named = [one for one in await suggest_parties(scope) if one.name.casefold() == text.casefold()]
    try:
        found = named[0] if len(named) == 1 else await find_party(scope, match[1] if match else text, field="successor")
    except RegistryError as error:
        form.refuse("successor", _("Choose a party from the list, or write its number, such as P-17."))
        del error
        return None
    if found.id == party.id:
        form.refuse("successor", _("Choose another party as the successor."))
        return None
    return found
