"""Double clicks."""

from bot.handlers.once import Once


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_is_under_way_or_just_done_does_not_begin_again() -> None:
    clock = Clock()
    once = Once(10, clock)
    assert once.begin("press")
    assert not once.begin("press")
    assert once.begin("another")
    clock.now = 60
    assert not once.begin("press"), "it still is under way"
    once.end("press", done=True)
    clock.now = 69
    assert not once.begin("press")
    clock.now = 71
    assert once.begin("press")


def test_what_failed_may_begin_again_at_once() -> None:
    once = Once(10, Clock())
    assert once.begin("press")
    once.end("press", done=False)
    assert once.begin("press")
