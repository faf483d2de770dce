"""Groups and a channel: what the bot gets of them, who may do what, and migration."""

from typing import Any

import pytest

from bot.sandbox import ADMIN, ALICE, BOB, BOT_USERNAME, CHANNEL, GROUP, SANDBOX_TOKEN

BOT_ID = int(SANDBOX_TOKEN.partition(":")[0])
IN_GROUP = {"chat_id": GROUP.id}


async def say(api: Any, text: str, user: Any = ALICE, chat_id: int = GROUP.id, **more: Any) -> Any:
    return await api.act(chat_id, user, "text", text=text, **more)


async def received(api: Any) -> list[dict[str, Any]]:
    """What the bot gets now, confirmed."""
    updates = await api.result("getUpdates")
    if updates:
        await api.result("getUpdates", offset=updates[-1]["update_id"] + 1)
    return updates


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("hello", False),
        ("/caption", True),
        (f"/caption@{BOT_USERNAME} please", True),
        ("/caption@another_bot", False),
        (f"what is this, @{BOT_USERNAME.upper()}?", True),
        ("@another_bot what is this?", False),
        ("type /caption to try", False),
        (f"😀 @{BOT_USERNAME}", True),
    ],
)
async def test_privacy_mode_lets_through_what_is_meant_for_the_bot(api, text, comes):
    sent = await say(api, text)
    updates = await received(api)
    assert [update["message"]["message_id"] for update in updates] == (
        [sent["message_id"]] if comes else []
    )


async def test_replies_to_the_bot_come_and_carry_the_message(api):
    said = await api.result("sendMessage", **IN_GROUP, text="A dog runs.")
    lines = await say(api, "no, a cat", BOB, reply_to=said["message_id"])
    (update,) = await received(api)
    assert update["message"]["reply_to_message"]["text"] == "A dog runs."
    await say(api, "indeed", ADMIN, reply_to=lines["message_id"])
    assert await received(api) == []


async def test_a_command_in_reply_to_a_photo_brings_the_photo(api, jpeg):
    photo = await api.send_files(GROUP.id, BOB, "photo", [jpeg()])
    assert await received(api) == []
    await say(api, "/caption", reply_to=photo["message_id"])
    (update,) = await received(api)
    original = update["message"]["reply_to_message"]
    assert original["photo"] == photo["photo"]
    assert original["from"]["id"] == BOB.id


