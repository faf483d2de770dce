"""What every request has to pass: headers that browsers obey, a cookie, a token, a pace."""

import logging
import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from aiohttp import web

from bot.i18n import in_language, language_of, languages
from bot.storage.availability import DatabaseUnavailableError
from bot.texts.web import not_now_text, stale_page_text, too_fast_text, too_large_text
from bot.web.pace import Pace
from bot.web.visitors import Visitors

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

COOKIE = "captionbot"
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105  its name is no secret
COOKIE_SECONDS = 365 * 24 * 3600
PER_MINUTE, BURST = 240, 120
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE = ("GET", "HEAD")

_visitor: ContextVar[int] = ContextVar("visitor")
_address: ContextVar[int] = ContextVar("address")


class Guard:
    """The middleware of the page.

    Args:
        behind_proxy: a reverse proxy stands before it, and tells in X-Forwarded-For where requests
            come from; whoever else connects could tell anything there.
    """

    def __init__(self, visitors: Visitors, *, behind_proxy: bool) -> None:
        self._visitors = visitors
        self._behind_proxy = behind_proxy
        self._pace = Pace(PER_MINUTE, BURST)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        with in_language(language_asked_for(request)):
            try:
                response = await self._handle(request, handler)
            except web.HTTPRequestEntityTooLarge:
                response = refusal(413, too_large_text())
            except web.HTTPException as error:
                response = refusal(error.status, error.text or error.reason)
            except DatabaseUnavailableError:
                response = refusal(503, not_now_text(), retry_after=5)
            except Exception:
                logger.exception("A request of the page failed")
                response = refusal(500, not_now_text())
        response.headers.update(HEADERS)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _handle(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        where = self._visitors.address_id(self._address(request))
        if seconds := math.ceil(self._pace.wait(where)):
            return refusal(429, too_fast_text(seconds), retry_after=seconds)
        known = self._visitors.of_cookie(request.cookies.get(COOKIE))
        if request.method not in _SAFE and not self._is_from_page(request, known):
            return refusal(403, stale_page_text())
        who = known or self._visitors.new()
        _visitor.set(who)
        _address.set(where)
        response = await handler(request)
        if known is None and response.content_type == "text/html":
            response.set_cookie(
                COOKIE,
                self._visitors.cookie(who),
                max_age=COOKIE_SECONDS,
                httponly=True,
                samesite="Strict",
                secure=self._is_https(request),
            )
        return response

    def _is_from_page(self, request: web.Request, visitor: int | None) -> bool:
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        token = request.headers.get(TOKEN_HEADER, "")
        return (
            visitor is not None
            and site == "same-origin"
            and self._visitors.is_token(visitor, token)
        )

    def _address(self, request: web.Request) -> str:
        # The last one is what the proxy itself has seen; those before it are hearsay.
        forwarded = request.headers.getall("X-Forwarded-For", [])
        if self._behind_proxy and forwarded:
            return forwarded[-1].rpartition(",")[2].strip()
        return request.remote or ""

    def _is_https(self, request: web.Request) -> bool:
        forwarded = request.headers.get("X-Forwarded-Proto", "") if self._behind_proxy else ""
        return request.secure or forwarded == "https"


def visitor() -> int:
    """Who makes the request that is being answered."""
    return _visitor.get()


def address() -> int:
    """The id of where it comes from."""
    return _address.get()


def language_asked_for(request: web.Request) -> str:
    """Chosen on the page, else the first of the browser's that we speak."""
    if (chosen := request.query.get("lang")) in languages():
        return chosen
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        code = part.partition(";")[0].strip()
        found = language_of(code)
        if code and (found != language_of(None) or code.lower().startswith(found)):
            return found
    return language_of(None)


def refusal(status: int, text: str, *, retry_after: int | None = None) -> web.Response:
    """An answer that says why not."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.json_response({"error": text}, status=status, headers=headers)
