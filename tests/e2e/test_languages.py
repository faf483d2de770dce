"""The bot speaks the language of a person's Telegram, or the one they have chosen."""

import asyncio
from typing import Any

from talk import answer_to, buttons, captioned, data, data_of, says, shows

from bot.sandbox import BOT_USERNAME, GROUP

LIKE = "👍 Спасибо!"
MORE = [["🔍 Куда смотрела", "💬 Ещё варианты"], ["✏️ Написать лучше"]]


async def menu_has(person: Any, command: str, description: str) -> None:
    """Wait until a command is described so in a person's menu."""
    for _ in range(600):
        commands = (await person.chat())["commands"]
        if {it["command"]: it["description"] for it in commands}.get(command) == description:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"/{command} is not “{description}” in {commands}")


async def description_with(person: Any, part: str) -> str:
    """Wait until the bot's description, as a person reads it, contains a text."""
    for _ in range(600):
        description: str = (await person.chat())["bot"]["description"]
        if part in description:
            return description
        await asyncio.sleep(0.1)
    raise AssertionError(f"“{part}” is not in the description {description!r}")


async def test_russian_by_telegram(
    start_bot: Any, alice: Any, bob: Any, several_photos: list[bytes]
) -> None:
    bot = await start_bot()
    await bob.speak("ru")
    assert "английск" in (await answer_to(bob, "/help"))["text"], "captions are in English"
    assert "Что я храню о вас" in (await answer_to(bob, "/privacy"))["text"]
    await menu_has(bob, "settings", "Модели, язык, длина подписей")
    await menu_has(alice, "settings", "Models, language, length of captions")
    await menu_has(bob.in_chat(GROUP), "caption", "Описать фото, на которое отвечаю")
    await menu_has(alice.in_chat(GROUP), "autocaption", "Describe every photo here: on or off")
    for person, text in ((bob, "Описываю фотографии"), (alice, "Describes photos in English")):
        for _ in range(600):
            if (await person.chat())["bot"]["short_description"].startswith(text):
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"{person.name} does not read “{text}”.")

    answers = [await captioned(bob, photo) for photo in several_photos]
    answer = answers[0]
    assert buttons(answer)[2:] == MORE
    good = data(answer, 0, 0)
    presses = await asyncio.gather(
        *(bob.press(answer["message_id"], good, stale=True) for _ in range(3))
    )
    assert {press["text"] for press in presses} == {LIKE, "Оценка снята."}
    await bot.stop()
    await start_bot()
    await bob.press(answers[1]["message_id"], data(answers[1], 1, 1))
    await shows(
        bob,
        answers[1]["message_id"],
        [["👍 ResNet-34", "👎 ResNet-34"], ["👍 MobileNet", "✅ 👎 MobileNet"], *MORE],
    )

    # The plural forms for 5 and 2, and 10.
    question = await answer_to(bob, "/forget")
    await bob.press(question["message_id"], "Да, удалить всё")
    done = await bob.wait_for(says("Удалено:"))
    assert "5 фото, 10 подписей, 2 оценки" in done["text"]
    late = await bob.press(answer["message_id"], good, stale=True)
    assert "Я больше не помню этот ответ" in late["text"]


async def test_menus_of_administrators_are_translated(
    start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    for person in (alice, admin):
        await person.speak("ru")
    # Who runs the bot has commands of their own, who runs a group has one there.
    await menu_has(admin, "stats", "Как дела у бота")
    await menu_has(admin, "history", "Мои подписи")
    await menu_has(alice.in_chat(GROUP), "autocaption", "Описывать здесь каждое фото: on или off")
    # The description is set last, first that without a language.
    description = await description_with(alice, "английск")
    assert "/privacy" in description

    # The plural forms for 1.
    answer = await captioned(alice, photo_bytes)
    await alice.press(answer["message_id"], data(answer, 0, 0))
    await alice.send_text("A woman in an orange suit.", reply_to=answer["message_id"])
    await alice.wait_for(says("“A woman in an orange suit.”"))
    exported = await answer_to(admin, "/export")
    assert exported["caption"].startswith("2 подписи, 1 исправление, ")
    question = await answer_to(alice, "/forget")
    await alice.press(question["message_id"], "Да")
    done = await alice.wait_for(says("Удалено:"))
    assert "1 фото, 2 подписи, 1 оценка, 1 исправление" in done["text"]


async def test_a_chosen_language_holds_for_texts_and_menu(start_bot: Any, alice: Any) -> None:
    bot = await start_bot()
    settings = await answer_to(alice, "/settings")
    press = await alice.press(settings["message_id"], "Русский")
    assert press["text"].startswith("Теперь я говорю по-русски. Подписи к фото остаются на англ")
    await menu_has(alice, "history", "Мои подписи")
    await alice.wait_for(says("Ваши настройки"))

    await bot.stop()
    await start_bot()
    assert "Я понимаю только фото" in (await answer_to(alice, "Hello"))["text"]
    await menu_has(alice, "history", "Мои подписи")

    # A double click, and back to the language of Telegram.
    automatic = data_of(settings, "Automatic")
    presses = await asyncio.gather(
        *(alice.press(settings["message_id"], automatic, stale=True) for _ in range(2))
    )
    assert {press["text"] for press in presses} == {"From now on I speak English."}
    await menu_has(alice, "history", "My captions")
    assert "only understand photos" in (await answer_to(alice, "Hello"))["text"]


async def test_an_answer_in_a_group_keeps_the_language_of_who_asked(
    start_bot: Any, alice: Any, bob: Any, photo_bytes: bytes
) -> None:
    await start_bot()
    await bob.speak("ru")
    alices, bobs = alice.in_chat(GROUP), bob.in_chat(GROUP)
    sent = await bobs.send_photo(photo_bytes, f"@{BOT_USERNAME}")
    answer = await bobs.wait_for(lambda it: it["message_id"] > sent["message_id"] and buttons(it))
    assert buttons(answer)[2:] == MORE

    press = await alices.press(answer["message_id"], data(answer, 0, 0))
    assert press["text"] == "👍 Thank you!", "each reads their own language"
    rows = [["👍 1 ResNet-34", "👎 ResNet-34"], ["👍 MobileNet", "👎 MobileNet"], *MORE]
    await shows(alices, answer["message_id"], rows)
