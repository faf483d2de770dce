"""How far a run is, on a terminal and in a log."""

import io

import pytest

from captioning.library.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_tells_how_fast_and_how_long_it_will_take() -> None:
    clock, terminal = Clock(), Terminal()
    progress = Progress(10_000, terminal, clock)
    clock.now += 100
    progress.advance(2_500)
    assert terminal.getvalue() == "\r2,500 of 10,000 photos, 25.0 a second, 5 min left"
    progress.close()
    assert terminal.getvalue().endswith("\r")


def test_what_was_done_before_says_nothing_about_how_fast_it_is() -> None:
    clock, terminal = Clock(), Terminal()
    progress = Progress(1_000, terminal, clock, done=900)
    clock.now += 10
    progress.advance(50)
    assert terminal.getvalue() == "\r950 of 1,000 photos, 5.0 a second, 10 s left"


def test_a_shorter_line_leaves_nothing_of_a_longer_one() -> None:
    clock, terminal = Clock(), Terminal()
    progress = Progress(1_000, terminal, clock)
    lengths = []
    for count in (1, 998):
        clock.now += 60
        progress.advance(count)
        lengths.append(len(terminal.getvalue().rpartition("\r")[2]))
    assert lengths[1] >= lengths[0]


def test_a_log_gets_a_line_now_and_then() -> None:
    clock, log = Clock(), io.StringIO()
    progress = Progress(1_000, log, clock)
    for _ in range(100):
        clock.now += 1
        progress.advance(1)
    progress.close()
    assert len(log.getvalue().splitlines()) == 3
    assert "\r" not in log.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 s"), (59, "59 s"), (60, "1 min"), (61, "2 min"), (3600, "1 h 00 min"),
     (7500, "2 h 05 min")],
)  # fmt: skip
def test_a_length_of_time(seconds: float, text: str) -> None:
    assert duration(seconds) == text
