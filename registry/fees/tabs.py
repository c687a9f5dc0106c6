"""The tabs that the pages of fees share."""

from typing import Any

from registry.texts import _

PATH = "/fees"


def tabs(current: str) -> list[dict[str, Any]]:
    """Engagements, levels and the yearly follow-up, with the one at hand marked."""
    places = (
        ("engagements", _("Engagements"), PATH),
        ("schedules", _("Fee levels"), f"{PATH}/schedules"),
        ("followup", _("Yearly follow-up"), f"{PATH}/followup"),
    )
    return [{"label": label, "href": href, "current": name == current} for name, label, href in places]
