import time

import aiohttp
import pytest

from bot.sandbox import ALICE, BOB

HELLO = {"chat_id": ALICE.id, "text": "hello"}


async def test_flood_control_for_a_number_of_calls(chat):
    await chat.fault("sendMessage", times=2, status=429, retry_after=7)
    for _ in range(2):
        assert await chat.call("sendMessage", **HELLO) == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        }
        assert (await chat.call("getMe"))["ok"]
    assert (await chat.call("sendMessage", **HELLO))["ok"]


async def test_trouble_in_one_chat(chat):
    await chat.fault("sendMessage", chat_id=BOB.id, status=429)
    assert (await chat.call("sendMessage", **HELLO))["ok"]
    refused = await chat.call("sendMessage", chat_id=BOB.id, text="hello")
    assert refused["error_code"] == 429


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
    ],
)
async def test_other_errors(chat, status, words):
    await chat.fault("sendMessage", status=status)
    refused = await chat.call("sendMessage", **HELLO)
    assert refused == {"ok": False, "error_code": status, "description": words}


async def test_a_slow_call(chat):
    await chat.fault("sendMessage", delay=0.5)
    before = time.monotonic()
    assert (await chat.call("sendMessage", **HELLO))["ok"]
    assert time.monotonic() - before >= 0.5


async def test_a_call_that_is_done_but_whose_answer_is_lost(chat):
    await chat.fault("sendMessage", lose_answer=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await chat.call("sendMessage", **HELLO)
    async with chat.http.get(f"{chat.url}/sandbox/api/chats/{ALICE.id}") as response:
        assert (await response.json())["messages"][-1]["text"] == "hello"


async def test_any_method_but_polling(chat):
    await chat.fault("*", status=500)
    assert (await chat.call("getUpdates"))["ok"]
    assert not (await chat.call("getMe"))["ok"]


async def test_downloads_slow_cut_and_refused(chat, jpeg):
    photo = (await chat.upload(jpeg()))["photo"][-1]
    path = (await chat.result("getFile", file_id=photo["file_id"]))["file_path"]
    whole = (await chat.download(path))[1]

    await chat.fault("download", cut_after=100)
    with pytest.raises(aiohttp.ClientPayloadError):
        await chat.download(path)
    await chat.fault("download", delay=0.3)
    assert await chat.download(path) == (200, whole)
    await chat.fault("download", status=404)
    assert (await chat.download(path))[0] == 404
    assert await chat.download(path) == (200, whole)


async def test_unknown_faults_are_refused(chat):
    address = f"{chat.url}/sandbox/api/faults"
    async with chat.http.post(address, json={"method": "getMe", "times": "many"}) as response:
        assert response.status == 400


async def test_calls_are_remembered_without_polling(chat):
    await chat.call("getUpdates")
    await chat.call("sendMessage", **HELLO)
    await chat.call("deleteMessage", chat_id=ALICE.id, message_id=999)
    async with chat.http.get(f"{chat.url}/sandbox/api/calls") as response:
        calls = await response.json()
    assert [(call["method"], call["status"]) for call in calls[-2:]] == [
        ("sendMessage", 200),
        ("deleteMessage", 400),
    ]
    assert "getUpdates" not in {call["method"] for call in calls}
