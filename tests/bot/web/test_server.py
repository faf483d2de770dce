"""The page's requests, from the photo to what is said about it."""

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from web_parts import ANOTHER, PHOTO, Parts, Visit

from bot.people.limits import Limits
from bot.queue.downloads import MAX_FILE_BYTES
from bot.storage.tables import Rating
from bot.web import server
from bot.web.server import WebStartError, serve

Open = Callable[..., Any]
OWN = "An astronaut smiles in front of a flag."


async def opened(visit: Open, *arguments: Any, **options: Any) -> Visit:
    page: Visit = await visit(*arguments, **options)
    await page.open()
    return page


async def test_a_photo_is_captioned_rated_and_corrected(visit: Open, parts: Parts) -> None:
    page = await opened(visit)
    photo = await page.send()
    assert photo["status"] == "done"
    assert len(photo["captions"]) == len(parts.models.variants)
    address = f"photos/{photo['id']}"
    rating = {"caption": 0, "value": 1}
    assert await page.ask("POST", f"{address}/rating", rating) == (200, {"rating": 1})
    assert await page.ask("PUT", f"{address}/caption", {"text": OWN}) == (200, {"own": OWN})
    _, [shown] = await page.ask("GET", "photos")
    assert (shown["captions"][0]["rating"], shown["own"]) == (1, OWN)
    assert await page.ask("DELETE", f"{address}/caption") == (200, {"own": None})
    assert await page.ask("POST", f"{address}/rating", rating) == (200, {"rating": 0})


async def test_a_photo_that_cannot_be_read_says_so(visit: Open) -> None:
    page = await opened(visit)
    for data in (b"no image", PHOTO[:1000]):
        photo = await page.send(data)
        assert photo["status"] == "failed"
        assert "cannot be read" in photo["error"]
        rated = await page.ask("POST", f"photos/{photo['id']}/rating", {"caption": 0, "value": 1})
        assert rated[0] == 400
        assert (await page.ask("GET", f"photos/{photo['id']}/picture"))[0] == 422


async def test_a_photo_that_is_too_large_is_not_read(visit: Open) -> None:
    page = await opened(visit)
    status, answer = await page.ask("POST", "photos", b"x" * (MAX_FILE_BYTES + 1))
    assert status == 413
    assert "20 MB" in answer["error"]

    async def endless() -> Any:
        for _ in range(MAX_FILE_BYTES // 2**20 + 2):
            yield bytes(2**20)

    headers = {"X-CSRF-Token": page.token}
    url = f"{page.address}/api/photos"
    async with page.http.post(url, data=endless(), headers=headers) as response:
        assert response.status == 413


async def test_a_photo_that_does_not_arrive_is_given_up(
    visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    page = await opened(visit)

    async def stalled() -> Any:
        yield b"beginning"
        await asyncio.sleep(5)

    headers = {"X-CSRF-Token": page.token}
    url = f"{page.address}/api/photos"
    async with page.http.post(url, data=stalled(), headers=headers) as response:
        assert response.status == 408


async def test_the_bot_s_limits_hold_for_an_address(visit: Open) -> None:
    page = await opened(visit, Limits(per_minute=2, minutes_ahead=0))
    await page.send()
    # Another cookie is no way around.
    other = await opened(visit, of=page)
    await other.send()
    status, answer = await page.ask("POST", "photos", PHOTO)
    assert status == 429
    assert "2 photos a minute" in answer["error"]


async def test_what_waits_does_not_fill_the_memory(visit: Open, parts: Parts) -> None:
    parts.uploads._most_bytes = len(PHOTO) - 1
    page = await opened(visit)
    status, answer = await page.ask("POST", "photos", PHOTO)
    assert status == 503
    assert "Too many photos" in answer["error"]


async def test_a_photo_that_is_sent_again_is_the_same_one(visit: Open) -> None:
    page = await opened(visit)
    photo = await page.send()
    await page.ask("POST", f"photos/{photo['id']}/rating", {"caption": 0, "value": 1})
    again = await page.send()
    assert again["id"] == photo["id"]
    assert again["captions"][0]["rating"] == 1


async def test_nobody_sees_the_photos_of_another(visit: Open) -> None:
    page = await opened(visit)
    photo = await page.send()
    other = await opened(visit, of=page)
    assert await other.ask("GET", "photos") == (200, [])
    address = f"photos/{photo['id']}"
    asked = [
        await other.ask("GET", address),
        await other.ask("GET", f"{address}/picture"),
        await other.ask("POST", f"{address}/rating", {"caption": 0, "value": 1}),
        await other.ask("PUT", f"{address}/caption", {"text": OWN}),
        await other.ask("DELETE", address),
    ]
    assert {status for status, _ in asked} == {404}
    assert (await page.ask("GET", address))[0] == 200


async def test_a_caption_that_cannot_be_used_is_refused(visit: Open) -> None:
    page = await opened(visit)
    photo = await page.send()
    _, answer = await page.ask("PUT", f"photos/{photo['id']}/caption", {"text": "Это кот."})
    assert "English" in answer["refused"]
    _, [shown] = await page.ask("GET", "photos")
    assert shown["own"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"caption": True, "value": 1},
        {"caption": 0, "value": 2},
        {"caption": 99, "value": 1},
    ],
)
async def test_requests_that_the_page_never_makes_are_refused(visit: Open, body: Any) -> None:
    page = await opened(visit)
    photo = await page.send()
    assert (await page.ask("POST", f"photos/{photo['id']}/rating", body))[0] == 400
    assert (await page.ask("PUT", f"photos/{photo['id']}/caption", b"{"))[0] == 400
    assert (await page.ask("GET", "nothing"))[0] == 404


