"""The documents tell of everything there is: settings, commands, packages, dependencies, and nothing that is gone."""

import re

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
