"""Claims whose commit nobody heard of are not lost for a minute."""

from typing import Any

import pytest
from claiming import accept, job_of
from sqlalchemy.engine.default import DefaultDialect

from bot.queue.claims import Claims
from bot.storage import Database, availability
from bot.storage.availability import DatabaseUnavailableError


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(availability, "FIRST_PAUSE", 0.0)


def answer_gets_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the connection break after a commit, before the database has said so."""
    commit = DefaultDialect.do_commit

    def do_commit(self: DefaultDialect, connection: Any) -> None:
        commit(self, connection)
        raise ConnectionResetError("Connection reset by peer")

    monkeypatch.setattr(DefaultDialect, "do_commit", do_commit)


async def test_what_may_have_been_claimed_is_claimed_at_once(
    claims: Claims, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await accept(database)
    with monkeypatch.context() as patch:
        answer_gets_lost(patch)
        with pytest.raises(DatabaseUnavailableError):
            await claims.unannounced(10)
    assert (await job_of(database, job_id)).claim_token is not None, "it was committed"
    [again] = await claims.unannounced(10)
    assert (again.claim.job_id, again.claim.attempts) == (job_id, 1), "no attempt is counted"
