"""What the address of a simulation asks: everything stands in it, so that it can be passed on and answered again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from registry import trail
from registry.allocations.rule_queries import find_rule
from registry.allocations.simulation import Run, find_allocated, simulate
from registry.core.access import Scope
from registry.core.errors import N_, FieldError, InvalidInputError, RegistryError
from registry.core.exact import read_exact
from registry.core.money import Money
from registry.core.periods import FIRST_YEAR, LAST_YEAR
from registry.programmes.queries import list_programmes
from registry.programmes.schemas import Programme, ProgrammeKind
from registry.texts import _
from registry.web.forms import Form
from registry.web.pages import with_query

FIRST, SECOND = "w_", "v_"
"""How the parameters of weights begin, of the first run and of the one beside it."""

WEIGHTS_OF = "weights_of"
"""The parameter that says which rule the weights of the second run were written for."""

NAMES = ("programme", "year", "frame", "rule", "decided_on", "beside")


@dataclass(slots=True)
class Asked:
    """A simulation's question. `weights` and `beside_weights` are by part; `beside` is the rule of a second run."""

    form: Form
    programmes: list[Programme]
    programme: Programme | None = None
    year: int | None = None
    frame: Money | None = None
    rule: str = ""
    day: date | None = None
    weights: dict[str, Fraction] = field(default_factory=dict)
    beside: str = ""
    beside_weights: dict[str, Fraction] = field(default_factory=dict)

    def can_run(self, *, beside: bool = False) -> bool:
        """Whether there is enough to answer; what is wrong with a run beside doesn't stop the first."""
        wrong = [name for name in self.form.errors if beside or not (name == "beside" or name.startswith(SECOND))]
        return bool(self.rule and self.year) and not wrong

    @property
    def query(self) -> dict[str, str]:
        """The parameters in force."""
        kept = {name: self.form.get(name) for name in NAMES if self.form.get(name)}
        weights = {name: text for name, text in self.form.values.items() if name.startswith((FIRST, SECOND)) and text}
        return kept | {name: weights[name] for name in sorted(weights)}

    def refusal(self) -> RegistryError:
        """Why there is no answer, as an error of the whole request."""
        errors: list[tuple[str, RegistryError]] = [
            (name, FieldError(field=name, message=message))
            for name, messages in self.form.errors.items()
            for message in messages
        ]
        nothing = FieldError(field="rule", message=N_("Choose a rule and a year."))
        return InvalidInputError(errors) if errors else nothing

    def address(self, path: str, **changes: str | None) -> str:
        """The address of the same question, or of one a little different."""
        return with_query(path, self.query, **changes)


async def read_question(scope: Scope, query: Mapping[str, str]) -> Asked:
    """Read an address; what can't be read stands as an error at its field."""
    allocated = [one for one in await list_programmes(scope) if one.kind is ProgrammeKind.STUDY_ASSOCIATIONS]
    values = {name: text for name, text in query.items() if name in NAMES or name.startswith((FIRST, SECOND))}
    asked = Asked(Form(dict(values)), allocated)
    form = asked.form
    if not query:
        _suggest(scope, asked)
    if form.get("programme"):
        try:
            asked.programme = await find_allocated(scope, form.get("programme"))
        except RegistryError as error:
            form.add(error)
    asked.year = form.integer("year", low=FIRST_YEAR, high=LAST_YEAR, required=bool(query))
    asked.frame = form.money("frame", required=False)
    asked.day = form.date("decided_on", required=False)
    asked.rule, asked.beside = form.get("rule"), form.get("beside")
    asked.weights = _weights(form, FIRST)
    _drop_others_weights(asked, query.get(WEIGHTS_OF, ""))
    asked.beside_weights = _weights(form, SECOND)
    return asked


def _suggest(scope: Scope, asked: Asked) -> None:
    """Begin with the reader's own programme and the first year from now on whose frame is still to be divided."""
    own = [one for one in asked.programmes if one.funder_id == scope.funder_id] or asked.programmes
    for programme in own[:1]:
        this_year = trail.today().year
        frames = [frame for frame in programme.frames if frame.year >= this_year and frame.left_ore > 0]
        whole = [frame for frame in frames if frame.left_ore == frame.amount_ore]
        years = sorted(frame.year for frame in whole or frames)
        asked.form.values["programme"] = f"{programme.funder_org_number}:{programme.code}"
        asked.form.values["year"] = str(years[0] if years else this_year + 1)


def _drop_others_weights(asked: Asked, weights_of: str) -> None:
    """Another rule beside begins with its own weights: those in the form are of the rule that was there before."""
    if weights_of and weights_of != (asked.beside or asked.rule):
        for name in [name for name in asked.form.values if name.startswith(SECOND)]:
            del asked.form.values[name]


def _weights(form: Form, prefix: str) -> dict[str, Fraction]:
    weights = {}
    for name, text in form.values.items():
        if name.startswith(prefix) and text:
            try:
                weights[name.removeprefix(prefix)] = read_exact(text)
            except ValueError as error:
                form.refuse(name, _(str(error)))
    return weights


async def answer(scope: Scope, asked: Asked) -> tuple[Run | None, Run | None]:
    """The run and the one beside it; what is refused stands as an error of the form."""
    first = await _run(scope, asked, asked.rule, asked.weights, "")
    if first is None or not (asked.beside or asked.beside_weights):
        return first, None
    return first, await _run(scope, asked, asked.beside or asked.rule, asked.beside_weights, "beside")


async def _run(scope: Scope, asked: Asked, rule: str, weights: dict[str, Fraction], field_name: str) -> Run | None:
    if not asked.can_run(beside=bool(field_name)) or asked.year is None:
        return None
    try:
        known = (await find_rule(scope, rule, year=asked.year)).definition.weights
        # A rule chosen anew leaves the weights of the one before it in the address.
        kept = {code: weight for code, weight in weights.items() if code in known}
        return await simulate(
            scope,
            rule,
            year=asked.year,
            frame=asked.frame,
            programme=asked.programme,
            weights=kept,
            eligible_on=asked.day,
        )
    except RegistryError as error:
        if field_name and error.field in ("rule", "weights"):
            error.field = field_name
        asked.form.add(error)
    return None
