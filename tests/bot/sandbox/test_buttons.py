import asyncio

from bot.sandbox import ALICE

TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def send_buttons(api):
    markup = {"inline_keyboard": [[{"text": "👍", "callback_data": "up"}]]}
    sent = await api.result("sendMessage", chat_id=ALICE.id, text="x", reply_markup=markup)
    return sent["message_id"]


def press(api, message_id, data="up", **more):
    content = {"message_id": message_id, "data": data, "wait": 30, **more}
    return asyncio.create_task(api.person("press", **content))


async def next_query(api):
    """The next press; what came before it is confirmed and forgotten."""
    offset = 0
    while True:
        for update in await api.result("getUpdates", timeout=30, offset=offset):
            offset = update["update_id"] + 1
            if "callback_query" in update:
                return update["callback_query"]


async def test_a_press_reaches_the_bot_and_its_answer_the_person(chat):
    message_id = await send_buttons(chat)
    pressed = press(chat, message_id)
    query = await next_query(chat)
    assert (query["data"], query["message"]["message_id"]) == ("up", message_id)
    assert query["from"]["id"] == ALICE.id
    answer = {"callback_query_id": query["id"], "text": "Thanks", "show_alert": True}
    assert await chat.result("answerCallbackQuery", **answer) is True
    assert await pressed == {"answered": True, "text": "Thanks", "show_alert": True}


async def test_a_press_that_nobody_answers(chat):
    assert await press(chat, await send_buttons(chat), wait=0.1) == {"answered": False}


async def test_every_press_is_a_query_of_its_own(chat):
    message_id = await send_buttons(chat)
    presses = [press(chat, message_id, wait=0.1) for _ in range(2)]
    await asyncio.gather(*presses)
    updates = await chat.result("getUpdates")
    assert len({update["callback_query"]["id"] for update in updates}) == 2


async def test_a_button_that_is_gone_can_only_be_pressed_on_an_old_screen(chat):
    message_id = await send_buttons(chat)
    assert "no such button" in (await press(chat, message_id, data="down"))["error"]
    stale = press(chat, message_id, data="down", stale=True)
    query = await next_query(chat)
    assert query["data"] == "down"
    await chat.result("answerCallbackQuery", callback_query_id=query["id"])
    assert (await stale)["answered"] is True


async def test_late_and_unknown_answers_are_refused(running):
    async with running(callback_seconds=0.3) as api:
        await api.person("text", text="/start")
        pressed = press(api, await send_buttons(api), wait=0.1)
        query = await next_query(api)
        await pressed
        await asyncio.sleep(0.4)
        for query_id in (query["id"], "4200000000009999", "", "abc"):
            refusal = await api.refusal("answerCallbackQuery", callback_query_id=query_id)
            assert refusal == TOO_OLD


async def test_an_answer_has_two_hundred_characters_at_most(chat):
    pressed = press(chat, await send_buttons(chat))
    query_id = (await next_query(chat))["id"]
    assert (
        await chat.refusal("answerCallbackQuery", callback_query_id=query_id, text="x" * 201)
        == "Bad Request: MESSAGE_TOO_LONG"
    )
    await chat.result("answerCallbackQuery", callback_query_id=query_id, text="x" * 200)
    assert (await pressed)["text"] == "x" * 200
