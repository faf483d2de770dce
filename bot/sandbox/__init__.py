"""A local Bot API with a chat page, so that the whole bot runs without a token.

The names here are all that the rest of the program needs to point a bot at the sandbox.
"""

from dataclasses import dataclass
from typing import Final

SANDBOX_TOKEN: Final = "4242:sandbox-token-for-this-machine-only"  # noqa: S105
"""The only token that the sandbox accepts unless a test gives another; opens nothing elsewhere."""

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8081


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """A person who chats with the bot; a private chat has the id of its person."""

    id: int
    first_name: str
    username: str
    language_code: str


ALICE: Final = SandboxUser(1001, "Alice", "alice", "en")
BOB: Final = SandboxUser(1002, "Bob", "bob", "en")
ADMIN: Final = SandboxUser(1003, "Admin", "admin", "en")

USERS: Final = (ALICE, BOB, ADMIN)
