"""What /settings says of a person's choices."""

from bot.people.users import DETAILS, Person
from bot.storage.tables import LONG
from bot.texts.settings import detail_names, settings_text


def test_who_has_chosen_nothing_reads_so() -> None:
    text = settings_text(Person(1, "en"))
    assert "Language: <b>as in your Telegram (English)</b>" in text
    assert "Picture of where the model looked: <b>on request</b>" in text


def test_what_was_chosen_is_told() -> None:
    person = Person(
        1,
        "en",
        model_choice="mobilenet-attention",
        chosen_language="ru",
        detail=LONG,
        shows_attention=True,
    )
    lines = settings_text(person).splitlines()[2:]
    assert [line.split(": ")[1] for line in lines] == [
        "<b>MobileNet + attention</b>",
        "<b>Русский</b>",
        "<b>detailed</b>",
        "<b>with every answer</b>",
    ]


def test_every_length_of_captions_has_a_name() -> None:
    assert set(detail_names()) == set(DETAILS)
