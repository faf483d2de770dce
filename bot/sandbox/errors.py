"""What the sandbox refuses, and why it cannot start."""

from typing import Any


class BotApiError(Exception):
    """A refusal in the shape that Telegram gives it: a status, its words, maybe a time to wait."""

    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The JSON object that the Bot API answers with."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(reason: str) -> BotApiError:
    return BotApiError(400, f"Bad Request: {reason}")


def bot_was_blocked() -> BotApiError:
    return BotApiError(403, "Forbidden: bot was blocked by the user")


def too_many_requests(retry_after: int) -> BotApiError:
    return BotApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after)


class PersonError(Exception):
    """Something a person in the chat page cannot do; the text is shown to them."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class SandboxStartError(Exception):
    """The sandbox cannot start; the text is one line with the cause and the cure."""
