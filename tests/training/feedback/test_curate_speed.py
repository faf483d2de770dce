"""The measurement of the speed works; its figure is printed, since machines differ."""

from pathlib import Path

from curate_speed import timed


def test_two_thousand_lines(tmp_path: Path) -> None:
    seconds, curated = timed(2_000, tmp_path, (160, 120))
    print(f"2,000 lines: {seconds:.1f} s of processor time")
    assert len(curated.photos) > 480
    assert sum(len(photo.captions) for photo in curated.photos) > 900
