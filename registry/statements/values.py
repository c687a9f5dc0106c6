"""What every value of a statement is: frozen, complete, readable years later. Knows no figures of its own."""

from typing import Any, Self, cast

from pydantic import BaseModel, ConfigDict, Field

SHAPE = 2
"""Which fields figures may have: 1 was the first release's; each field that came later says since when."""


def later(default: Any, *, since: int) -> Any:
    """A field that figures got in a later shape; left out of their JSON while it says nothing."""
    return Field(default=default, exclude_if=lambda value: value == default, json_schema_extra={"since": since})


class Figures(BaseModel):
    """A frozen value that refuses what it doesn't know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def wire(self) -> dict[str, Any]:
        """As JSON for other systems: amounts are kronor there, so that names lose their unit."""
        return cast("dict[str, Any]", _without_unit(self.model_dump(mode="json")))

    def in_shape(self, shape: int) -> Self:
        """The same without what an earlier shape had no notion of."""
        changed: dict[str, object] = {}
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and int(str(extra["since"])) > shape:
                changed[name] = field.default
            else:
                changed[name] = _in_shape(getattr(self, name), shape)
        return self.model_copy(update=changed)


def _in_shape(value: object, shape: int) -> object:
    if isinstance(value, tuple):
        return tuple(_in_shape(part, shape) for part in value)
    return value.in_shape(shape) if isinstance(value, Figures) else value


def _without_unit(value: object) -> object:
    if isinstance(value, dict):
        return {name.removesuffix("_ore"): _without_unit(part) for name, part in value.items()}
    return [_without_unit(part) for part in value] if isinstance(value, list) else value
