"""Versions of models through the whole bot: add, try, rate, promote and go back, without a restart.

The commands are processes of their own, as in a terminal beside the bot.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from talk import Message, answer_to, buttons, captioned, data_of
from version_files import MOBILENET, checkpoint_file

from bot.queue.models import takes_part
from bot.sandbox import ALICE, BOB

pytestmark = pytest.mark.timeout(1200)

OWN_CAPTION, NEW_CAPTION = "<Caption>", "Word"
TITLE = "MobileNet + attention"
PERCENT = 50


def version_for(one: int, but_not: int) -> str:
    """A version that one of two people would try."""
    return next(
        name
        for name in (f"99.7.{n}" for n in range(100))
        if takes_part(one, f"{MOBILENET} {name}", PERCENT)
        and not takes_part(but_not, f"{MOBILENET} {name}", PERCENT)
    )


@pytest.fixture
def models(tmp_path: Path) -> Any:
    """`captionbot models …` in a process of its own: its exit code and output."""

    async def run(*arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", "models", *arguments),
            cwd=tmp_path,
            env={**os.environ, "DATA_DIR": str(tmp_path / "data")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode()

    return run


async def until_health_says(admin: Any, text: str) -> None:
    for _ in range(200):
        if text in (await answer_to(admin, "/health"))["text"]:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"/health does not say {text!r}.")


def caption_of(answer: Message) -> str:
    """What the model that has several versions says in an answer."""
    return str(answer["text"].partition(f"{TITLE}\n")[2])


async def test_add_share_rate_promote_and_roll_back(
    start_bot: Any,
    alice: Any,
    bob: Any,
    admin: Any,
    models: Any,
    several_photos: list[bytes],
    tmp_path: Path,
) -> None:
    await start_bot()
    first = await captioned(alice, several_photos[0])
    assert caption_of(first).startswith(OWN_CAPTION)
    version = version_for(ALICE.id, but_not=BOB.id)
    source = checkpoint_file(tmp_path / "candidate.safetensors", version)
    assert (await models("add", str(source)))[0] == 0
    code, output = await models("add", str(tmp_path / "nothing"))
    assert (code, output.count("\n")) == (1, 1)

    # On trial: one of the two gets it, the other does not, and both rate.
    assert (await models("share", version, str(PERCENT)))[0] == 0
    await until_health_says(admin, f"{TITLE}: 1; {version} for {PERCENT}% of the people")
    of_alice = await captioned(alice, several_photos[1])
    of_bob = await captioned(bob, several_photos[1])
    assert caption_of(of_alice).startswith(NEW_CAPTION), "the weights of others are not asked"
    assert caption_of(of_bob).startswith(OWN_CAPTION)
    for person, answer in ((alice, of_alice), (bob, of_bob)):
        press = await person.press(answer["message_id"], data_of(answer, "👍 MobileNet"))
        assert press["text"] == "👍 Thank you!"

    # Promoted with two taps, while photos are on their way.
    list_ = await answer_to(admin, "/models")
    one = "👍 1 👎 0, 100% 👍 (21% to 100%)"
    assert f"🧪 {version}, on trial: {one}" in list_["text"]
    assert f"✅ 1 of the package, answers: {one}" in list_["text"]
    assert "rated by 1 and 1 people so far" in list_["text"]
    on_their_way = [await bob.send_photo(photo) for photo in several_photos[2:]]
    await admin.press(list_["message_id"], f"Promote MobileNet {version}")
    question = await admin.wait_for(lambda it: "answer everybody" in it.get("text", ""))
    await admin.press(question["message_id"], "Yes, let it answer")
    await until_health_says(admin, f"{TITLE}: {version}")
    for sent in on_their_way:
        await bob.wait_for(
            lambda it, sent=sent: (
                it.get("reply_to_message", {}).get("message_id") == sent["message_id"]
                and TITLE in it.get("text", "")
            )
        )
    assert len([it for it in await bob.from_bot() if TITLE in it["text"]]) == 4, "one answer each"
    promoted = await captioned(bob, several_photos[0])
    assert caption_of(promoted).startswith(NEW_CAPTION)

    # Old answers keep what they showed, also when their buttons are drawn again.
    await alice.press(first["message_id"], data_of(first, "👎 MobileNet"))
    kept = await alice.wait_for(
        lambda it: it["message_id"] == first["message_id"] and "✅" in str(buttons(it))
    )
    assert kept["text"] == first["text"]

    # And back. What the version said stays its own.
    code, output = await models("rollback")
    assert (code, f"{MOBILENET} 0." in output) == (0, True)
    await until_health_says(admin, f"{TITLE}: 1")
    back = await captioned(alice, several_photos[0])
    assert caption_of(back) == caption_of(first), "from what is stored of these weights"
    stale = await admin.press(list_["message_id"], data_of(list_, "Promote"), stale=True)
    assert stale["answered"]


async def test_what_was_promoted_answers_after_a_restart_and_falls_back_without_its_file(
    start_bot: Any, alice: Any, admin: Any, models: Any, photo_bytes: bytes, tmp_path: Path
) -> None:
    bot = await start_bot()
    source = checkpoint_file(tmp_path / "candidate.safetensors", "99.7.0")
    assert (await models("add", str(source)))[0] == 0
    code, output = await models("promote", MOBILENET, "99.7.0")
    assert code == 0, output
    await bot.stop()
    bot = await start_bot()
    answer = await captioned(alice, photo_bytes)
    assert caption_of(answer).startswith(NEW_CAPTION)

    await bot.stop()
    for file in (tmp_path / "data" / "models").iterdir():
        file.unlink()
    await start_bot()
    health = (await answer_to(admin, "/health"))["text"]
    assert health.startswith(
        f"⚠️ {TITLE} 99.7.0 cannot answer (its file mobilenet-attention-99.7.0-"
    )
    assert "is missing): 1 does instead" in health
    answer = await captioned(alice, photo_bytes)
    assert caption_of(answer).startswith(OWN_CAPTION)
