import asyncio
import time

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.world import Signal

CONFLICT = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)
WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


async def texts(api, **parameters):
    return [update["message"]["text"] for update in await api.result("getUpdates", **parameters)]


async def test_an_update_comes_again_until_a_higher_offset_confirms_it(chat):
    await chat.person("text", text="one")
    await chat.person("text", text="two")

    updates = await chat.result("getUpdates")
    assert [update["message"]["text"] for update in updates] == ["one", "two"]
    assert await texts(chat, offset=updates[0]["update_id"]) == ["one", "two"]
    assert await texts(chat, offset=updates[1]["update_id"]) == ["two"]
    assert await texts(chat) == ["two"]
    assert await texts(chat, offset=updates[1]["update_id"] + 1) == []


async def test_limit_and_negative_offset(chat):
    for number in range(4):
        await chat.person("text", text=str(number))
    assert await texts(chat, limit=2) == ["0", "1"]
    assert await texts(chat, offset=-2) == ["2", "3"]
    assert await texts(chat) == ["2", "3"]


async def test_a_long_poll_answers_as_soon_as_something_happens(chat):
    polling = asyncio.create_task(texts(chat, timeout=50))
    await asyncio.sleep(0.2)
    assert not polling.done()
    await chat.person("text", text="now")
    assert await asyncio.wait_for(polling, 20) == ["now"]


async def test_what_is_given_before_the_waiting_task_has_its_turn_is_not_missed():
    signal = Signal()
    waiting = asyncio.create_task(signal.wait(600))
    signal.give()
    await asyncio.wait_for(waiting, 20)


async def test_a_long_poll_ends_empty_after_its_timeout(chat):
    before = time.monotonic()
    assert await chat.result("getUpdates", timeout=1) == []
    assert time.monotonic() - before >= 0.9


async def test_a_second_poller_ends_the_first(chat):
    first = asyncio.create_task(chat.call("getUpdates", timeout=50))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(texts(chat, timeout=50))
    answer = await asyncio.wait_for(first, 20)
    assert (answer["error_code"], answer["description"]) == (409, CONFLICT)
    await chat.person("text", text="for the second")
    assert await asyncio.wait_for(second, 20) == ["for the second"]


async def test_a_webhook_stands_in_the_way_of_polling(chat):
    polling = asyncio.create_task(chat.call("getUpdates", timeout=50))
    await asyncio.sleep(0.2)
    assert await chat.result("setWebhook", url="https://example.org/hook") is True
    ended = await asyncio.wait_for(polling, 20)
    assert ended["description"] == "Conflict: terminated by setWebhook request"

    refused = await chat.call("getUpdates")
    assert (refused["error_code"], refused["description"]) == (409, WEBHOOK)
    await chat.person("text", text="waiting")
    info = await chat.result("getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == ("https://example.org/hook", 1)

    assert await chat.result("deleteWebhook") is True
    assert await texts(chat) == ["waiting"]


async def test_a_webhook_on_this_machine_is_brought_updates_in_order(chat):
    brought = []
    answers = iter([500, 200, 200])

    async def hook(request):
        body = await request.json()
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        brought.append((body["message"]["text"], secret))
        return web.Response(status=next(answers))

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with TestServer(app) as server:
        await chat.person("text", text="first")
        await chat.person("text", text="second")
        url = f"http://127.0.0.1:{server.port}/hook"
        assert await chat.result("setWebhook", url=url, secret_token="secret") is True
        await asyncio.wait_for(until_nothing_is_pending(chat), 20)
    assert brought == [("first", "secret"), ("first", "secret"), ("second", "secret")]


async def until_nothing_is_pending(chat):
    while True:
        if not (await chat.result("getWebhookInfo"))["pending_update_count"]:
            return
        await asyncio.sleep(0.05)


async def test_a_webhook_elsewhere_needs_tls(chat):
    answer = await chat.call("setWebhook", url="http://example.org/hook")
    assert (answer["error_code"], "HTTPS" in answer["description"]) == (400, True)


async def test_pending_updates_can_be_dropped(chat):
    await chat.person("text", text="old")
    await chat.result("deleteWebhook", drop_pending_updates=True)
    assert await texts(chat) == []


async def test_only_allowed_kinds_are_queued_and_the_choice_is_remembered(chat):
    await chat.result("getUpdates", allowed_updates=["callback_query"])
    await chat.person("text", text="not wanted")
    assert await texts(chat) == []
    await chat.result("getUpdates", allowed_updates=[])
    await chat.person("text", text="wanted")
    assert await texts(chat) == ["wanted"]


async def test_blocking_and_unblocking_is_told_to_the_bot(chat):
    await chat.person("block", blocked=True)
    await chat.person("block", blocked=False)
    updates = await chat.result("getUpdates")
    statuses = [update["my_chat_member"]["new_chat_member"]["status"] for update in updates]
    assert statuses == ["kicked", "member"]
