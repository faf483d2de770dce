"""What goes wrong inside: people read one friendly text, and its reference is in the log."""

import re
from typing import Any

import pytest
from talk import answer_to, buttons, captioned, data, data_of, says

from bot.feedback.ratings import Feedback
from bot.people.history import History
from bot.queue.worker import FIRST_DELAY
from bot.texts.answers import answer_is_here_text, doubt_text

SECRET = "The disk is full"


async def fail(*_: object, **__: object) -> None:
    raise RuntimeError(SECRET)


def logged(caplog: pytest.LogCaptureFixture, reference: str) -> str:
    """The one record with a reference, with its traceback."""
    (record,) = [record for record in caplog.records if reference in record.getMessage()]
    assert record.exc_info is not None
    return str(record.exc_info[1])


async def test_an_error_has_a_reference_that_the_log_has(
    start_bot: Any,
    alice: Any,
    photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await start_bot()
    answer = await captioned(alice, photo_bytes)
    with monkeypatch.context() as broken:
        broken.setattr(History, "page", fail)
        broken.setattr(Feedback, "rate", fail)
        said = (await answer_to(alice, "/history"))["text"]
        pressed = [
            await alice.press(answer["message_id"], data(answer, 0, 0), stale=True)
            for _ in range(2)
        ]
    assert all(press["show_alert"] for press in pressed)
    texts = [said, *(press["text"] for press in pressed)]
    references = [re.findall(r"the number ([0-9a-f]{6})\.", text) for text in texts]
    assert len({reference for (reference,) in references}) == 3, "each time another one"
    for (reference,) in references:
        assert SECRET in logged(caplog, reference)
    assert SECRET not in "".join(texts)

    # The bot goes on as if nothing had been.
    assert (await alice.press(answer["message_id"], data(answer, 0, 0)))["text"].startswith("👍")


async def test_a_photo_on_which_the_models_fail(
    start_bot: Any,
    alice: Any,
    photo_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("bot.queue.worker.FIRST_DELAY", FIRST_DELAY / 20)
    bot = await start_bot()
    model = bot.models["resnet34-lstm"]
    caption = model.caption

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(model, "caption", broken)
    sent = await alice.send_photo(photo_bytes)
    told = await alice.wait_for(says("I could not caption this photo"))
    found = re.search(r"the number (J\d+)\.", told["text"])
    assert found is not None
    assert SECRET in logged(caplog, f"reference {found[1]}")
    assert SECRET not in told["text"]

    # When it is mended, the same photo can be asked about again.
    monkeypatch.setattr(model, "caption", caption)
    await alice.send_text("/caption", reply_to=sent["message_id"])
    await alice.wait_for(says("<Caption> 1 & of resnet34-lstm."))


@pytest.mark.parametrize(
    "trouble",
    # Six: the answer is tried once, then the question for it, with all its patience and once more.
    [{"times": 1, "status": 502}, {"times": 6, "status": 502}, {"times": 1, "lose_answer": True}],
    ids=["refused", "refused for long", "arrived"],
)
async def test_an_answer_that_may_not_have_arrived_is_offered(
    start_bot: Any, alice: Any, api_server: Any, photo_bytes: bytes, trouble: dict[str, Any]
) -> None:
    bot = await start_bot()
    await captioned(alice, photo_bytes)
    # A known photo is answered in a new message, which must not be sent twice.
    await api_server.fault("sendMessage", **trouble)
    sent = await alice.send_photo(photo_bytes)
    asked = await alice.wait_for(says(doubt_text()))
    assert asked["reply_to_message"]["message_id"] == sent["message_id"]
    later = [it for it in await alice.from_bot() if it["message_id"] > sent["message_id"]]
    assert len(later) == (2 if "lose_answer" in trouble else 1), "it was not sent again"

    await bot.stop()
    await start_bot()
    place, show = asked["message_id"], data_of(asked, "Show the answer")
    first = await alice.press(place, show, stale=True)
    assert (first["answered"], first["text"]) == (True, "")
    answer = await alice.wait_for(lambda it: it["message_id"] == place and "MobileNet" in str(it))
    assert len(buttons(answer)) == 4
    second = await alice.press(place, show, stale=True)
    assert second["text"] == answer_is_here_text()
