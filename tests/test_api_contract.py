"""The API does what its description says: Schemathesis finds no contradiction, no 5xx and no open door."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.server import Server

SCHEMATHESIS = str(Path(sys.executable).parent / "schemathesis")
FULL = os.environ.get("PROVE") == "full"
PEOPLE = ("karin.kommun@example.se", "revisor@example.se")
"""An officer and an auditor of the demo."""


def examine(server: Server, email: str, examples: int, folder: Path) -> None:
    """Run all of Schemathesis' checks as one user."""
    token = server.run("users", "token", "--email", email)
    assert token.returncode == 0, token.stderr
    done = subprocess.run(
        [
            SCHEMATHESIS, "run", f"{server.url}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {token.stdout.strip()}",
            "--checks", "all", "--max-examples", str(examples), "--generation-deterministic",
            "--request-timeout", "60", "--warnings", "off", "--no-color", "--suppress-health-check", "all",
            "--report", "junit", "--report-dir", str(folder),
        ],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


@pytest.mark.parametrize("email", PEOPLE)
async def test_the_api_keeps_its_word(demo: Server, tmp_path: Path, email: str) -> None:
    examine(demo, email, 8, tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("email", [*PEOPLE, "abf@example.se"])
async def test_the_api_keeps_its_word_in_five_hundred_cases_each(demo: Server, tmp_path: Path, email: str) -> None:
    examine(demo, email, 500 if FULL else 8, tmp_path)


async def test_the_description_is_served_to_anybody(demo: Server) -> None:
    async with httpx.AsyncClient(base_url=demo.url) as client:
        described = (await client.get("/api/v1/openapi.json")).json()
        assert described["openapi"].startswith("3.")
        assert described["components"]["securitySchemes"]["token"] == {
            "type": "http", "scheme": "bearer", "description": "registry users token",
        }  # fmt: skip
        health = (await client.get("/api/v1/health")).json()
        assert health["status"] == "ok"
        assert len(health["chain_hash"]) == 64
