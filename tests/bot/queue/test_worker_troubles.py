"""What goes wrong on a photo's way, and how it ends."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from PIL import Image
from worker_bench import ANSWER, RESNET, Bench, huge_png, jpeg

import bot.queue.worker
from bot.queue.claims import Claims
from bot.queue.downloads import FileGoneError, FileTooLargeError, UnavailableError
from bot.queue.messenger import MessageGoneError, UncertainError, UnreachableError
from bot.queue.steps import Claim
from bot.storage.tables import DONE, FAILED, User, utc_now


async def test_a_bad_photo_fails_alone(bench: Bench) -> None:
    bench.messenger.files["file-2"] = b"this is no photo"
    bench.messenger.files["file-4"] = huge_png()
    ids = [await bench.send(number) for number in (1, 2, 3, 4)]
    await bench.worker.start()
    jobs = await bench.finished(*ids)
    assert [job.failure for job in jobs] == [None, "bad_image", None, "too_many_pixels"]
    assert sorted(bench.messenger.answers) == sorted(
        [ANSWER, "bad_image", ANSWER, "too_many_pixels"]
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [(FileTooLargeError("big"), "too_large"), (FileGoneError("gone"), "download")],
)
async def test_a_photo_that_cannot_be_had_ends_in_a_message(
    bench: Bench, error: Exception, reason: str
) -> None:
    bench.messenger.fail("download", error)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert (job.state, job.failure) == (FAILED, reason)
    assert bench.messenger.answers == [reason]


async def test_a_download_is_tried_again(bench: Bench) -> None:
    bench.messenger.fail("download", *[UnavailableError("cut")] * 3)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == DONE
    assert bench.messenger.answers == [ANSWER]


async def test_a_download_that_keeps_failing_ends_in_a_message(bench: Bench) -> None:
    bench.messenger.fail("download", *[UnavailableError("cut")] * 4)
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == ["download"]


async def test_a_batch_that_fails_is_retried_one_by_one(bench: Bench) -> None:
    def choke(images: Sequence[Image.Image]) -> None:
        if any(image.getpixel((0, 0)) == (200, 200, 200) for image in images):
            raise RuntimeError("the model cannot take this")

    bench.captioners[RESNET].before = choke
    bench.messenger.files["file-2"] = jpeg(200)
    ids = [await bench.send(number) for number in (1, 2, 3)]
    await bench.worker.start()
    jobs = await bench.finished(*ids)
    assert [job.failure for job in jobs] == [None, "captioning", None]
    assert sorted(bench.messenger.answers) == sorted([ANSWER, "captioning", ANSWER])


async def test_flood_control_is_waited_for(bench: Bench) -> None:
    bench.messenger.fail("announce", UnavailableError("flood", retry_after=0.01))
    bench.messenger.fail("edit", UnavailableError("flood", retry_after=0.01))
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.calls.count("edit") == 2


@pytest.mark.parametrize("call", ["announce", "download", "edit"])
async def test_flood_control_waits_in_the_database_and_counts_no_attempt(
    bench: Bench, call: str
) -> None:
    often = bot.queue.worker.MAX_ATTEMPTS + 1
    bench.messenger.fail(call, *[UnavailableError("flood", retry_after=0.01)] * often)
    bench.messenger.fail(call, UnavailableError("flood", retry_after=60))
    await bench.worker.start()
    job_id = await bench.send()
    later = utc_now() + timedelta(seconds=50)
    [job] = await bench.until(lambda job: job.run_after > later, job_id)
    assert (job.claim_token, job.attempts) == (None, 0)
    assert bench.messenger.calls.count(call) == often + 1


async def test_a_placeholder_that_is_gone_is_replaced_once(bench: Bench) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.messages[job.placeholder_id or 0] == ANSWER


async def test_a_message_that_was_certainly_not_sent_is_sent_again(bench: Bench) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    bench.messenger.fail("send", UnavailableError("flood", retry_after=0.01))
    await bench.worker.start()
    await bench.finished(await bench.send())
    assert bench.messenger.answers == [ANSWER]
    assert bench.messenger.calls.count("send") == 2


@pytest.mark.parametrize(
    ("troubles", "state"),
    [
        ([], DONE),
        # The network that has cut the answer off may be down for longer.
        ([UnavailableError("cut"), UnavailableError("flood", retry_after=0.01)] * 3, DONE),
        ([UnreachableError("kicked")], FAILED),
    ],
)
async def test_a_message_that_may_have_been_sent_is_asked_about_and_not_sent_again(
    bench: Bench, troubles: list[Exception], state: str
) -> None:
    bench.messenger.fail("edit", MessageGoneError("gone"))
    bench.messenger.fail("send", UncertainError("cut"))
    bench.messenger.fail("doubt", *troubles)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert (job.state, job.placeholder_id) == (state, None)
    await bench.worker.stop(5)
    assert bench.messenger.calls.count("send") == 1
    assert bench.messenger.calls.count("doubt") == len(troubles) + (state == DONE)


async def test_a_failure_after_sending_does_not_send_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = Claims.finish, [OSError("the disk is full"), OSError("it still is")]

    async def troubled(claims: Claims, claim: Claim, message_id: int | None = None) -> bool:
        if failures:
            raise failures.pop()
        return await finish(claims, claim, message_id)

    bench.messenger.fail("edit", MessageGoneError("gone"))
    monkeypatch.setattr(Claims, "finish", troubled)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == DONE
    assert bench.messenger.calls.count("send") == 1
    assert bench.messenger.answers == [ANSWER]


@pytest.mark.parametrize("call", ["announce", "edit"])
async def test_who_blocked_the_bot_is_left_alone(bench: Bench, call: str) -> None:
    bench.messenger.fail(call, UnreachableError("blocked", blocked=True))
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert (job.state, job.failure) == (FAILED, "blocked")
    async with bench.database.read() as session:
        assert (await session.get_one(User, 7)).blocked_at is not None
    assert bench.messenger.calls.count(call) == 1


async def test_an_unexpected_error_in_showing_does_not_go_on_for_ever(bench: Bench) -> None:
    bench.messenger.fail("edit", *[RuntimeError("a mistake in the drawing")] * 10)
    await bench.worker.start()
    [job] = await bench.finished(await bench.send())
    assert job.state == FAILED
    assert bench.messenger.calls.count("edit") == bot.queue.worker.MAX_ATTEMPTS
