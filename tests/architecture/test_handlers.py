"""House rules of handlers and of the API's description."""

import json
from typing import Any

from litestar import Litestar

from registry.core.access import Permission
from registry.web.openapi import describe_api
from tests.snapshot import compare
from tests.web.routes import handlers

PUBLIC = {
    "GET /login", "POST /login", "POST /language", "GET /static/{name}", "GET /static/fonts/{name}",
    "GET /api/v1/health", "GET /api/v1/openapi.json", "GET /verify", "GET /verify/{code}", "POST /verify",
    "GET /reminders/{feed}",
}  # fmt: skip
"""What anybody may open. A new public route has to be named here."""


async def test_every_handler_says_its_permission(app: Litestar) -> None:
    without = [
        f"{one.method} {one.path}"
        for one in handlers(app)
        if one.is_ours and not isinstance(one.permission, Permission)
    ]
    assert not without, without


async def test_public_handlers_are_known(app: Litestar) -> None:
    public = {f"{one.method} {one.path}" for one in handlers(app) if one.permission is Permission.PUBLIC}
    assert public <= PUBLIC, public - PUBLIC


async def test_reading_methods_have_reading_permissions(app: Litestar) -> None:
    """A POST that asks for no more than a view would let an auditor write."""
    views = {f"{one.method} {one.path}" for one in handlers(app) if one.method != "GET" and one.is_ours
             and str(one.permission).endswith(":view")}  # fmt: skip
    assert views <= VIEWING_POSTS, views - VIEWING_POSTS


VIEWING_POSTS = {
    "POST /reminders/feed",
    "POST /reminders/feed/revoke",
    "POST /logout",
    "POST /api/v1/fees/check",
    "POST /audit/verify",
    "POST /statements/{number}/{year}/issue",
    "POST /statements/{number}/{year}.pdf",
}
"""Posts that change nothing of the registry's money: they end a session, compute, issue what anyone may read, or keep
one's own calendar address."""


def operations(app: Litestar) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of the API's description."""
    described = describe_api(json.loads(json.dumps(app.openapi_schema.to_schema(), default=str)))
    return [
        (method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    ]


async def test_every_body_is_described_in_pydantics_words(app: Litestar) -> None:
    described = describe_api(json.loads(json.dumps(app.openapi_schema.to_schema(), default=str)))
    names = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for _method, _path, operation in operations(app)
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(set(names)) > 15
    loose = [
        name for name in names if described["components"]["schemas"][name].get("additionalProperties") is not False
    ]
    assert not loose, f"bodies of the same name in two modules? {loose}"


async def test_every_operation_is_named_and_summed_up(app: Litestar) -> None:
    found = operations(app)
    assert len(found) > 10
    wrong = [f"{method} {path}" for method, path, one in found
             if not (one.get("operationId") and one.get("summary") and one.get("tags"))]  # fmt: skip
    assert not wrong, wrong
    ids = [one["operationId"] for _method, _path, one in found]
    assert len(set(ids)) == len(ids), "two operations share an id"


async def test_every_guarded_operation_tells_its_refusals(app: Litestar) -> None:
    public = {one.path for one in handlers(app) if one.permission is Permission.PUBLIC}
    wrong = [f"{method} {path}" for method, path, one in operations(app)
             if path not in public and not {"401", "403"} <= {str(code) for code in one["responses"]}]  # fmt: skip
    assert not wrong, wrong


async def test_the_api_is_as_it_was(app: Litestar) -> None:
    """An operation, parameter or answer that comes or goes shows in the snapshot."""
    lines = []
    for method, path, one in sorted(operations(app), key=lambda item: (item[1], item[0])):
        lines.append(f"{method} {path}  {one['operationId']}: {one['summary']}")
        for parameter in one.get("parameters", []):
            needed = "required" if parameter.get("required") else "optional"
            lines.append(f"    {parameter['in']} {parameter['name']} ({needed})")
        lines.append(f"    answers {' '.join(sorted(str(code) for code in one['responses']))}")
    compare("openapi.txt", "\n".join(lines) + "\n")
