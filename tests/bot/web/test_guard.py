"""What strangers, other sites and proxies can and cannot do."""

from collections.abc import Callable
from typing import Any

import pytest
from web_parts import PHOTO, Parts, Visit

from bot.people.limits import Limits
from bot.web import guard
from bot.web.guard import BURST, COOKIE

Open = Callable[..., Any]


async def opened(visit: Open, *arguments: Any, **options: Any) -> Visit:
    page: Visit = await visit(*arguments, **options)
    await page.open()
    return page


@pytest.mark.parametrize("path", ["", "app.js", "api/photos", "api/nothing", "health"])
async def test_every_answer_has_the_headers(visit: Open, path: str) -> None:
    page = await opened(visit)
    async with page.http.get(f"{page.address}/{path}") as response:
        for name, value in guard.HEADERS.items():
            assert response.headers[name] == value
        assert response.headers["Cache-Control"] in ("no-store", "no-cache")
    assert "unsafe" not in guard.HEADERS["Content-Security-Policy"]


async def test_nothing_changes_without_the_page_s_token(visit: Open) -> None:
    page = await opened(visit)
    token, other = page.token, await opened(visit, of=page)
    for wrong in ("", "0" * 40, other.token):
        page.token = wrong
        for method, path in (("POST", "photos"), ("DELETE", "me"), ("PUT", "photos/x/caption")):
            status, answer = await page.ask(method, path, PHOTO)
            assert status == 403, (method, path)
            assert "Load it again" in answer["error"]
    page.token = token
    assert (await page.ask("POST", "photos", PHOTO))[0] == 202


async def test_other_sites_are_refused_even_with_it(visit: Open) -> None:
    page = await opened(visit)
    for site in ("cross-site", "same-site", "none"):
        headers = {"Sec-Fetch-Site": site}
        assert (await page.ask("POST", "photos", PHOTO, headers))[0] == 403


async def test_a_cookie_is_needed_and_out_of_reach_of_scripts(visit: Open) -> None:
    page = await opened(visit)
    (cookie,) = list(page.http.cookie_jar)
    assert cookie.key == COOKIE
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["secure"]
    page.http.cookie_jar.clear()
    assert (await page.ask("POST", "photos", PHOTO))[0] == 403


async def test_behind_a_proxy_the_cookie_is_for_https_only(visit: Open) -> None:
    page = await visit(behind_proxy=True)
    async with page.http.get(page.address, headers={"X-Forwarded-Proto": "https"}) as response:
        assert response.cookies[COOKIE]["secure"]


async def test_requests_come_from_where_the_proxy_says(visit: Open) -> None:
    page = await opened(visit, Limits(per_minute=1, minutes_ahead=0), behind_proxy=True)

    async def sent(forwarded: str) -> int:
        status, _ = await page.ask("POST", "photos", PHOTO, {"X-Forwarded-For": forwarded})
        return status

    assert await sent("192.0.2.1") == 202
    assert await sent("192.0.2.2") == 202
    # What the visitor put before it is hearsay.
    assert await sent("198.51.100.9, 192.0.2.1") == 429


async def test_without_a_proxy_nobody_chooses_where_they_come_from(visit: Open) -> None:
    page = await opened(visit, Limits(per_minute=1, minutes_ahead=0))
    for number, expected in ((1, 202), (2, 429)):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        assert (await page.ask("POST", "photos", PHOTO, headers))[0] == expected


async def test_scripts_are_slowed_down(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BURST", 5)
    page = await opened(visit)
    statuses = [(await page.ask("GET", "photos"))[0] for _ in range(6)]
    assert statuses == [200] * 4 + [429] * 2
    assert BURST > 50  # a page with its files and twenty photos takes about that


async def test_a_database_that_cannot_be_written_is_told(visit: Open, parts: Parts) -> None:
    page = await opened(visit, Limits(per_minute=5, minutes_ahead=0))
    parts.database.write = _unavailable  # type: ignore[method-assign]
    status, answer = await page.ask("POST", "photos", PHOTO)
    assert status == 503
    assert "Nothing can be stored" in answer["error"]


async def test_a_fault_is_told_in_a_sentence_and_logged(
    visit: Open, parts: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page = await opened(visit)
    photo = await page.send()
    monkeypatch.setattr(parts.opinions, "rate", lambda *_: 1 / 0)
    body = {"caption": 0, "value": 1}
    status, answer = await page.ask("POST", f"photos/{photo['id']}/rating", body)
    assert status == 500
    assert answer["error"].endswith(".")
    assert "ZeroDivisionError" in caplog.text


def _unavailable() -> Any:
    raise guard.DatabaseUnavailableError("locked")


@pytest.mark.parametrize(
    ("header", "query", "language"),
    [
        ("ru-RU,ru;q=0.9", "", "ru"),
        ("de,ru;q=0.5", "", "ru"),
        ("en-GB,ru;q=0.5", "", "en"),
        ("xx", "", "en"),
        ("", "", "en"),
        ("en", "?lang=ru", "ru"),
        ("ru", "?lang=xx", "ru"),
    ],
)
async def test_the_language_is_the_chosen_one_or_the_browser_s(
    visit: Open, header: str, query: str, language: str
) -> None:
    page: Visit = await visit()
    headers = {"Accept-Language": header}
    async with page.http.get(f"{page.address}/{query}", headers=headers) as response:
        assert f'<html lang="{language}">' in await response.text()
