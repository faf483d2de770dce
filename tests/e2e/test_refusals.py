"""What Telegram will not do, now or later, is said and not tried for ever."""

from typing import Any

import pytest
from talk import captioned, data_of, says

from bot.texts.answers import pictures_forbidden_text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Bad Request: not enough rights to send photos to the chat"),
        (403, "Forbidden: not enough rights to send photos to the chat"),
    ],
)
async def test_a_picture_that_may_not_be_sent(
    start_bot: Any, alice: Any, api_server: Any, photo_bytes: bytes, status: int, words: str
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    await api_server.fault("sendPhoto", times=9, status=status, description=words)
    await alice.press(answer["message_id"], data_of(answer, "looked"))
    told = await alice.wait_for(says(pictures_forbidden_text()))
    assert told["reply_to_message"]["message_id"] == answer["message_id"]