async def test_everything_of_a_visitor_is_deleted(visit: Open, parts: Parts) -> None:
    page = await opened(visit)
    for data in (PHOTO, ANOTHER):
        photo = await page.send(data)
        await page.ask("POST", f"photos/{photo['id']}/rating", {"caption": 0, "value": 1})
    await parts.fetch()
    assert len(parts.kept) == 1  # without what is behind its end, both are the same file
    assert (await page.ask("DELETE", "me"))[0] == 200
    assert await page.ask("GET", "photos") == (200, [])
    assert parts.kept == []
    async with parts.database.read() as session:
        assert (await session.scalars(select(Rating))).all() == []


async def test_a_photo_of_any_kind_comes_back_as_one_that_browsers_show(visit: Open) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (2000, 1000), (200, 0, 0)).save(buffer, "BMP")
    page = await opened(visit)
    photo = await page.send(buffer.getvalue())
    url = f"{page.address}/api/photos/{photo['id']}/picture"
    async with page.http.get(url) as response:
        assert response.content_type == "image/jpeg"
        with Image.open(io.BytesIO(await response.read())) as picture:
            assert max(picture.size) <= server.PREVIEW_SIDE


async def test_the_page_has_its_texts_and_never_takes_them_for_markup(visit: Open) -> None:
    page: Visit = await visit()
    html = await page.open(**{"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"})
    assert '<html lang="ru">' in html
    assert "{" not in html.replace(html.partition('id="texts">')[2].partition("</script>")[0], "")
    texts = json.loads(html.partition('id="texts">')[2].partition("</script>")[0])
    assert texts["drop"] == "Перетащите фотографии сюда"
    for name in ("style.css", "app.js", "photo.js", "heat.js", "api.js", "texts.js", "icon.svg"):
        async with page.http.get(f"{page.address}/{name}") as response:
            assert response.status == 200


async def test_a_port_in_use_is_one_line(visit: Open, parts: Parts) -> None:
    page: Visit = await visit()
    port = int(page.address.rpartition(":")[2])
    with pytest.raises(WebStartError, match="--port"):
        async with serve(None, None, "127.0.0.1", port):  # type: ignore[arg-type]
            pass
    with pytest.raises(WebStartError):
        async with serve(None, None, "127.0.0.1", 99999):  # type: ignore[arg-type]
            pass
