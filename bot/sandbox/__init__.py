"""A local Bot API with a chat page, so that the whole bot runs without a token.

The names here are all that the rest of the program needs to point a bot at the sandbox.
"""

from dataclasses import dataclass
from typing import Final, Literal

SANDBOX_TOKEN: Final = "4242:sandbox-token-for-this-machine-only"  # noqa: S105
"""The only token that the sandbox accepts unless a test gives another; opens nothing elsewhere."""

BOT_USERNAME: Final = "caption_sandbox_bot"

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

CROWD: Final = range(100_000, 200_000)
"""Ids of people whom no page shows: there is one for each, for whoever needs many."""


def find_user(user_id: int) -> SandboxUser | None:
    """The person with an id, shown or of the crowd; None when there is nobody."""
    if user_id in CROWD:
        number = user_id - CROWD.start
        return SandboxUser(user_id, f"Person {number}", f"person_{number}", "en")
    return next((user for user in USERS if user.id == user_id), None)


@dataclass(frozen=True, slots=True)
class SandboxGroup:
    """A group or channel; the people of the sandbox and the bot are in it from the start.

    A group that migrates gets another id, its title and members stay.
    """

    id: int
    type: Literal["group", "channel"]
    title: str
    owner: SandboxUser


GROUP: Final = SandboxGroup(-2001, "group", "Photo club", ALICE)
CHANNEL: Final = SandboxGroup(-1000000003001, "channel", "City in pictures", ALICE)

GROUPS: Final = (GROUP, CHANNEL)
