"""The documents tell of everything there is: settings, commands, packages, dependencies, and nothing that is gone."""

import re

import click
import pytest

from registry.cli import main
from registry.settings import PROJECT
from tests.test_cli import commands

README = (PROJECT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
DEPENDENCIES = (PROJECT / "docs" / "dependencies.md").read_text(encoding="utf-8")
CODE = sorted((PROJECT / "registry").rglob("*.py"))
WITHIN = re.compile(r"^WORKER_\w+ = \"(\w+)\"", re.MULTILINE)
NOT_OURS = {"PATH"}
LONGEST = 400
"""Lines of a module."""


def names(parameter: click.Parameter) -> list[str]:
    """What an option is called on the command line; a flag may have two names."""
    return [*parameter.opts, *parameter.secondary_opts]


def settings() -> set[str]:
    """The environment variables that the code reads; those that a process passes to its own workers aside."""
    read, own = set(), set()
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"environ\.get\(\s*\"(\w+)\"", text)) | set(re.findall(r"environ\[\"(\w+)\"\]", text))
        own |= set(WITHIN.findall(text))
    return read - own - NOT_OURS


def test_every_setting_is_documented() -> None:
    found = settings()
    assert {"DATABASE_URL", "REGISTRY_SECRET", "REGISTRY_DATA_DIR"} <= found
    table = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert found <= table, f"not in the README's table: {found - table}"
    assert table - {"PORT"} <= found, f"no such setting: {table - found}"


@pytest.mark.parametrize(
    "path", [path for path, command in commands(main) if path and not hasattr(command, "commands")], ids=" ".join
)
def test_every_command_is_documented(path: tuple[str, ...]) -> None:
    group, *rest = path
    pattern = rf"`registry [\w\\|]*\b{group}\b[\w\\|]*{''.join(rf' {word}' for word in rest)}\b"
    assert re.search(pattern, README), f"registry {' '.join(path)} is not in the README"


def rows_of(path: tuple[str, ...]) -> str:
    """The rows of the README that a command stands in; `parties|grants import` stands for two."""
    rows = [line.replace("\\|", "|").split("`")[1] for line in README.splitlines() if line.startswith("| `registry ")]
    words = [row.split()[1 : len(path) + 1] for row in rows]
    return " ".join(
        row
        for row, said in zip(rows, words, strict=True)
        if len(said) == len(path) and all(word in one.split("|") for word, one in zip(path, said, strict=True))
    )


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (
            path,
            {name for parameter in command.params if isinstance(parameter, click.Option) for name in names(parameter)},
        )
        for path, command in commands(main)
        if path and (not hasattr(command, "commands") or command.params)
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_is_documented_with_its_options_and_no_others(path: tuple[str, ...], options: set[str]) -> None:
    told = set(re.findall(r"--[a-z][a-z-]*", rows_of(path)))
    assert options <= told, f"not in the README: {options - told}"
    below = {
        name
        for other, command in commands(main)
        if other[: len(path)] == path
        for one in command.params
        for name in names(one)
    }
    assert told <= below, f"no such option: {told - below}"


def test_every_package_and_module_is_in_the_tree() -> None:
    root = PROJECT / "registry"
    names = [f"{path.name}/" for path in root.iterdir() if (path / "__init__.py").is_file()]
    names += [path.name for path in root.glob("*.py") if path.name != "__init__.py"]
    missing = [name for name in sorted(names) if name not in ARCHITECTURE]
    assert not missing, f"not in docs/architecture.md: {missing}"


def test_the_tree_names_nothing_that_is_gone() -> None:
    named = re.findall(r"^  ([\w/]+(?:\.py|/))\s", ARCHITECTURE, re.MULTILINE)
    gone = [name for name in named if not ((PROJECT / "registry" / name).exists() or (PROJECT / name).exists())]
    assert not gone, gone


def test_every_dependency_has_its_reason() -> None:
    for name in ("requirements.in", "requirements-dev.in"):
        lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
        packages = [
            match[0] for line in lines if (match := re.match(r"[A-Za-z0-9_.-]+", line)) and not line.startswith("-")
        ]
        missing = [package for package in packages if package.lower() not in DEPENDENCIES.lower()]
        assert not missing, f"{name}: not in docs/dependencies.md: {missing}"


def test_links_between_documents_lead_somewhere() -> None:
    for document in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))):
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
        for name in re.findall(r"`(docs/[\w.-]+\.md)`", text):
            assert (PROJECT / name).exists(), f"{document.name}: {name}"


def test_the_changelog_has_unreleased_on_top() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings
    assert "Unreleased" in headings[0]


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lines = {path.relative_to(PROJECT): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    long = {str(path): count for path, count in lines.items() if count > LONGEST}
    assert not long, f"ask what the second noun is: {long}"