async def test_an_administrator_bot_gets_everything_and_a_removed_one_nothing(api):
    await api.act(GROUP.id, ALICE, f"members/{BOT_ID}", status="administrator")
    await say(api, "hello")
    promoted, message = await received(api)
    assert promoted["my_chat_member"]["new_chat_member"]["status"] == "administrator"
    assert message["message"]["text"] == "hello"
    await api.act(GROUP.id, ALICE, f"members/{BOT_ID}", status="kicked")
    (kicked,) = await received(api)
    assert kicked["my_chat_member"]["old_chat_member"]["status"] == "administrator"
    await say(api, f"@{BOT_USERNAME}")
    assert await received(api) == []
    assert (
        await api.refusal("sendMessage", **IN_GROUP, text="x")
        == "Forbidden: bot was kicked from the group chat"
    )
    await api.act(GROUP.id, ALICE, f"members/{BOT_ID}", status="member")
    added, service = await received(api)
    assert added["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert service["message"]["new_chat_members"][0]["id"] == BOT_ID
    assert await api.result("leaveChat", **IN_GROUP)
    assert (
        await api.refusal("getChat", **IN_GROUP)
        == "Forbidden: bot is not a member of the group chat"
    )


async def test_who_is_in_a_chat_and_who_leads_it(api):
    async def status(user_id: int, chat_id: int = GROUP.id) -> str:
        member = await api.result("getChatMember", chat_id=chat_id, user_id=user_id)
        assert member["user"]["id"] == user_id
        return str(member["status"])

    assert [await status(user.id) for user in (ALICE, BOB)] == ["creator", "member"]
    assert [await status(BOT_ID, chat) for chat in (GROUP.id, CHANNEL.id)] == [
        "member",
        "administrator",
    ]
    assert await api.result("getChatMemberCount", **IN_GROUP) == 4
    await api.act(GROUP.id, ALICE, f"members/{BOB.id}", status="administrator")
    await api.act(GROUP.id, ALICE, f"members/{ADMIN.id}", status="left")
    led_by = await api.result("getChatAdministrators", **IN_GROUP)
    assert [member["user"]["id"] for member in led_by] == [ALICE.id, BOB.id]
    assert await status(ADMIN.id) == "left"
    assert await api.result("getChatMemberCount", **IN_GROUP) == 3
    assert "not in this chat" in (await say(api, "hi", ADMIN))["error"]
    assert await api.refusal("getChatMember", **IN_GROUP, user_id=77) == (
        "Bad Request: user not found"
    )
    owner = await api.act(GROUP.id, BOB, f"members/{ALICE.id}", status="left")
    assert "owner" in owner["error"]


async def test_members_press_buttons_each_for_themselves(api):
    markup = {"inline_keyboard": [[{"text": "👍", "callback_data": "up"}]]}
    sent = await api.result("sendMessage", **IN_GROUP, text="x", reply_markup=markup)
    for user in (ALICE, BOB):
        press = {"message_id": sent["message_id"], "data": "up", "wait": 0}
        await api.act(GROUP.id, user, "press", **press)
    presses = [update["callback_query"] for update in await received(api)]
    assert [press["from"]["id"] for press in presses] == [ALICE.id, BOB.id]
    assert {press["message"]["chat"]["id"] for press in presses} == {GROUP.id}


async def test_a_bot_deletes_what_is_not_its_own_only_as_administrator(api):
    said = await say(api, "hello")
    at = {**IN_GROUP, "message_id": said["message_id"]}
    assert await api.refusal("deleteMessage", **at) == "Bad Request: message can't be deleted"
    assert "can't be edited" in await api.refusal("editMessageText", **at, text="y")
    await api.act(GROUP.id, ALICE, f"members/{BOT_ID}", status="administrator")
    assert await api.result("deleteMessage", **at)


async def test_channel_posts_have_no_author(api, jpeg):
    post = await api.send_files(CHANNEL.id, ALICE, "photo", [jpeg()], caption="Morning")
    assert "from" not in post
    assert post["sender_chat"]["id"] == CHANNEL.id
    edited = await api.act(CHANNEL.id, ALICE, f"messages/{post['message_id']}", text="Evening")
    arrived = await received(api)
    assert arrived[0]["channel_post"]["photo"] == post["photo"]
    assert arrived[1]["edited_channel_post"]["caption"] == edited["caption"] == "Evening"
    reply = {"message_id": post["message_id"]}
    sent = await api.result("sendMessage", chat_id=CHANNEL.id, text="x", reply_parameters=reply)
    assert "from" not in sent
    shown = await api.seen(CHANNEL.id, BOB)
    assert shown["from_bot"] == [sent["message_id"]]
    assert shown["can_write"] is False
    refused = await say(api, "x", BOB, CHANNEL.id)
    assert "administrators" in refused["error"]


async def test_a_bot_without_rights_writes_in_no_channel(api):
    await api.act(CHANNEL.id, ALICE, f"members/{BOT_ID}", status="member")
    assert await api.refusal("sendMessage", chat_id=CHANNEL.id, text="x") == (
        "Bad Request: need administrator rights in the channel chat"
    )


async def test_a_group_becomes_a_supergroup_with_another_id(running):
    async with running() as api:
        before = await api.result("sendMessage", **IN_GROUP, text="before")
        new = await api.act(GROUP.id, ALICE, "migrate")
        assert (new["type"], new["title"]) == ("supergroup", GROUP.title)
        old_side, new_side = [update["message"] for update in await received(api)]
        assert (old_side["chat"]["id"], old_side["migrate_to_chat_id"]) == (GROUP.id, new["id"])
        assert (new_side["chat"]["id"], new_side["migrate_from_chat_id"]) == (new["id"], GROUP.id)
        for method, more in (
            ("sendMessage", {"text": "x"}),
            ("editMessageText", {"text": "x", "message_id": before["message_id"]}),
            ("sendChatAction", {"action": "typing"}),
        ):
            refused = await api.call(method, **IN_GROUP, **more)
            assert refused["parameters"] == {"migrate_to_chat_id": new["id"]}
            assert "upgraded to a supergroup" in refused["description"]
        assert "supergroup" in (await say(api, "x"))["error"]
        assert "only once" in (await api.act(GROUP.id, ALICE, "migrate"))["error"]
    async with running() as api:
        after = await api.result("sendMessage", chat_id=new["id"], text="after")
        shown = (await api.seen(new["id"], BOB))["messages"]
        assert [message["message_id"] for message in shown][:: len(shown) - 1] == [
            before["message_id"],
            after["message_id"],
        ]
        await say(api, "/start", BOB, new["id"])
        (update,) = await received(api)
        assert update["message"]["chat"] == new


async def test_the_menu_of_a_group_depends_on_the_member(api):
    async def seen(user: Any) -> list[str]:
        return [entry["command"] for entry in (await api.seen(GROUP.id, user))["commands"]]

    async def offer(name: str, **scope: Any) -> None:
        commands = [{"command": name, "description": "What it does"}]
        await api.result("setMyCommands", commands=commands, scope=scope)

    await offer("private", type="all_private_chats")
    assert await seen(BOB) == []
    await offer("everywhere", type="default")
    await offer("groups", type="all_group_chats")
    assert await seen(BOB) == ["groups"]
    await offer("leaders", type="all_chat_administrators")
    assert [await seen(user) for user in (ALICE, BOB)] == [["leaders"], ["groups"]]
    await offer("here", type="chat", chat_id=GROUP.id)
    assert await seen(ALICE) == ["here"]
    await offer("bob", type="chat_member", chat_id=GROUP.id, user_id=BOB.id)
    assert [await seen(user) for user in (ALICE, BOB)] == [["here"], ["bob"]]


async def test_people_choose_their_language(running):
    async with running() as api:
        await api.result("setMyDescription", description="Hello")
        await api.result("setMyDescription", description="Привет", language_code="ru")
        address = f"{api.url}/sandbox/api/users/{BOB.id}/language"
        async with api.http.post(address, json={"language_code": "ru"}) as response:
            assert (await response.json())["language_code"] == "ru"
    async with running() as api:
        assert (await api.seen(BOB.id, BOB))["bot"]["description"] == "Привет"
        assert (await api.seen(ALICE.id, ALICE))["bot"]["description"] == "Hello"
        await say(api, "/start", BOB, BOB.id)
        (update,) = await received(api)
        assert update["message"]["from"]["language_code"] == "ru"


async def test_a_group_needs_to_know_who_acts(api):
    address = f"{api.url}/sandbox/api/chats/{GROUP.id}/text"
    async with api.http.post(address, json={"text": "x"}) as response:
        assert "?as=" in (await response.json())["error"]
    assert "another person" in (await api.act(BOB.id, ALICE, "text", text="x"))["error"]
