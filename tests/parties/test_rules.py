"""What must hold for a party: numbers in their one written form, and every wrong field named."""

import pytest

from registry.core.errors import InvalidInputError
from registry.parties.rules import UnknownKindError, check_party, is_person, read_kind
from registry.parties.schemas import PartyDetails, PartyKind


def details(**changes: object) -> PartyDetails:
    facts: dict[str, object] = {"org_number": "2120002270", "name": "Ludvika kommun", "kind": PartyKind.KOMMUN}
    return PartyDetails.model_validate({**facts, **changes})


def test_numbers_get_their_one_form() -> None:
    checked = check_party(details(bankgiro="54029681", plusgiro="2865434"))
    assert (checked.org_number, checked.bankgiro, checked.plusgiro) == ("212000-2270", "5402-9681", "28 65 43-4")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"org_number": "212000-2271"}, ["org_number"]),
        ({"org_number": ""}, ["org_number"]),
        ({"name": "  "}, ["name"]),
        ({"language": "de"}, ["language"]),
        ({"email": "a@b"}, ["email"]),
        ({"email": "a b@example.se"}, ["email"]),
        ({"bankgiro": "1", "plusgiro": "x", "language": ""}, ["bankgiro", "plusgiro", "language"]),
        ({"org_number": "811218-9876"}, ["org_number"]),
    ],
)
def test_every_wrong_field_is_named(changes: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_party(details(**changes))
    assert [name for name, _error in caught.value.errors] == fields


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("study_association", PartyKind.STUDY_ASSOCIATION),
        ("Study association", PartyKind.STUDY_ASSOCIATION),
        ("STUDIEFÖRBUND", PartyKind.STUDY_ASSOCIATION),
        (" kommun ", PartyKind.KOMMUN),
        ("municipality", PartyKind.KOMMUN),
    ],
)
def test_a_kind_is_read_as_a_file_names_it(text: str, kind: PartyKind) -> None:
    assert read_kind(text) is kind


def test_an_unknown_kind_is_answered_with_the_kinds() -> None:
    with pytest.raises(UnknownKindError) as caught:
        read_kind("club")
    assert "study_association" in str(caught.value.data["kinds"])


def test_who_is_a_person() -> None:
    assert is_person(details(kind=PartyKind.CREATOR))
    assert is_person(details(org_number="811218-9876", kind=PartyKind.OTHER))
    assert not is_person(details())
