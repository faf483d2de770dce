"""Web pages that were saved in place of files: of captive portals, quotas and error messages."""

import codecs

BEGINNING = 512
"""Bytes of a file that tell."""
_TAGS = (b"<!doctype", b"<!--", b"<?xml", b"<html", b"<head", b"<body", b"<meta", b"<script")


EXPLANATION = (
    "is a web page that came in place of the file: open it in a browser to see what it asks for, "
    "then fetch the file again"
)


def is_web_page(beginning: bytes) -> bool:
    """Whether a file that begins so is HTML, or the XML that some servers answer with instead."""
    text = beginning[:BEGINNING].removeprefix(codecs.BOM_UTF8)
    return text.lstrip().lower().startswith(_TAGS)
