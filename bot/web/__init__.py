"""A page without Telegram: drop photos, see captions, rate and correct them.

What waits and what was said about photos stays in memory, for an hour; in the database, with the
bot's own services, is only what somebody has rated or corrected, and how many photos came from
where.
"""

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8082
