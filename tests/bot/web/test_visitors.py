from pathlib import Path

import pytest

from bot.web.visitors import Visitors, load_key

VISITORS = Visitors(b"k" * 32)


def test_a_visitor_comes_back_with_their_cookie() -> None:
    visitor = VISITORS.new()
    assert VISITORS.of_cookie(VISITORS.cookie(visitor)) == visitor
    assert VISITORS.new() != visitor
    assert 0 < visitor < 2**63


@pytest.mark.parametrize("cookie", [None, "", "7", "7.", "x.y", "²." + "0" * 40, "9" * 99 + ".0"])
def test_nobody_can_make_a_cookie(cookie: str | None) -> None:
    assert VISITORS.of_cookie(cookie) is None


def test_a_cookie_is_of_one_visitor_and_one_key() -> None:
    cookie = VISITORS.cookie(VISITORS.new())
    number, _, signature = cookie.partition(".")
    assert VISITORS.of_cookie(f"{int(number) + 1}.{signature}") is None
    assert Visitors(b"other").of_cookie(cookie) is None
    assert VISITORS.of_cookie(f"{number}.{VISITORS.token(int(number))}") is None


def test_a_token_is_of_one_visitor() -> None:
    one, other = VISITORS.new(), VISITORS.new()
    assert VISITORS.is_token(one, VISITORS.token(one))
    assert not VISITORS.is_token(other, VISITORS.token(one))
    assert not VISITORS.is_token(one, "ключ")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
def test_photos_are_counted_by_household(one: str, other: str, same: bool) -> None:
    assert (VISITORS.address_id(one) == VISITORS.address_id(other)) is same
    # An address is never taken for a visitor, nor for somebody at Telegram.
    assert 2**60 <= VISITORS.address_id(one) < 2**61 <= VISITORS.new()


def test_the_key_lasts_and_is_the_owner_s(tmp_path: Path) -> None:
    key = load_key(tmp_path)
    assert load_key(tmp_path) == key
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"cut")
    assert len(load_key(tmp_path)) == len(key)
