"""The story of the summaries, followed up."""

import asyncpg
import pytest

from tests.summaries.story import Story, tell


@pytest.fixture
async def story(db: None, owner: asyncpg.Connection) -> Story:
    """Told anew for each test, from 2024 on: the chain's clock never goes back, so its head is set before that."""
    await owner.execute("UPDATE chain_head SET recorded_at = '2023-01-01T00:00:00Z'")
    return await tell()
