"""What the database is asked: every statement, transaction and query plan."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

QUERY = re.compile(r"\s*(SELECT(?! pg_advisory)|INSERT|UPDATE|DELETE|WITH)\b")
"""What waits for other writers is to PostgreSQL what BEGIN IMMEDIATE is to SQLite."""


@dataclass
class Statements:
    """What was executed, in order; transactions are those that were committed."""

    queries: list[tuple[str, Any]] = field(default_factory=list)
    """Statements with the parameters of one execution."""
    commits: int = 0

    def listed(self) -> str:
        """One statement a line, for messages of assertions."""
        return "\n".join(" ".join(statement.split()) for statement, _ in self.queries)


@contextmanager
def watched_statements() -> Iterator[Statements]:
    """Note what all engines execute meanwhile."""
    seen = Statements()

    def executed(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if QUERY.match(statement):
            while isinstance(parameters, list):
                parameters = parameters[0]
            seen.queries.append((statement, parameters))

    def committed(_connection: Connection) -> None:
        seen.commits += 1

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "commit", committed)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Engine, "commit", committed)
