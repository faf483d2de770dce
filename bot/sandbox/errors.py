"""What the sandbox refuses, and why it cannot start."""

from typing import Any


class BotApiError(Exception):
    """A refusal in the shape that Telegram gives it: a status, its words, maybe what to do.

    `retry_after` is a time to wait in seconds, `migrate_to_chat_id` where a group went.
    """

    def __init__(
        self,
        status: int,
        description: str,
        retry_after: int | None = None,
        migrate_to_chat_id: int | None = None,
    ) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = {
            name: value
            for name, value in (
                ("retry_after", retry_after),
                ("migrate_to_chat_id", migrate_to_chat_id),
            )
            if value is not None
        }

    def body(self) -> dict[str, Any]:
        """The JSON object that the Bot API answers with."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(reason: str) -> BotApiError:
    return BotApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> BotApiError:
    return BotApiError(403, f"Forbidden: {reason}")


def bot_was_blocked() -> BotApiError:
    return forbidden("bot was blocked by the user")


def too_many_requests(retry_after: int) -> BotApiError:
    return BotApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after)


class PersonError(Exception):
    """Something a person in the chat page cannot do; the text is shown to them."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class SandboxStartError(Exception):
    """The sandbox cannot start; the text is one line with the cause and the cure."""
