"""What OpenAPI says of our own values and of every refusal."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from pydantic import BaseModel, ConfigDict

from registry.core.money import Money
from registry.web.api import Body

MEANINGS = {
    400: "A field, parameter or header is wrong; `errors` names each.",
    401: "No valid token or session.",
    403: "The role does not allow it, or it is another funder's.",
    404: "There is no such record, or the user may not see it.",
    409: "It conflicts with what is registered; `code` says how.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The idempotency key has been used for another body.",
    503: "The database is not available; nothing was written unless a retry says so.",
}


class ProblemField(BaseModel):
    """One wrong field and what to do about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    message: str


class Problem(BaseModel):
    """An error as `application/problem+json` (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField]


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The refusals of a handler; 401 and 403 are always among them."""
    return {
        status: ResponseSpec(
            data_container=Problem,
            description=MEANINGS[status],
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status in sorted({401, 403, *statuses})
    }


class MoneySchema(OpenAPISchemaPlugin):
    """Say that an amount is a string with two decimals."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Money and what is made of it."""
        return isinstance(value, type) and issubclass(value, Money)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The schema of the annotated type."""
        del schema_creator
        return Schema(
            type=OpenAPIType.STRING,
            pattern=field_definition.annotation.pattern,
            title="Amount in kronor",
            examples=["12500.00"],
        )


IDEMPOTENCY_KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}


def describe_api(schema: dict[str, Any]) -> dict[str, Any]:
    """Put pydantic's own words for our bodies into a schema: Litestar drops patterns, bounds and what is forbidden."""
    components = schema["components"]["schemas"]
    found = [(_name_among(components, body), body) for body in _bodies(Body)]
    for name, body in found:
        if name is not None:
            described = body.model_json_schema(ref_template="#/components/schemas/{model}")
            components.update(described.pop("$defs", {}))
            components[name] = described
    for operations in schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "Idempotency-Key":
                    parameter.update(required=True, schema=IDEMPOTENCY_KEY)
    return schema


def _name_among(components: dict[str, Any], body: type[Body]) -> str | None:
    """What Litestar calls a body: its name, with as much of its module before it as tells it from others."""
    whole = f"{body.__module__}.{body.__name__}".replace(".", "_")
    return next((name for name in components if whole.endswith(f"_{name}")), None)


def _bodies(base: type[Body]) -> list[type[Body]]:
    return [one for child in base.__subclasses__() for one in (child, *_bodies(child))]
