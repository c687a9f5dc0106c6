"""What the tests of allocations share: the workers that set PDFs live as long as the run."""

from collections.abc import Iterator

import pytest

from registry.documents import rendering


@pytest.fixture(scope="session", autouse=True)
def workers() -> Iterator[None]:
    """Stop the workers when the last test has run; those that were never asked for never start."""
    yield
    rendering.stop()
