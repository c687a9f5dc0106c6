"""The direction of imports, and what no module may do by itself."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from registry.core.access import Scope

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted((ROOT / "registry").rglob("*.py"))
QUERIES = sorted(path.parent.name for path in (ROOT / "registry").glob("*/queries.py"))

FORBIDDEN_CALLS = {
    "run_sync": "blocks the event loop",
    "save": "writes past the trail",
    "atomic": "is Piccolo's own transaction",
}
TRANSACTIONS_OF = ("registry/database.py", "registry/trail.py")
"""The only modules that may open a transaction."""

UNTRAILED_WRITES = ("login_session", "login_attempt", "chain_head", "trail_entry", "migration")
"""Tables that the trail doesn't follow; every other is written by `recording()` alone."""


def test_imports_go_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    """The contracts of pyproject.toml, by import-linter."""
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0, capsys.readouterr().out


def parsed() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the registry by its path from the root."""
    for path in CODE:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The calls of a module with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def test_no_module_writes_or_blocks_past_our_own_way() -> None:
    wrong = [
        f"{path}:{node.lineno}: {name}() {FORBIDDEN_CALLS[name]}"
        for path, tree in parsed()
        for name, node in calls(tree)
        if name in FORBIDDEN_CALLS and not (name == "save" and "documents" in path)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_trail_opens_a_transaction() -> None:
    """A use case writes inside `recording()`; `transaction()` elsewhere would write without an entry."""
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in parsed()
        for name, node in calls(tree)
        if name == "transaction" and path not in TRANSACTIONS_OF
    ]
    assert not wrong, wrong


def test_no_checking_only_imports() -> None:
    """The import graph has no cycles, and Litestar needs its types at run time."""
    assert [path.name for path in CODE if "TYPE_CHECKING" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("name", QUERIES)
def test_every_public_query_takes_the_scope_first(name: str) -> None:
    """Whose records a question may touch is never left out; `count`, `verify` and other reads are no exception."""
    module = import_module(f"registry.{name}.queries")
    without = []
    for title, function in inspect.getmembers(module, inspect.isfunction):
        if title.startswith("_") or function.__module__ != module.__name__:
            continue
        first = next(iter(inspect.signature(function).parameters.values()), None)
        asks = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        if asks and (first is None or first.name != "scope" or first.annotation is not Scope):
            without.append(title)
    assert sorted(set(without) - SCOPELESS.get(name, set())) == []


SCOPELESS: dict[str, set[str]] = {
    "users": {"too_many_attempts"},  # asked before anybody is logged in
    "recoveries": {"read_claimable"},  # as read_plan
    "statements": {"read_accounts"},  # asked about payees of grants that the scope was asked about
    "grants": {"read_plan"},  # asked by a service under the lock, after it refused other funders
}
"""Reads that no scope could narrow, each with the reason."""


def test_nothing_remains_to_be_done_in_the_code() -> None:
    """No remark of unfinished work, no commented-out banner."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("registry", "templates", "tests", "migrations", "docs")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".html", ".css", ".js", ".md")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(mark in line for mark in marks)
    ]
    assert not wrong, "\n".join(wrong)
