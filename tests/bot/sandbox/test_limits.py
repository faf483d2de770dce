import pytest

from bot.sandbox import ALICE, CROWD, GROUP
from bot.sandbox.errors import BotApiError
from bot.sandbox.limits import Limits


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(clock)


def wait_for(limits: Limits, method: str, chat_id: int | None) -> int:
    """How long a call has to wait; 0 when it goes through."""
    try:
        limits.count(method, chat_id)
    except BotApiError as error:
        assert error.status == 429
        return int(error.parameters["retry_after"])
    return 0


def test_a_chat_gets_one_message_a_second(limits: Limits, clock: Clock) -> None:
    assert wait_for(limits, "sendMessage", ALICE.id) == 0
    assert wait_for(limits, "editMessageText", ALICE.id) == 1
    assert wait_for(limits, "sendMessage", CROWD[0]) == 0
    assert wait_for(limits, "sendChatAction", ALICE.id) == 0, "which is no message"
    clock.now += 1.0
    assert wait_for(limits, "editMessageText", ALICE.id) == 0, "what was refused was not counted"


def test_a_bot_makes_thirty_calls_a_second(limits: Limits, clock: Clock) -> None:
    assert [wait_for(limits, "sendMessage", CROWD[number]) for number in range(30)] == [0] * 30
    assert wait_for(limits, "sendChatAction", CROWD[50]) == 1
    assert wait_for(limits, "getUpdates", None) == wait_for(limits, "getFile", None) == 0
    clock.now += 1.0
    assert wait_for(limits, "sendChatAction", CROWD[50]) == 0


def test_a_group_gets_twenty_messages_a_minute(limits: Limits, clock: Clock) -> None:
    for _ in range(20):
        assert wait_for(limits, "sendMessage", GROUP.id) == 0
        clock.now += 2.0
    assert wait_for(limits, "sendMessage", GROUP.id) == 20
    clock.now += 20.0
    assert wait_for(limits, "sendMessage", GROUP.id) == 0
