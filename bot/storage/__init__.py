"""Where the bot keeps what must survive a restart: the tables and the way to reach them."""

from bot.storage.engine import Database

__all__ = ["Database"]
