"""What a restart of the sandbox keeps, and that no number is ever given twice."""

import asyncio

from bot.sandbox import ALICE


async def clear(api):
    async with api.http.delete(f"{api.url}/sandbox/api/chats/{ALICE.id}") as response:
        assert response.status == 200


async def test_ids_are_not_reused_after_deletion_and_restart(running):
    seen_messages, seen_updates, seen_queries = [], [], []
    for _ in range(3):
        async with running() as api:
            await api.person("text", text="/start")
            markup = {"inline_keyboard": [[{"text": "a", "callback_data": "a"}]]}
            sent = await api.result("sendMessage", chat_id=ALICE.id, text="x", reply_markup=markup)
            press = {"message_id": sent["message_id"], "data": "a", "wait": 0}
            await api.person("press", **press)
            updates = await api.result("getUpdates")
            seen_messages += [updates[0]["message"]["message_id"], sent["message_id"]]
            seen_updates += [update["update_id"] for update in updates]
            seen_queries.append(updates[1]["callback_query"]["id"])
            await api.result("getUpdates", offset=updates[-1]["update_id"] + 1)
            await clear(api)
    assert seen_messages == sorted(set(seen_messages))
    assert seen_updates == sorted(set(seen_updates))
    assert len(set(seen_queries)) == 3


async def test_chats_updates_commands_and_files_survive(running, jpeg):
    commands = [{"command": "help", "description": "How it works"}]
    async with running() as api:
        photo = (await api.upload(jpeg()))["photo"]
        await api.result("setMyCommands", commands=commands)
        await api.result("sendMessage", chat_id=ALICE.id, text="seen")
        await api.person("block", blocked=True)
    async with running() as api:
        assert (await api.result("getUpdates"))[0]["message"]["photo"] == photo
        assert await api.result("getMyCommands") == commands
        async with api.http.get(f"{api.url}/sandbox/api/chats/{ALICE.id}") as response:
            chat = await response.json()
        assert chat["messages"][-1]["text"] == "seen"
        assert chat["blocked"] is True
        assert chat["commands"] == commands
        assert (await api.call("getFile", file_id=photo[0]["file_id"]))["ok"]


async def test_open_polls_and_streams_do_not_hold_the_server(running):
    async with running() as api:
        poll = asyncio.create_task(api.call("getUpdates", timeout=50))
        stream = await api.http.get(f"{api.url}/sandbox/api/stream")
        await asyncio.sleep(0.2)
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 15
    stream.close()
    await asyncio.gather(poll, return_exceptions=True)
