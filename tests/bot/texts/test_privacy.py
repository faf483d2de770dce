from bot.people.privacy import Forgotten
from bot.texts.privacy import forgotten_text


def test_what_was_forgotten_is_counted_and_nothing_else() -> None:
    assert forgotten_text(Forgotten(2, 1, 0, 0, ())).startswith("Deleted: 2 photos, 1 caption, and")
    assert forgotten_text(Forgotten(0, 0, 0, 0, ())).startswith("Deleted: your settings.")
