"""The figures as the API describes them, made of the same models; amounts are kronor there, and names lose the unit."""

from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, create_model

from registry.statements.values import Figures

UNIT = "_ore"


@cache
def wire_model(model: type[Figures]) -> type[BaseModel]:
    """The model of `Figures.wire()` of a model, for reading it and for OpenAPI: lists for tuples, everything named."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        told = _told(field.annotation)
        fields[name.removesuffix(UNIT)] = (told, ...) if field.is_required() else (told, _default(field.default))
    return create_model(_name(model), __config__=ConfigDict(frozen=True, extra="forbid"), __doc__=_doc(model), **fields)


def _name(model: type[Figures]) -> str:
    return model.__name__ if model.__name__.startswith("Statement") else f"Statement{model.__name__}"


def _doc(model: type[Figures]) -> str:
    return (model.__doc__ or "").replace(UNIT, "")


def _default(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _told(annotation: Any) -> Any:
    """A field's type on the wire."""
    if isinstance(annotation, type) and issubclass(annotation, Figures):
        return wire_model(annotation)
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return list[_told(inner[0])]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(_told(each) for each in inner)]  # noqa: UP007 - made of a list of types
    return annotation
