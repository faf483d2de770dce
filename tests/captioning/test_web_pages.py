import pytest

from captioning.web_pages import is_web_page


@pytest.mark.parametrize(
    "beginning",
    [
        b"<!DOCTYPE html><html>",
        b"\r\n  <HTML lang='ru'>",
        b"\xef\xbb\xbf<!-- sign in --><html>",
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    ],
)
def test_pages_are_recognised(beginning: bytes) -> None:
    assert is_web_page(beginning)
    assert is_web_page(beginning + b"." * 10_000)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"PK\x03\x04",
        b"\x80\x02]q\x00",
        b'<\x00\x00\x00\x00\x00\x00\x00{"weight":',  # safetensors whose header has 60 bytes
        b"<3 a dog.,train",
    ],
)
def test_files_are_not(beginning: bytes) -> None:
    assert not is_web_page(beginning)
