"""What the sandbox remembers: chats, messages, updates, presses, files and settings.

Kept in one SQLite file so that a restart forgets nothing. Every table counts its ids with
AUTOINCREMENT, which never gives out a number twice, not even after its row was deleted.
"""

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

UPDATES_KEPT_SECONDS = 24 * 3600  # as long as Telegram keeps what a bot does not fetch

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    message_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER NOT NULL,
    from_bot INTEGER NOT NULL, payload TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS messages_of_chat ON messages (chat_id, message_id);
CREATE TABLE IF NOT EXISTS updates (
    update_id INTEGER PRIMARY KEY AUTOINCREMENT, created_at REAL NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER NOT NULL, kind TEXT NOT NULL,
    message_id INTEGER);
CREATE TABLE IF NOT EXISTS presses (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    number INTEGER PRIMARY KEY AUTOINCREMENT, file_unique_id TEXT NOT NULL UNIQUE,
    folder TEXT NOT NULL, extension TEXT NOT NULL, size INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS file_ids (
    file_id TEXT PRIMARY KEY, file_unique_id TEXT NOT NULL, photo TEXT);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class State:
    """The sandbox's database, used from the event loop's thread only.

    Every statement touches a few rows of a local file and nothing is synced to the disk at
    commit (WAL, synchronous NORMAL), so a call takes microseconds and needs no other thread.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / "sandbox.sqlite3", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        self._connection.close()

    def _insert(self, statement: str, values: Iterable[Any]) -> int:
        number = self._connection.execute(statement, tuple(values)).lastrowid
        assert number is not None  # an INSERT always has one
        return number

    def _one(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(statement, values).fetchone()
        return row[0] if row else None

    # Messages, as the Bot API shows them

    def reserve_message_id(self, chat_id: int, *, from_bot: bool) -> int:
        """A message id that was never used; in private chats Telegram counts them per bot."""
        return self._insert(
            "INSERT INTO messages (chat_id, from_bot, payload) VALUES (?, ?, '')",
            (chat_id, from_bot),
        )

    def save_message(self, message: dict[str, Any]) -> None:
        self._connection.execute(
            "UPDATE messages SET payload = ? WHERE message_id = ?",
            (json.dumps(message), message["message_id"]),
        )

    def message(self, chat_id: int, message_id: int) -> dict[str, Any] | None:
        payload = self._one(
            "SELECT payload FROM messages WHERE chat_id = ? AND message_id = ?",
            chat_id,
            message_id,
        )
        return json.loads(payload) if payload else None

    def is_from_bot(self, message_id: int) -> bool:
        return bool(self._one("SELECT from_bot FROM messages WHERE message_id = ?", message_id))

    def messages(self, chat_id: int, limit: int = 200) -> list[dict[str, Any]]:
        """The latest messages of a chat, the oldest of them first."""
        rows = self._connection.execute(
            "SELECT payload FROM messages WHERE chat_id = ? AND payload != ''"
            " ORDER BY message_id DESC LIMIT ?",
            (chat_id, limit),
        ).fetchall()
        return [json.loads(row[0]) for row in reversed(rows)]

    def delete_message(self, chat_id: int, message_id: int) -> bool:
        found = self._connection.execute(
            "DELETE FROM messages WHERE chat_id = ? AND message_id = ?", (chat_id, message_id)
        )
        return found.rowcount > 0

    def clear_chat(self, chat_id: int) -> None:
        self._connection.execute("DELETE FROM messages WHERE chat_id = ?", (chat_id,))

    # Updates that wait for the bot

    def add_update(self, kind: str, content: dict[str, Any]) -> int:
        return self._insert(
            "INSERT INTO updates (created_at, payload) VALUES (?, ?)",
            (time.time(), json.dumps({kind: content})),
        )

    def confirm_updates(self, before: int) -> None:
        """Forget updates with a smaller id, and those that nobody fetched for a day."""
        self._connection.execute(
            "DELETE FROM updates WHERE update_id < ? OR created_at < ?",
            (before, time.time() - UPDATES_KEPT_SECONDS),
        )

    def keep_last_updates(self, count: int) -> None:
        self._connection.execute(
            "DELETE FROM updates WHERE update_id NOT IN"
            " (SELECT update_id FROM updates ORDER BY update_id DESC LIMIT ?)",
            (count,),
        )

    def updates(self, limit: int) -> list[dict[str, Any]]:
        rows = self._connection.execute(
            "SELECT update_id, payload FROM updates ORDER BY update_id LIMIT ?", (limit,)
        ).fetchall()
        return [{"update_id": number, **json.loads(payload)} for number, payload in rows]

    def pending_updates(self) -> int:
        return int(self._one("SELECT count(*) FROM updates"))

    # Events that the chat page follows

    def add_event(self, chat_id: int, kind: str, message_id: int | None) -> int:
        return self._insert(
            "INSERT INTO events (chat_id, kind, message_id) VALUES (?, ?, ?)",
            (chat_id, kind, message_id),
        )

    def events(
        self, after: int, chat_id: int | None = None, limit: int = 500
    ) -> list[tuple[int, int, str, int | None]]:
        """(number, chat, kind, message id) of what happened after an event, in one chat or all."""
        return self._connection.execute(
            "SELECT number, chat_id, kind, message_id FROM events"
            " WHERE number > ?1 AND (?2 IS NULL OR chat_id = ?2) ORDER BY number LIMIT ?3",
            (after, chat_id, limit),
        ).fetchall()

    def last_event(self) -> int:
        return int(self._one("SELECT coalesce(max(number), 0) FROM events"))

    # Presses of inline buttons

    def add_press(self) -> int:
        return self._insert("INSERT INTO presses (created_at) VALUES (?)", (time.time(),))

    def press_age(self, press_id: int) -> float | None:
        """Seconds since a button was pressed, or None when it never was."""
        created_at = self._one("SELECT created_at FROM presses WHERE id = ?", press_id)
        return None if created_at is None else time.time() - created_at

    # Files

    def add_file(self, file_unique_id: str, folder: str, extension: str, size: int) -> None:
        self._connection.execute(
            "INSERT INTO files (file_unique_id, folder, extension, size) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (file_unique_id, folder, extension, size),
        )

    def file(self, file_unique_id: str) -> tuple[int, str, str, int] | None:
        """(number, folder, extension, size in bytes) of a stored file."""
        row: tuple[int, str, str, int] | None = self._connection.execute(
            "SELECT number, folder, extension, size FROM files WHERE file_unique_id = ?",
            (file_unique_id,),
        ).fetchone()
        return row

    def add_file_id(self, file_id: str, file_unique_id: str, meaning: Any) -> None:
        """Remember what a file id means: all sizes of a photo, or the object of another file."""
        self._connection.execute(
            "INSERT INTO file_ids (file_id, file_unique_id, photo) VALUES (?, ?, ?)",
            (file_id, file_unique_id, json.dumps(meaning)),
        )

    def file_of_id(self, file_id: str) -> tuple[str, Any] | None:
        """(unique id, what `add_file_id` was given); old states have [] for documents."""
        row = self._connection.execute(
            "SELECT file_unique_id, photo FROM file_ids WHERE file_id = ?", (file_id,)
        ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    # Settings: commands, descriptions, webhook, who started or blocked the bot

    def setting(self, name: str) -> Any:
        value = self._one("SELECT value FROM settings WHERE name = ?", name)
        return None if value is None else json.loads(value)

    def set_setting(self, name: str, value: Any) -> None:
        self._connection.execute(
            "INSERT INTO settings VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )

    def drop_setting(self, name: str) -> None:
        self._connection.execute("DELETE FROM settings WHERE name = ?", (name,))
