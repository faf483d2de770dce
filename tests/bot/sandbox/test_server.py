import asyncio
import json
import re
import socket
from pathlib import Path

import pytest

from bot.sandbox import ALICE, server
from bot.sandbox.errors import SandboxStartError
from bot.sandbox.server import serve

PAGE = Path(server.__file__).parent / "page"


async def test_a_port_in_use_is_one_clear_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxStartError) as error:
            async with serve(tmp_path, port=port):
                pass
    assert str(port) in str(error.value)
    assert "--port" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", sorted(PAGE.iterdir()), ids=lambda path: path.name)
async def test_the_page_is_served_whole_and_asks_nobody_else(api, path):
    name = "" if path.name == "index.html" else path.name
    async with api.http.get(f"{api.url}/{name}") as response:
        assert response.status == 200
        assert await response.text() == path.read_text()
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text())
    assert set(addresses) <= {"http://www.w3.org"}  # a namespace, never fetched
    assert "innerHTML" not in path.read_text()


async def test_nothing_else_is_served(api):
    for path in ("/server.py", "/../server.py", "/%2e%2e/server.py", "/missing.js"):
        async with api.http.get(api.url + path) as response:
            assert response.status == 404


async def test_another_site_cannot_drive_the_sandbox(api):
    address = f"{api.url}/sandbox/api/chats/{ALICE.id}/text"
    foreign = {"Origin": "https://example.org"}
    async with api.http.post(address, json={"text": "x"}, headers=foreign) as response:
        assert response.status == 403
    async with api.http.post(address, json={"text": "x"}, headers={"Origin": api.url}) as response:
        assert response.status == 200


async def test_unknown_people_and_impossible_wishes_are_explained(api):
    assert "this id" in (await api.person("text", user_id=5, text="x"))["error"]
    assert "empty" in (await api.person("text", text="  "))["error"]
    assert "4,096" in (await api.person("text", text="x" * 4097))["error"]
    assert "empty" in (await api.upload(b""))["error"]
    assert "exist" in (await api.person("text", text="x", reply_to=99))["error"]


async def test_the_page_follows_events_from_where_it_was(chat):
    sent = await chat.result("sendMessage", chat_id=ALICE.id, text="one")
    async with chat.http.get(f"{chat.url}/sandbox/api/chats/{ALICE.id}") as response:
        last = (await response.json())["last_event"]
    at = {"chat_id": ALICE.id, "message_id": sent["message_id"]}
    await chat.result("editMessageText", **at, text="two")

    async def next_event(stream):
        while True:
            line = (await stream.content.readline()).decode().strip()
            if line.startswith("data: ") and "polling" not in line:
                return json.loads(line.removeprefix("data: "))

    address = f"{chat.url}/sandbox/api/stream"
    async with chat.http.get(address, headers={"Last-Event-ID": str(last)}) as stream:
        edit = await asyncio.wait_for(next_event(stream), 20)
        assert (edit["kind"], edit["chat_id"], edit["message"]["text"]) == (
            "edit",
            ALICE.id,
            "two",
        )
        await chat.result("sendChatAction", chat_id=ALICE.id, action="typing")
        action = await asyncio.wait_for(next_event(stream), 20)
        assert (action["kind"], action["action"]) == ("action", "typing")
        await chat.result("deleteMessage", **at)
        gone = await asyncio.wait_for(next_event(stream), 20)
        assert (gone["kind"], gone["message_id"]) == ("delete", sent["message_id"])


async def test_the_commands_menu_prefers_the_narrower_scope_and_the_language(chat):
    async def seen():
        async with chat.http.get(f"{chat.url}/sandbox/api/chats/{ALICE.id}") as response:
            return [entry["command"] for entry in (await response.json())["commands"]]

    def commands(name):
        return [{"command": name, "description": "What it does"}]

    await chat.result("setMyCommands", commands=commands("all"))
    assert await seen() == ["all"]
    await chat.result("setMyCommands", commands=commands("english"), language_code="en")
    assert await seen() == ["english"]
    scope = {"type": "chat", "chat_id": ALICE.id}
    await chat.result("setMyCommands", commands=commands("only_here"), scope=scope)
    assert await seen() == ["only_here"]
    await chat.result("deleteMyCommands", scope=scope)
    assert await seen() == ["english"]
    refusal = await chat.refusal("setMyCommands", commands=commands("no spaces"))
    assert refusal == "Bad Request: BOT_COMMAND_INVALID"
