"""A third model is one file and its entry in the catalogue: everything else follows from it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkpoints import small_checkpoint
from talk import answer_to, buttons, captioned, data_of, says, shows

from bot.app import load_models
from captioning.catalogue import ModelEntry, register, unregister

RESNET, MOBILENET, THIRD = "ResNet-34 + LSTM", "MobileNet + attention", "Third & small"
MORE = [["🔍 Where it looked", "💬 Other wordings"], ["✏️ Write a better one"]]


@pytest.fixture
def third(tmp_path: Path) -> Iterator[ModelEntry]:
    path = tmp_path / "third.safetensors"
    small_checkpoint("third-model").save(path)
    entry = register(path, title=THIRD, short_title="Third")
    yield entry
    unregister(entry.name)


async def test_a_photo_its_three_captions_ratings_stats_and_settings(
    third: ModelEntry, start_bot: Any, alice: Any, admin: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot(load_models)
    assert list(bot.models) == ["resnet34-lstm", "mobilenet-attention", third.name]
    assert f"{RESNET}, {MOBILENET}, and {THIRD}" in (await answer_to(alice, "/start"))["text"]

    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    parts = [part.split("\n") for part in answer["text"].split("\n\n")]
    assert [name for name, _caption in parts] == [RESNET, MOBILENET, THIRD]
    assert all(caption for _name, caption in parts)
    assert "Word" in parts[2][1], "as its file says"
    ratings = [[f"👍 {name}", f"👎 {name}"] for name in ("ResNet-34", "MobileNet", "Third")]
    assert buttons(answer) == [*ratings, *MORE]

    assert (await alice.press(place, "👍 Third"))["text"] == "👍 Thank you!"
    await shows(alice, place, [*ratings[:2], ["✅ 👍 Third", "👎 Third"], *MORE])
    await alice.press(place, "👎 MobileNet")
    await shows(
        alice,
        place,
        [ratings[0], ["👍 MobileNet", "✅ 👎 MobileNet"], ["✅ 👍 Third", "👎 Third"], *MORE],
    )

    # Both models with attention show where they looked.
    await alice.press(place, "Where it looked")
    for name in (MOBILENET, THIRD):
        await alice.wait_for(lambda m, name=name: f"Where {name} looked" in m.get("caption", ""))
    await alice.press(place, "Other wordings")
    await alice.wait_for(lambda m: "Other wordings" in m["text"] and THIRD in m["text"])

    await admin.send_text("/stats")
    stats = await admin.wait_for(lambda message: "photo" in message, timeout=240.0)
    assert "Captions: 3" in stats["caption"].splitlines()
    assert f"{THIRD} 0.0.1: 👍 1 👎 0, 100% 👍 (21% to 100%)" in stats["caption"].splitlines()
    page = await answer_to(alice, "/history")
    assert f"{THIRD} 👍" in page["caption"]


async def test_choosing_it_and_asking_the_others_later(
    third: ModelEntry, start_bot: Any, alice: Any, photo_bytes: bytes
) -> None:
    bot = await start_bot()
    settings = await answer_to(alice, "/settings")
    assert buttons(settings)[:2] == [["✅ All models", "ResNet-34", "MobileNet"], ["Third"]]
    await alice.press(settings["message_id"], "Third")
    await alice.wait_for(says(f"Models: {THIRD}"))
    question = await answer_to(alice, "/model")
    assert buttons(question) == [["All models"], [RESNET], [MOBILENET], [f"✅ {THIRD}"]]

    answer = await captioned(alice, photo_bytes)
    place = answer["message_id"]
    assert answer["text"].startswith(THIRD)
    ask = [[f"Also ask {RESNET}"], [f"Also ask {MOBILENET}"]]
    assert buttons(answer)[-2:] == ask
    await alice.press(place, data_of(answer, f"Also ask {MOBILENET}"))
    answer = await alice.wait_for(
        lambda m: m["message_id"] == place and MOBILENET in m["text"] and buttons(m)[-1] == ask[0]
    )
    assert answer["text"].index(MOBILENET) < answer["text"].index(THIRD), "in their order"

    # A choice whose model is gone stands for all that there are.
    await bot.stop()
    unregister(third.name)
    try:
        await start_bot()
        settings = await answer_to(alice, "/settings")
        assert "Models: all models" in settings["text"]
        both = [RESNET, MOBILENET]
        again = await captioned(alice, photo_bytes)
        assert [part.split("\n")[0] for part in again["text"].split("\n\n")] == both
    finally:
        register(third.path, title=THIRD, short_title="Third")
