from bot.loadtest.bench import rows_of
from bot.loadtest.run import Result, as_json

RESULT = Result(0.0, 200, 200, 0, 0, 0, 0, 4.0, 7.0, 7.5, 8.5, 0.001, 0.02, 0.02, 0.07, 420.0)


def test_a_burst_becomes_rows_beside_the_library_s() -> None:
    seconds, memory, loop = rows_of(as_json([RESULT]))
    assert (seconds.value, seconds.unit, seconds.must) == (8.5, "s", 12.0)
    assert seconds.what == "200 photos at once, until all are answered, s"
    assert (memory.value, memory.must) == (420.0, 450.0)
    assert loop.value == 20.0


def test_lost_photos_are_named() -> None:
    lossy = Result(0.0, 200, 190, 3, 7, 1, 0, 4.0, 7.0, 7.5, 8.5, 0.001, 0.02, 0.02, 0.07, 420.0)
    row, *_ = rows_of(as_json([lossy]))
    assert "(7 lost, 1 doubled, 3 failed)" in row.what
