"""What the buttons say and carry."""

from pathlib import Path

import pytest
from aiogram.types import InlineKeyboardMarkup
from conversing import texts

from bot.people.users import Person
from bot.queue.answers import ShownCaption
from bot.telegram.callbacks import (
    AlsoAskButton,
    AttentionButton,
    ForgetButton,
    ModelButton,
    RatingButton,
    WordingsButton,
    WriteButton,
)
from bot.telegram.keyboards import (
    answer_keyboard,
    forget_keyboard,
    model_keyboard,
    settings_keyboard,
)
from captioning import catalogue
from captioning.catalogue import ENTRIES, ModelEntry

RESNET, MOBILENET = "resnet34-lstm", "mobilenet-attention"
HUGE = 2**63 - 1
LONGEST_NAME = 32 * "m"


def data(keyboard: InlineKeyboardMarkup) -> list[str]:
    return [button.callback_data or "" for row in keyboard.inline_keyboard for button in row]


def test_a_better_caption_is_asked_for_first_where_one_may_be_wrong() -> None:
    sure, guess = ShownCaption(5, RESNET, "A."), ShownCaption(6, MOBILENET, "B.", is_unsure=True)
    write = ["✏️ Write a better one"]
    assert texts(answer_keyboard(1, [guess])) == [write, ["👍", "👎"]]
    assert texts(answer_keyboard(1, [sure, guess]))[0] == write
    assert texts(answer_keyboard(1, [sure])) == [["👍", "👎"], write]


def test_each_of_two_captions_has_its_own_row_that_names_its_model() -> None:
    keyboard = answer_keyboard(1, [ShownCaption(5, RESNET, "A."), ShownCaption(6, MOBILENET, "B.")])

    assert texts(keyboard) == [
        ["👍 ResNet-34", "👎 ResNet-34"],
        ["👍 MobileNet", "👎 MobileNet"],
        ["✏️ Write a better one"],
    ]
    *ratings, write = data(keyboard)
    assert WriteButton.unpack(write).job_id == 1
    assert [RatingButton.unpack(item) for item in ratings] == [
        RatingButton(job_id=1, caption_id=5, value=1),
        RatingButton(job_id=1, caption_id=5, value=-1),
        RatingButton(job_id=1, caption_id=6, value=1),
        RatingButton(job_id=1, caption_id=6, value=-1),
    ]


def test_the_current_rating_is_marked_and_no_other() -> None:
    shown = [ShownCaption(5, RESNET, "A.", rating=-1), ShownCaption(6, MOBILENET, "B.", rating=1)]

    assert texts(answer_keyboard(1, shown))[:2] == [
        ["👍 ResNet-34", "✅ 👎 ResNet-34"],
        ["✅ 👍 MobileNet", "👎 MobileNet"],
    ]


def test_the_model_that_was_not_asked_can_be() -> None:
    keyboard = answer_keyboard(7, [ShownCaption(5, RESNET, "A.")], [MOBILENET])

    assert texts(keyboard) == [
        ["👍", "👎"],
        ["✏️ Write a better one"],
        ["Also ask MobileNet + attention"],
    ]
    assert AlsoAskButton.unpack(data(keyboard)[-1]).model == MOBILENET


def test_each_of_several_models_that_were_not_asked_can_be() -> None:
    keyboard = answer_keyboard(7, [], [RESNET, MOBILENET])
    assert texts(keyboard)[1:] == [
        ["Also ask ResNet-34 + LSTM"],
        ["Also ask MobileNet + attention"],
    ]


def test_an_old_models_caption_can_still_be_shown() -> None:
    keyboard = answer_keyboard(1, [ShownCaption(5, "gone", "A."), ShownCaption(6, RESNET, "B.")])
    assert texts(keyboard)[0] == ["👍 gone", "👎 gone"]


def test_a_group_counts_and_marks_nobodys_own_rating() -> None:
    shown = [
        ShownCaption(5, RESNET, "A.", rating=1, votes=(12, 0)),
        ShownCaption(6, MOBILENET, "B.", votes=(0, 1)),
    ]
    assert texts(answer_keyboard(1, shown))[:2] == [
        ["👍 12 ResNet-34", "👎 ResNet-34"],
        ["👍 MobileNet", "👎 1 MobileNet"],
    ]


def test_what_more_there_is_to_see_has_buttons_only_where_there_is() -> None:
    plain = ShownCaption(5, RESNET, "A.", alternatives=("B.",))
    attentive = ShownCaption(6, MOBILENET, "B.", has_attention=True)

    assert texts(answer_keyboard(1, [plain]))[1] == ["💬 Other wordings"]
    assert texts(answer_keyboard(1, [attentive]))[1] == ["🔍 Where it looked"]
    keyboard = answer_keyboard(9, [plain, attentive])
    assert texts(keyboard)[2] == ["🔍 Where it looked", "💬 Other wordings"]
    look, wordings = data(keyboard)[4:6]
    assert AttentionButton.unpack(look).job_id == 9
    assert WordingsButton.unpack(wordings).job_id == 9


def test_the_chosen_model_is_marked() -> None:
    assert texts(model_keyboard(1, "all")) == [
        ["✅ All models"],
        ["ResNet-34 + LSTM"],
        ["MobileNet + attention"],
    ]
    assert texts(model_keyboard(1, MOBILENET))[2] == ["✅ MobileNet + attention"]
    assert ModelButton.unpack(data(model_keyboard(1, "all"))[1]).choice == RESNET


def test_forgetting_asks_yes_or_no() -> None:
    yes, no = data(forget_keyboard(1001))
    assert ForgetButton.unpack(yes) == ForgetButton(user_id=1001, confirmed=1)
    assert ForgetButton.unpack(no) == ForgetButton(user_id=1001, confirmed=0)


def test_no_button_exceeds_what_telegram_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = ModelEntry(LONGEST_NAME, "Third", "Third", has_attention=True, path=Path())
    monkeypatch.setattr(catalogue, "_entries", {**ENTRIES, LONGEST_NAME: entry})
    shown = [
        ShownCaption(HUGE, name, "A.", alternatives=("B.",), has_attention=True)
        for name in (RESNET, MOBILENET)
    ]
    keyboards = [
        answer_keyboard(HUGE, shown, [LONGEST_NAME]),
        settings_keyboard(Person(HUGE)),
        model_keyboard(HUGE, LONGEST_NAME),
        forget_keyboard(HUGE),
    ]
    assert max(len(item.encode()) for keyboard in keyboards for item in data(keyboard)) <= 64
