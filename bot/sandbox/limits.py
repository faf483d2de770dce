"""Telegram's limits on what a bot writes, enforced to the letter.

Telegram gives them as advice for what goes without 429s
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this) and is more
lenient for a moment; who keeps to these never meets its own.
"""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from bot.sandbox.errors import too_many_requests

CALLS_A_SECOND = 30
MESSAGES_A_SECOND = 1
"""In one chat."""
GROUP_MESSAGES_A_MINUTE = 20

_FREE = frozenset({"getMe", "getUpdates", "getFile", "answerCallbackQuery"})
"""Not about any chat; downloads and polling have no limit that is known."""
_WRITING = ("send", "edit")
_NO_MESSAGE = "sendChatAction"


class Limits:
    """Counts calls, in windows that slide. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls = _times()
        self._by_chat: defaultdict[int, deque[float]] = defaultdict(_times)

    def count(self, method: str, chat_id: int | None) -> None:
        """Count a call that is about to be carried out.

        Raises:
            BotApiError: 429, since it would be one too many; it is not counted.
        """
        if method in _FREE:
            return
        now = self._clock()
        windows = [(self._calls, CALLS_A_SECOND, 1.0)]
        writes = method.startswith(_WRITING) and method != _NO_MESSAGE
        if chat_id is not None and writes:
            in_chat = self._by_chat[chat_id]
            windows.append((in_chat, MESSAGES_A_SECOND, 1.0))
            if chat_id < 0:
                windows.append((in_chat, GROUP_MESSAGES_A_MINUTE, 60.0))
        wait = max(_wait(times, most, seconds, now) for times, most, seconds in windows)
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        for times in {id(times): times for times, _, _ in windows}.values():
            times.append(now)


def _times() -> deque[float]:
    """When the last calls were made; no limit asks further back."""
    return deque(maxlen=max(CALLS_A_SECOND, MESSAGES_A_SECOND, GROUP_MESSAGES_A_MINUTE))


def _wait(times: deque[float], most: int, seconds: float, now: float) -> float:
    """How long until a window has room again; 0 when it has now."""
    return times[-most] + seconds - now if len(times) >= most else 0.0
