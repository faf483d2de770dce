"""Updates that aiogram cannot decode whole, as Telegram has sent them or a newer version may."""

import json
from pathlib import Path
from typing import Any

CASES = Path(__file__).parents[3] / "shared" / "cases" / "9-people"
STOPPED_POLLING = CASES / "updates-that-stop-polling.jsonl"
"""One JSON object a line, of updates that were seen to stop a bot."""

NAME = "Zebedee"
"""Of everybody in them: it must not be in any log."""
WORDS = "meet me at the harbour"
"""What the messages say; neither must these."""


def person(user_id: int) -> dict[str, Any]:
    return {"id": user_id, "is_bot": False, "first_name": NAME}


def message(user_id: int = 2, **content: Any) -> dict[str, Any]:
    """A message in a private chat; `content` goes beside its text, or in the place of anything."""
    return {
        "message_id": 7,
        "date": 1700000000,
        "chat": {"id": user_id, "type": "private", "first_name": NAME},
        "from": person(user_id),
        "text": WORDS,
        **content,
    }


def membership(user_id: int, status: str) -> dict[str, Any]:
    return {
        "chat": {"id": -100, "type": "supergroup", "title": NAME},
        "from": person(user_id),
        "date": 1700000000,
        "old_chat_member": {"user": person(1), "status": "member"},
        "new_chat_member": {"user": person(1), "status": status},
    }


def size(**changed: Any) -> dict[str, Any]:
    return {"file_id": "f", "file_unique_id": "u", "width": 90, "height": 60, **changed}


READ_IN_PART: dict[str, dict[str, Any]] = {
    "a hidden forwarder without a name": {"forward_origin": {"type": "hidden_user", "date": 1}},
    "a forwarder of an unknown kind": {"forward_origin": {"type": "planet", "date": 1}},
    "an empty story in an external reply": {
        "external_reply": {
            "origin": {"type": "hidden_user", "sender_user_name": NAME, "date": 1},
            "story": {},
        }
    },
    "a reply to a message that nobody wrote": {"reply_to_message": message(**{"from": {"id": 3}})},
    "an entity without a place": {"entities": [{"type": "bold", "offset": "a", "length": 3}]},
    "a reply markup of an unknown kind": {"reply_markup": {"inline_keyboard": 5}},
    "a number beyond 64 bits": {"media_group_id": "1", "paid_star_count": 10**40},
    "a size of a photo beyond 64 bits": {"photo": [size(), size(width=10**40)]},
}
"""What is beside the text of a message that can be read without it."""

UNREADABLE: dict[str, dict[str, Any]] = {
    "an unknown kind of update": {"telepathy": {"from": person(2), "thought": WORDS}},
    "an incomplete restricted member": {"my_chat_member": membership(2, "restricted")},
    "a member of an unknown kind": {"my_chat_member": membership(2, "enchanted")},
    "a message without a sender's name": {"message": message(**{"from": {"id": 2}})},
    "a message without a chat": {"message": message(chat=None)},
    "an id beyond 64 bits": {"message": message(message_id=10**40)},
    "a moment beyond all calendars": {"message": message(date=10**30)},
    "a message that is a list": {"message": [WORDS]},
    "a press by nobody": {"callback_query": {"id": "1", "chat_instance": "1", "data": WORDS}},
    "an update with nothing in it": {},
}


def that_stopped_polling() -> list[dict[str, Any]]:
    return [json.loads(line) for line in STOPPED_POLLING.read_text().splitlines() if line]
