"""Who visits: a signed cookie, the token that their page sends along, and where they come from.

People of Telegram have ids below 2^52; visitors and addresses have theirs far above, so that all
can share one database.
"""

import hashlib
import hmac
import ipaddress
import os
import secrets
from pathlib import Path

KEY_FILE = "web.key"
_KEY_BYTES = 32
_VISITORS = 1 << 61
_ADDRESSES = 1 << 60
_BITS = 59
_IPV6_PREFIX = 64
"""Bits of an address that one household has; the others are the choice of each machine."""


class Visitors:
    """Tells visitors apart.

    Args:
        key: secret; other keys make all cookies invalid.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> int:
        """The id of somebody who comes for the first time."""
        return _VISITORS + secrets.randbits(_BITS)

    def cookie(self, visitor: int) -> str:
        """What their browser keeps."""
        return f"{visitor}.{self._sign('visitor', visitor)}"

    def of_cookie(self, cookie: str | None) -> int | None:
        """Whose cookie it is; None when it is not one of ours."""
        number, _, signature = (cookie or "").partition(".")
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            return None
        visitor = int(number)
        valid = hmac.compare_digest(self._sign("visitor", visitor).encode(), signature.encode())
        return visitor if valid else None

    def token(self, visitor: int) -> str:
        """What their page sends with everything that changes something; other sites cannot."""
        return self._sign("token", visitor)

    def is_token(self, visitor: int, token: str) -> bool:
        return hmac.compare_digest(self.token(visitor).encode(), token.encode())

    def address_id(self, address: str) -> int:
        """The id that photos from a network address are counted under, which does not tell it."""
        digest = self._sign("address", _network(address))
        return _ADDRESSES + (int(digest, 16) & ((1 << _BITS) - 1))

    def _sign(self, purpose: str, what: object) -> str:
        return hmac.new(self._key, f"{purpose} {what}".encode(), hashlib.sha256).hexdigest()[:40]


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)


def load_key(folder: Path) -> bytes:
    """The key of a data folder, made when there is none; only its owner can read the file.

    Raises:
        OSError: it can neither be read nor made.
    """
    path = folder / KEY_FILE
    if path.exists() and len(key := path.read_bytes()) == _KEY_BYTES:
        return key
    key = secrets.token_bytes(_KEY_BYTES)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key
