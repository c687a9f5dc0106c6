"""The route table as the tests see it, and real records to put into its addresses."""

from dataclasses import dataclass
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from registry.core.access import PERMISSIONS, Permission, Role

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Handler:
    """One method of one address. `module` is where its code stands."""

    method: str
    path: str
    permission: Permission | None
    parameters: tuple[str, ...]
    module: str
    opt: dict[str, Any]

    @property
    def is_api(self) -> bool:
        """Whether it answers in JSON."""
        return self.path.startswith("/api/")

    @property
    def is_ours(self) -> bool:
        """Whether the registry wrote it; Litestar adds its own for OpenAPI."""
        return self.module.startswith("registry.")

    @property
    def roles(self) -> list[str]:
        """Who may use it, as the snapshot tells."""
        if self.permission is Permission.PUBLIC:
            return ["everyone"]
        return [role.value for role in Role if self.permission in PERMISSIONS[role]] or ["nobody"]


def handlers(app: Litestar) -> list[Handler]:
    """Every handler but the answers to OPTIONS, by address."""
    found = [
        Handler(
            method=method,
            path=route.path_format,
            permission=handler.opt.get("permission"),
            parameters=tuple(part.name for part in route.path_components if not isinstance(part, str)),
            module=str(handler.fn.__module__),
            opt=handler.opt,
        )
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method in METHODS
    ]
    return sorted(found, key=lambda handler: (handler.path, handler.method))
