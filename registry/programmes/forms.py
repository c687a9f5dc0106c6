"""The forms of programmes: what is typed becomes details, and details fill a form."""

from registry.agreements.queries import list_areas
from registry.core.access import Scope
from registry.core.money import Money
from registry.programmes.rules import CODE_MESSAGE, is_code
from registry.programmes.schemas import Frame, Programme, ProgrammeDetails, ProgrammeKind
from registry.texts import _
from registry.web.forms import Form


def amount_text(frame: Frame | None) -> str:
    """A frame's amount as a person would write it."""
    return Money(frame.amount_ore).wire.replace(".", ",").removesuffix(",00") if frame else ""


async def read_details(who: Scope, form: Form) -> ProgrammeDetails | None:
    """What was typed, or None with the messages added."""
    areas = {str(area.id): area.id for area in await list_areas(who)}
    kind = form.choice("kind", {kind.value: kind for kind in ProgrammeKind})
    area = form.choice("area", areas, required=False)
    code = form.text("code", required=True, most=30)
    title = form.text("title", required=True)
    account = form.text("account", most=30)
    if code and not is_code(code):
        form.refuse("code", _(CODE_MESSAGE))
    if kind is None:
        return None
    return form.build(
        ProgrammeDetails,
        code=code,
        title=title,
        kind=ProgrammeKind(kind),
        area_id=areas[area] if area else None,
        inside_ksm=form.checked("inside_ksm"),
        account=account,
    )


def filled(programme: Programme) -> Form:
    """A form with a programme's particulars."""
    return Form(
        {
            "code": programme.code,
            "title": programme.title,
            "kind": programme.kind.value,
            "area": str(programme.area_id or ""),
            "inside_ksm": "1" if programme.inside_ksm else "",
            "account": programme.account,
        }
    )
