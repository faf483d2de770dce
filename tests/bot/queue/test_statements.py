"""How much photos ask of the database on their whole way, and that no question reads all of it."""

import re
import sqlite3
from contextlib import closing

import pytest
from claiming import BOT_ID, caption
from statements import Statements, watched_statements

from bot.people.access import Access
from bot.people.limits import Limits
from bot.people.users import Person, Users
from bot.queue.claims import Claims
from bot.queue.jobs import Jobs, PhotoRef
from bot.storage import Database
from captioning import MODELS

TOGETHER = 8
LONE, LONE_COMMITS = 40, 7
"""Statements and transactions of a photo that comes alone."""
ONE_OF_MANY, COMMITS_OF_MANY = 19, 4
"""Of each of several that come together."""


async def whole_way(database: Database, claims: Claims, *photos: int) -> None:
    """Accept photos of different people as handlers do, and take them to their answers as the
    worker does; its looks for work that is not there are not counted."""
    access, users = Access(database), Users(database)
    jobs = Jobs(database, limits=Limits(per_minute=100, per_day=100))
    for number in photos:
        await access.check(number, number)
        person = await users.load(number, "en")
        await jobs.accept(
            bot_id=BOT_ID,
            chat_id=number,
            message_id=number,
            user=Person(person.id, "en"),
            photo=PhotoRef(f"file-{number}", f"unique-{number}", 64, 48),
            models=tuple(MODELS),
        )
    for announcement in await claims.unannounced(TOGETHER):
        await claims.announced(announcement.claim, 1000 + announcement.message_id)
    tasks = await claims.uncaptioned(TOGETHER)
    await claims.store([(task, [caption(name) for name in task.missing]) for task in tasks])
    outcomes = await claims.unshown(TOGETHER)
    assert len(outcomes) == len(photos)
    for outcome in outcomes:
        assert await claims.finish(outcome.claim)


async def seen(database: Database, claims: Claims, *photos: int) -> Statements:
    with watched_statements() as statements:
        await whole_way(database, claims, *photos)
    return statements


async def test_a_lone_photo_takes_few_statements(database: Database, claims: Claims) -> None:
    statements = await seen(database, claims, 1)
    assert len(statements.queries) <= LONE, statements.listed()
    assert statements.commits <= LONE_COMMITS


async def test_photos_that_come_together_share_statements(
    database: Database, claims: Claims
) -> None:
    statements = await seen(database, claims, *range(1, TOGETHER + 1))
    assert len(statements.queries) <= ONE_OF_MANY * TOGETHER, statements.listed()
    assert statements.commits <= COMMITS_OF_MANY * TOGETHER


@pytest.mark.sqlite  # its plans are looked at
async def test_no_question_on_a_photo_s_way_reads_a_whole_table(
    database: Database, claims: Claims
) -> None:
    statements = await seen(database, claims, 1, 2)
    with closing(sqlite3.connect(str(database.url.database))) as connection:
        plans = {
            " ".join(text.split()): [
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", parameters)
            ]
            for text, parameters in statements.queries
        }
    for text, plan in plans.items():
        print(text, *plan, sep="\n    ")
    assert len(plans) > 15
    scanning = {
        text: plan
        for text, plan in plans.items()
        if any(map(reads_all, plan)) and not NEWEST.search(text)
    }
    assert scanning == {}


NEWEST = re.compile(r"FROM (\w+) ORDER BY \1\.id DESC\s+LIMIT \?")
"""A question for some of the newest rows reads those only, though its plan is called a scan."""


def reads_all(step: str) -> bool:
    """Whether a step of a plan goes through a table, rather than what was found before."""
    return bool(re.match(r"SCAN (?!\(subquery-|anon_|CONSTANT )", step))


def test_a_scan_is_recognised() -> None:
    assert reads_all("SCAN jobs")
    assert reads_all("SCAN jobs USING INDEX ix_jobs_state")
    assert not reads_all("SEARCH jobs USING INDEX ix_jobs_state (state=?)")
    assert not reads_all("SCAN anon_1")
    assert not reads_all("SCAN (subquery-12)")
    assert NEWEST.search("SELECT captions.text FROM captions ORDER BY captions.id DESC LIMIT ?")
    assert not NEWEST.search("SELECT captions.text FROM captions LIMIT ?")
