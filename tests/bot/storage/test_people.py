"""How people come into the database, and in which language they are spoken to."""

import ast
from pathlib import Path

from sqlalchemy import func, inspect, select

import bot
from bot.storage import Database
from bot.storage.people import ensure_person, language_of, note_presence
from bot.storage.tables import User, utc_now

ALICE = 1001


async def test_a_person_is_made_once_and_can_be_referred_to(database: Database) -> None:
    async with database.write() as session:
        made = await ensure_person(session, ALICE)
        assert inspect(made).persistent, "rows that refer to it may follow"
        made.detail = "long"
    async with database.write() as session:
        assert (await ensure_person(session, ALICE)).detail == "long"
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_who_is_here_has_not_blocked_the_bot(database: Database) -> None:
    began = utc_now()
    async with database.write() as session:
        await note_presence(session, ALICE, "en")
        (await session.get_one(User, ALICE)).blocked_at = began
    async with database.write() as session:
        await note_presence(session, ALICE, "ru")
    async with database.read() as session:
        user = await session.get_one(User, ALICE)
    assert (user.language_code, user.blocked_at) == ("ru", None)
    assert user.last_seen_at >= began


async def test_the_chosen_language_comes_before_that_of_telegram(database: Database) -> None:
    async with database.write() as session:
        assert await language_of(session, ALICE) is None
        await note_presence(session, ALICE, "en")
        assert await language_of(session, ALICE) == "en"
        (await session.get_one(User, ALICE)).language = "ru"
        assert await language_of(session, ALICE) == "ru"


def test_nothing_else_makes_people() -> None:
    """Telegram's own class of that name is none of ours."""
    package = Path(bot.__file__).parent
    makers = []
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        is_ours = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "bot.storage.tables"
            and any(alias.name == "User" for alias in node.names)
            for node in ast.walk(tree)
        )
        calls = {
            ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
        } | {
            f"{ast.unparse(node.func)}({ast.unparse(node.args[0])})"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and node.args
        }
        if is_ours and calls & {"User", "insert(User)"}:
            makers.append(path.relative_to(package).as_posix())
    assert makers == ["storage/people.py"]
