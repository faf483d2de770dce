"""Names for people in what leaves the bot: always the same for a person, and they say nothing.

Ids at Telegram are short numbers, so a plain hash of one could be undone by trying all of them;
here a key takes part that stays with the bot.
"""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path


class PseudonymsError(Exception):
    """The key cannot be used; the text says why and what to do."""


class Pseudonyms:
    """Pseudonyms made with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "Pseudonyms":
        """Those of the key in a file, which is made when there is none yet.

        Raises:
            PseudonymsError: the file is damaged, or cannot be made.
        """
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return cls(_read(path))
        except OSError as error:
            raise PseudonymsError(
                f"The key file {path} cannot be written ({error.strerror}); "
                "set DATA_DIR to the folder that the bot uses."
            ) from None
        key = secrets.token_bytes(32)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex())
        return cls(key)

    def of(self, user_id: int) -> str:
        """16 hexadecimal digits."""
        return hmac.new(self._key, str(user_id).encode(), hashlib.sha256).hexdigest()[:16]


def _read(path: Path) -> bytes:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise PseudonymsError(
            f"The key file {path} cannot be read ({error.strerror}); run this as the bot's user."
        ) from None
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise PseudonymsError(
            f"The key file {path} is damaged; restore it, or delete it: "
            "people then have other pseudonyms from now on."
        )
    return bytes.fromhex(text)
