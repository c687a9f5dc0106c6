"""The command line: what its help says, how it ends, and an import from file to summary by the real command."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from registry.cli import GROUPS, main
from registry.settings import PROJECT
from tests.server import COMMAND, SECRET, make_database
from tests.snapshot import compare

FALUN = PROJECT / "registry" / "demo" / "falun-2023"


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words, the groups too."""
    yield path, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, name
            yield from commands(command, (*path, name))


def test_every_slice_with_commands_has_its_group() -> None:
    assert {path.parent.name for path in (PROJECT / "registry").glob("*/commands.py")} == set(GROUPS)


def test_a_command_waits_for_no_other() -> None:
    """The web and the engine that sets type take longer to import than most commands to run."""
    seen = "import sys; print(*{name.split('.')[0] for name in sys.modules} & {'litestar', 'weasyprint', 'uvicorn'})"
    run = f"from registry.cli import GROUPS, main; main(['audit', 'verify', '--help'], standalone_mode=False); {seen}"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_help_is_as_it_was() -> None:
    """A command or option that comes or goes shows in the snapshot."""
    runner, parts = CliRunner(), []
    for path, _command in commands(main):
        done = runner.invoke(main, [*path, "--help"], prog_name="registry", terminal_width=100, env={"COLUMNS": "100"})
        assert done.exit_code == 0, done.output
        parts.append(f"$ {' '.join(('registry', *path, '--help'))}\n{done.output}")
    compare("cli.txt", "\n".join(parts))


@pytest.mark.parametrize("path", [path for path, _command in commands(main)], ids=" ".join)
def test_every_command_and_option_says_what_it_does(path: tuple[str, ...]) -> None:
    command = dict(commands(main))[path]
    assert (command.help or "").strip().endswith((".", ")")), path
    without = [
        option.name
        for option in command.params
        if isinstance(option, click.Option) and not option.help and option.name not in SPEAKING
    ]
    assert not without, f"{' '.join(path)}: {without}"


SPEAKING = {"host", "port", "workers", "role", "language", "version", "help"}
"""Options whose name and choices say it all."""


WRONG_USAGE = (
    "nothing", "serve --port x", "payments import", "users create", "summaries export --format doc", "--nothing",
)  # fmt: skip


@pytest.mark.parametrize("words", WRONG_USAGE)
def test_wrong_usage_ends_with_2(words: str) -> None:
    assert CliRunner().invoke(main, words.split()).exit_code == 2


def run(*words: str, environment: dict[str, str], input_text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    return subprocess.run(
        [COMMAND, *words],
        env={**os.environ, **environment},
        input=input_text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_settings_that_can_not_be_used_are_refused_in_one_line(tmp_path: Path) -> None:
    for environment, mark in (
        ({"REGISTRY_DATA_DIR": str(tmp_path / "d"), "REGISTRY_SECRET": ""}, "REGISTRY_SECRET"),
        ({"REGISTRY_DATA_DIR": str(tmp_path / "d"), "REGISTRY_SECRET": "short"}, "REGISTRY_SECRET"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REGISTRY_SECRET": SECRET}, "database"),
    ):
        done = run("serve", "--port", "1", environment=environment)
        assert done.returncode == 1, done.stderr
        assert mark in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr


async def test_falun_2023_from_files_to_summary(connected: str, tmp_path: Path) -> None:
    """The kommun's real year: imported whole, summed up, stated, refused a krona more, and the same file again."""
    environment = {"DATABASE_URL": await make_database(connected, "registry_cli"), "REGISTRY_SECRET": SECRET}

    def registry(*words: str, status: int = 0, input_text: str = "") -> subprocess.CompletedProcess[str]:
        done = run(*words, environment=environment, input_text=input_text)
        assert done.returncode == status, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    registry("migrate")
    for kind in ("parties", "programmes", "grants"):
        registry(kind, "import", str(FALUN / f"{kind}.csv"))
    registry("payments", "import", "--dry-run", str(FALUN / "payments.csv"))
    registry("payments", "import", str(FALUN / "payments.csv"))
    summary = registry(
        "summaries", "export", "--year", "2023", "--by", "funder", "--format", "csv", "--output", "-"
    ).stdout
    assert "1991000" in summary.replace("\u00a0", "").replace(" ", "").replace(",00", "").replace(".00", ""), summary
    head = registry("audit", "verify").stdout
    registry("payments", "import", str(FALUN / "payments.csv"))
    assert re.findall(r"\d+:[0-9a-f]{64}", registry("audit", "verify").stdout) == re.findall(r"\d+:[0-9a-f]{64}", head)
    more = tmp_path / "more.csv"
    first = (FALUN / "payments.csv").read_text(encoding="utf-8-sig").splitlines()
    row = first[1].split(";")
    row[0], row[4], row[5], row[6] = "ONE-MORE", "0.01", "2023-12-01", "FK-ONE-MORE"
    more.write_text("\n".join((first[0], ";".join(row))) + "\n", encoding="utf-8")
    refused = registry("payments", "import", str(more), status=1)
    assert f"{more}:2:amount: " in refused.stderr
    registry("users", "create", "--email", "a@example.se", "--name", "A", "--role", "auditor", "--password-stdin",
             input_text="a long enough password\n")  # fmt: skip
    token = registry("users", "token", "--email", "a@example.se").stdout.strip()
    assert token.startswith("rgt_")
    registry("users", "token", "--email", "nobody@example.se", status=1)
    export = tmp_path / "trail.jsonl"
    registry("audit", "export", str(export))
    verifier = str(PROJECT / "registry" / "audit" / "verify_export.py")
    alone = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-I", verifier, str(export)], capture_output=True, text=True, check=False
    )
    assert alone.returncode == 0, alone.stdout + alone.stderr
