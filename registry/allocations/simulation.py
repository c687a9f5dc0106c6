"""Simulating an allocation: what a rule would give for a year and a frame. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from registry import trail
from registry.allocations.inputs import Inputs, read_inputs
from registry.allocations.results import Result, work_out
from registry.allocations.rule_queries import find_rule
from registry.allocations.schemas import Definition, RuleVersion
from registry.core.access import Permission, Scope
from registry.core.errors import N_, FieldError, RuleError
from registry.core.exact import read_exact, write_exact, write_number
from registry.core.money import LARGEST_ORE, Money
from registry.parties.service import demand
from registry.programmes.queries import UnknownProgrammeError, list_programmes
from registry.programmes.schemas import Programme, ProgrammeKind


class NotForAssociationsError(RuleError):
    """The programme gives grants to others."""

    code = "not-for-associations"
    message = N_(
        "%(programme)s is not a programme for study associations, and only their frames are divided by a rule."
    )


class FrameNeededError(FieldError):
    """No frame is given, and none is registered."""

    code = "frame-needed"
    message = N_("Write the frame to divide: none is registered for the year.")


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation: the rule, what was read, and the result."""

    rule: RuleVersion
    inputs: Inputs
    result: Result


async def find_allocated(scope: Scope, text: str, *, field: str = "programme") -> Programme:
    """The programme for study associations that `CODE` or `FUNDER:CODE` names, one's own funder's first.

    Raises: UnknownProgrammeError, NotForAssociationsError, FieldError when both funders have one by that code.
    """
    programmes = await list_programmes(scope)
    named = [one for one in programmes if text in (one.code, f"{one.funder_org_number}:{one.code}")]
    own = [one for one in named if one.funder_id == scope.funder_id]
    named = own if len(named) > 1 and own else named
    if not named:
        raise UnknownProgrammeError(field=field, code=text[:50])
    if len(named) > 1:
        raise FieldError(
            field=field,
            message=N_("Both funders have a programme with that code. Write it as funder's number:code."),
        )
    if named[0].kind is not ProgrammeKind.STUDY_ASSOCIATIONS:
        raise NotForAssociationsError(field=field, programme=named[0].code)
    return named[0]


def day_of(year: int) -> date:
    """The day on which standings are read unless somebody says another: today, or the year's end when it is over."""
    return min(trail.today(), date(year, 12, 31))


def frame_of(programme: Programme | None, year: int, frame: Money | None) -> Money:
    """The frame to divide: the one given, or the programme's of the year. Raises: FrameNeededError, RuleError."""
    if frame is None:
        registered = programme.frame_of(year) if programme else None
        if registered is None:
            raise FrameNeededError(field="frame")
        frame = registered.amount_ore
    if not 0 < frame <= LARGEST_ORE:
        raise RuleError(field="frame", message=N_("The frame must be more than 0."))
    return frame


async def simulate(
    scope: Scope,
    rule_text: str,
    *,
    year: int,
    frame: Money | None = None,
    programme: Programme | None = None,
    weights: Mapping[str, Fraction] | None = None,
    eligible_on: date | None = None,
) -> Run:
    """What a rule would give, perhaps with other `weights` by part; `frame` None is the programme's of the year.

    Raises: UnknownRuleError, RuleNotInForceError, FrameNeededError, FieldError for weights, and as `rules.divide`.
    """
    demand(scope, Permission.ALLOCATIONS_SIMULATE)
    rule = await find_rule(scope, rule_text, year=year)
    definition = changed(rule.definition, weights or {})
    frame = frame_of(programme, year, frame)
    inputs = await read_inputs(
        scope, programme, year=year, definition=definition, eligible_on=eligible_on or day_of(year)
    )
    return Run(rule, inputs, work_out(rule, inputs, frame=frame, definition=definition))


def changed(definition: Definition, weights: Mapping[str, Fraction]) -> Definition:
    """A rule with other weights. Raises: FieldError."""
    unknown = sorted(weights.keys() - definition.weights.keys())
    if unknown:
        raise RuleError(
            field="weights",
            message=N_("The rule has no part %(part)s. Its parts are: %(parts)s."),
            part=unknown[0][:40],
            parts=", ".join(definition.weights),
        )
    given = definition.weights | dict(weights)
    total = sum(given.values())
    if total != 100:
        raise RuleError(
            field="weights",
            message=N_("The weights sum to %(total)s, not to 100. Change one of them."),
            total=write_exact(Fraction(total)).replace(".", ","),
        )
    if given == definition.weights:
        return definition
    try:
        return definition.with_weights(given)
    except ValidationError as error:
        raise RuleError(field="weights", message=str(error.errors()[0]["msg"])) from None


def read_weights(text: str) -> dict[str, Fraction]:
    """Read `base=75,volume=25`, or with `;` between them where a comma is a decimal one. Raises: FieldError."""
    weights: dict[str, Fraction] = {}
    for pair in filter(None, text.split(";" if ";" in text else ",")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise FieldError(
                field="weights", message=N_("Write weights as part=percent, for example base=75;volume=25.")
            )
        try:
            weights[name.strip()] = read_exact(value)
        except ValueError as error:
            raise FieldError(field="weights", message=str(error)) from None
    return weights


def wire(result: Result) -> dict[str, Any]:
    """A result as JSON tells it: amounts as texts with two decimals, weights as numbers."""
    told = result.model_dump(mode="json")
    for part, said in zip(result.parts, told["parts"], strict=True):
        _tell_money(said, part.unit, {"basis": part.basis})
    for share, said in zip(result.shares, told["shares"], strict=True):
        percent = share.change_percent
        said |= {"change": share.change.wire, "change_percent": percent.wire if percent is not None else None}
        for line, piece in zip(share.parts, said["parts"], strict=True):
            _tell_money(
                piece,
                line.unit,
                {"basis": line.basis, "total_basis": line.total_basis, "divided_basis": line.divided_basis},
            )
    for out, said in zip(result.left_out, told["left_out"], strict=True):
        said["text"] = out.text
        del said["party_id"]
    told["rule"]["definition"]["parts"] = [
        part | {"weight": write_number(one.weight)}
        for one, part in zip(result.rule.definition.parts, told["rule"]["definition"]["parts"], strict=True)
    ]
    return told


def _tell_money(said: dict[str, Any], unit: str, values: Mapping[str, Fraction]) -> None:
    """A basis of money is told with two decimals, unless a mean has more."""
    if unit == "SEK":
        said |= {name: Money(int(value * 100)).wire for name, value in values.items() if (value * 100).denominator == 1}
