"""Reading the form of a claim: the ground is one choice among the decision's conditions and what needs none."""

from registry.grants.schemas import Grant
from registry.recoveries.rules import condition_lines
from registry.recoveries.schemas import GROUND_TITLES, ClaimDetails, Ground
from registry.texts import _
from registry.web.forms import Form

_CONDITION = "condition-"


def ground_options(grant: Grant) -> list[tuple[str, str]]:
    """What a claim on a grant may rest on."""
    lines = condition_lines(grant.conditions)
    conditions = [(f"{_CONDITION}{place}", _("Condition: %s") % line) for place, line in enumerate(lines, start=1)]
    return conditions + [
        (ground.value, _(GROUND_TITLES[ground])) for ground in (Ground.FALSE_FACTS, Ground.WRONG_PAYMENT)
    ]


def read_claim(form: Form, grant: Grant) -> ClaimDetails | None:
    """The claim that the form holds, or None with the messages added."""
    chosen = form.choice("ground", dict(ground_options(grant)))
    amount, decided_on, due_on = form.money("amount"), form.date("decided_on"), form.date("due_on")
    texts = {
        "decider": form.text("decider", required=True),
        "dnr": form.text("dnr", required=True, most=60),
        "reason": form.text("reason", required=True, most=2000),
    }
    if form.errors or chosen is None:
        return None
    condition = ""
    if chosen.startswith(_CONDITION):
        condition = condition_lines(grant.conditions)[int(chosen.removeprefix(_CONDITION)) - 1]
    return form.build(
        ClaimDetails,
        amount_ore=amount,
        ground=Ground.CONDITION if condition else Ground(chosen),
        condition=condition,
        decided_on=decided_on,
        due_on=due_on,
        **texts,
    )
