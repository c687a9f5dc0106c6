"""What the tests of statements share: the workers that set PDFs live as long as the run."""

from collections.abc import Iterator

import pytest

from registry.statements.service import stop_rendering


@pytest.fixture(scope="session", autouse=True)
def rendering() -> Iterator[None]:
    """Stop the workers when the last test has run; those that were never asked for never start."""
    yield
    stop_rendering()
