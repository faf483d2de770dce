import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from threading import Thread
from bot.queue import memory
from bot.loadtest.watch import resident_megabytes

if sys.argv[1] == "spare" and not memory.spare():
    sys.exit("unknown")

def work():
    kept = [bytearray(b"x" * 400_000) for _ in range(60)]
    last = bytearray(b"y" * 1000)
    del kept
    held.append(last)

held = []
before = resident_megabytes()
for _ in range(12):
    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
memory.give_back()
print(resident_megabytes() - before)
"""


def test_what_was_freed_is_given_back() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT, "spare"],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=120,
    )
    if finished.stderr.strip() == "unknown":
        pytest.skip("There is no glibc here.")
    assert finished.returncode == 0, finished.stderr
    assert float(finished.stdout) < 30, "of 100 MB at a time"
