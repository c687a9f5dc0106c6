"""The story of initiatives."""

import pytest

from tests.initiatives.story import Kept, agree, keep


@pytest.fixture
async def kept(db: None) -> Kept:
    """Told anew for each test, with what is agreed."""
    story = await keep()
    await agree(story)
    return story
