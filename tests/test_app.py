"""The application put together: its static files, health, and what is there from the start."""

from registry import __version__
from registry.app import STATIC
from registry.database import fetch_value
from registry.server import seed
from registry.trail import read_anchor
from tests.conftest import Clients


async def test_health_tells_where_the_chain_stands(clients: Clients) -> None:
    answer = (await (await clients.open()).get("/api/v1/health")).json()
    anchor = await read_anchor()
    assert answer == {
        "status": "ok", "version": __version__, "database": await fetch_value("SHOW server_version"),
        "migrations": await fetch_value("SELECT count(*) FROM migration"),
        "chain_seq": anchor.seq, "chain_hash": anchor.hash.hex(),
    }  # fmt: skip


async def test_health_without_a_database_is_a_503(clients: Clients, monkeypatch: object) -> None:
    """Monitoring must not take a registry without its database for well."""
    from registry import app, database

    client = await clients.open()

    async def gone() -> None:
        raise database.DatabaseUnavailableError("no connection")

    monkeypatch.setattr(app.trail, "read_anchor", gone)  # type: ignore[attr-defined]
    answer = await client.get("/api/v1/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == 503


async def test_every_static_file_is_served_with_its_type(clients: Clients) -> None:
    client = await clients.open()
    for path in STATIC.iterdir():
        answer = await client.get(f"/static/{path.name}")
        assert answer.status_code == 200, path.name
        assert answer.content == path.read_bytes()
        assert "max-age" in answer.headers["cache-control"]
    assert (await client.get("/static/fonts/SourceSansPro-Regular.ttf")).headers["content-type"].startswith("font/ttf")


async def test_no_address_leads_out_of_the_static_folder(clients: Clients) -> None:
    client = await clients.open()
    for name in ("..%2Fapp.py", "%2e%2e/app.py", "....//app.py", "fonts/..%2F..%2Fapp.py", "registry.py", "%00"):
        assert (await client.get(f"/static/{name}")).status_code == 404, name


async def test_what_every_registry_holds_is_seeded_once(db: None) -> None:
    before = await read_anchor()
    await seed()
    assert await read_anchor() == before
    assert await fetch_value("SELECT count(*) FROM priority_area") == 11


async def test_the_openapi_document_and_the_pages_share_no_route(clients: Clients) -> None:
    document = (await (await clients.open()).get("/api/v1/openapi.json")).json()
    assert all(path.startswith("/api/v1/") for path in document["paths"])
