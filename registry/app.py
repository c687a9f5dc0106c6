"""The application: every slice's pages and API behind one guard, one error table and one set of headers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from registry import __version__, trail
from registry.activity import api as activity_api
from registry.activity import pages as activity
from registry.agreements import api as agreements_api
from registry.agreements import pages as agreements
from registry.allocations import api as allocations_api
from registry.allocations import pages as allocations
from registry.audit import api as audit_api
from registry.audit import pages as audit
from registry.closing import api as closing_api
from registry.closing import pages as closing
from registry.core.access import Permission
from registry.core.errors import RegistryError
from registry.core.money import Money
from registry.database import connect, disconnect, fetch_value
from registry.documents import rendering
from registry.fees import api as fees_api
from registry.fees import pages as fees
from registry.followup import api as followup_api
from registry.followup import pages as followup
from registry.funders import pages as funders
from registry.grants import api as grants_api
from registry.grants import pages as grants
from registry.home import pages as home
from registry.initiatives import api as initiatives_api
from registry.initiatives import pages as initiatives
from registry.parties import api as parties_api
from registry.parties import pages as parties
from registry.payments import api as payments_api
from registry.payments import pages as payments
from registry.programmes import pages as programmes
from registry.recoveries import api as recoveries_api
from registry.recoveries import pages as recoveries
from registry.reminders import api as reminders_api
from registry.reminders import pages as reminders
from registry.reports import api as reports_api
from registry.reports import pages as reports
from registry.statements import api as statements_api
from registry.statements import pages as statements
from registry.statements.batch_keeper import start_keeping, stop_keeping
from registry.statements.service import start_rendering
from registry.summaries import api as summaries_api
from registry.summaries import pages as summaries
from registry.users import pages as users
from registry.web.access import Authentication, guard, open_request, provide_who
from registry.web.openapi import MoneySchema, describe_api, problems
from registry.web.problems import problem

SLICES = (
    home, users, parties, funders, agreements, programmes, activity, fees, grants, allocations, reports, recoveries,
    payments, initiatives, statements, summaries, audit, followup, closing, reminders,
)  # fmt: skip
APIS = (
    parties_api, agreements_api, activity_api, fees_api, grants_api, allocations_api, reports_api, recoveries_api,
    payments_api, initiatives_api, statements_api, summaries_api, audit_api, followup_api, closing_api,
    reminders_api,
)  # fmt: skip
STATIC = Path(__file__).parent / "web" / "static"
FONT_PACKAGES = {"SourceSansPro": "font_source_sans_pro", "SourceSerifPro": "font_source_serif_pro"}
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
MAX_BODY_BYTES = 1_000_000

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


@get("/static/{name:str}", permission=Permission.PUBLIC, sync_to_thread=False)
def static_file(name: str) -> Response[bytes]:
    """Style sheet, scripts and icons."""
    return _asset(STATIC / name, name)


@get("/static/fonts/{name:str}", permission=Permission.PUBLIC, sync_to_thread=False)
def font_file(name: str) -> Response[bytes]:
    """The typefaces, out of their packages."""
    package = FONT_PACKAGES.get(name.split("-", maxsplit=1)[0])
    if package is None:
        raise NotFoundException
    return _asset(Path(str(files(package))) / "files" / name, name)


def _asset(path: Path, name: str) -> Response[bytes]:
    media_type = MEDIA_TYPES.get(path.suffix)
    if media_type is None or "/" in name or "\x00" in name or not path.is_file():
        raise NotFoundException
    return Response(path.read_bytes(), media_type=media_type, headers={"Cache-Control": "public, max-age=31536000"})


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the registry can do its work: the database answers, the schema is whole, and where the chain stands."""

    status: str
    version: str
    database: str
    migrations: int
    chain_seq: int
    chain_hash: str


@get(
    "/api/v1/health",
    permission=Permission.PUBLIC,
    operation_id="getHealth",
    summary="Database, migrations and the chain's head",
    tags=["health"],
    security=[{}],
    responses={503: problems(503)[503]},
)
async def health() -> Health:
    """Answer for monitoring; no log-in."""
    anchor = await trail.read_anchor()
    return Health(
        status="ok",
        version=__version__,
        database=await fetch_value("SHOW server_version"),
        migrations=await fetch_value("SELECT count(*) FROM migration"),
        chain_seq=anchor.seq,
        chain_hash=anchor.hash.hex(),
    )


@get(
    "/api/v1/openapi.json",
    permission=Permission.PUBLIC,
    include_in_schema=False,
    sync_to_thread=False,
)
def openapi(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """The API's description."""
    return Response(describe_api(request.app.openapi_schema.to_schema()), media_type=MediaType.JSON)


async def _finish(message: Message, scope: Scope) -> None:
    """Set the headers that every answer carries, refusals too."""
    del scope
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


def create_app(
    dsn: str, *, secret: str, base_url: str = "http://127.0.0.1:8000", demo: bool = False, pool_size: int = 16
) -> Litestar:
    """Make the application over a migrated database. `demo` shows the ribbon and the hint at the log-in."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        await connect(dsn, pool_size=pool_size)
        start_rendering()
        start_keeping(base_url)
        try:
            yield
        finally:
            await stop_keeping()
            await asyncio.to_thread(rendering.stop)
            await disconnect()

    pages = Router(
        path="/", route_handlers=[page for slice_ in SLICES for page in slice_.PAGES], include_in_schema=False
    )
    static = Router(path="/", route_handlers=[static_file, font_file], include_in_schema=False)
    return Litestar(
        route_handlers=[pages, static, health, openapi, *(route for api in APIS for route in api.API)],
        lifespan=[lifespan],
        guards=[guard],
        before_request=open_request,
        before_send=[_finish],
        middleware=[DefineMiddleware(Authentication)],
        dependencies={"who": Provide(provide_who, sync_to_thread=False)},
        exception_handlers={RegistryError: problem, HTTPException: problem, Exception: problem},
        request_max_body_size=MAX_BODY_BYTES,
        plugins=[MoneySchema()],
        type_encoders={Money: lambda amount: amount.wire},
        state=State({"secret": secret, "secure": base_url.startswith("https://"), "demo": demo, "base_url": base_url}),
        openapi_config=OpenAPIConfig(
            title="Grant Registry",
            version=__version__,
            description="Decisions, payments, statements and summaries of a region's and a kommun's grants.",
            render_plugins=[JsonRenderPlugin()],
            path="/api/v1/schema",
            components=Components(
                security_schemes={
                    "token": SecurityScheme(type="http", scheme="bearer", description="registry users token")
                }
            ),
            security=[{"token": []}],
        ),
    )
