import inspect

from bot.texts import conversation


def test_start_says_what_is_stored_and_help_that_captions_are_english() -> None:
    assert "What is stored" in conversation.start_text()
    assert "/forget" in conversation.start_text()
    assert "The captions are in English." in conversation.help_text()
    for text in (conversation.start_text(), conversation.help_text()):
        assert "ResNet-34 + LSTM and MobileNet + attention" in text


def test_what_answers_a_press_fits_in_telegrams_200_characters() -> None:
    texts = [
        conversation.forgotten_answer_text(),
        conversation.outdated_button_text(),
        conversation.error_text("abc123"),
        *(conversation.rating_text(value) for value in (1, 0, -1)),
        *(conversation.choice_text(choice) for choice in ("both", "mobilenet-attention")),
    ]
    assert max(map(len, texts)) <= 200


def test_every_text_function_says_something() -> None:
    functions = [f for name, f in vars(conversation).items() if name.endswith("_text")]
    without_arguments = [f for f in functions if not inspect.signature(f).parameters]
    assert len(without_arguments) >= 8
    assert all(f().strip() for f in without_arguments)
