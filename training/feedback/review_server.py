"""`caption-train review`: a page in the browser, on this machine only, to go through captions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from captioning import CaptioningError
from training.feedback.review import Review, ReviewError

HOST = "127.0.0.1"
DEFAULT_PORT = 8082

_PAGE = Path(__file__).with_name("review_page")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # the photos are other people's
}
_REVIEW = web.AppKey("review", Review)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ReviewStartError(CaptioningError):
    """The page cannot be served; the text says why and what to do."""


@asynccontextmanager
async def serve(folder: Path, port: int = DEFAULT_PORT) -> AsyncIterator[str]:
    """Serve the review of a dataset while the block runs; gives the page's address.

    Args:
        port: 0 takes any free one.

    Raises:
        DatasetError: when there is no curated dataset in `folder`.
        ReviewStartError: when the port is taken.
    """
    app = web.Application(middlewares=[_local_only, _explained])
    app[_REVIEW] = await asyncio.to_thread(Review, folder)
    app.router.add_get("/api/captions/{number:\\d+}", _caption)
    app.router.add_post("/api/captions/{number:\\d+}", _decide)
    app.router.add_get("/api/progress", _progress)
    app.router.add_get("/photos/{number:\\d+}", _photo)
    app.router.add_get("/", _page)
    app.router.add_get("/{name:[a-z_]+\\.(?:css|js)}", _page)
    app.on_response_prepare.append(_add_headers)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise ReviewStartError(
                f"port {port} of {HOST} cannot be used ({error.strerror}): choose another --port"
            ) from error
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def run(folder: Path, port: int, started: Callable[[str], object]) -> None:
    """Serve until cancelled; `started` is told the address."""
    async with serve(folder, port) as url:
        started(url)
        await asyncio.Event().wait()


@web.middleware
async def _local_only(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse pages of other sites, also those that have their name point to this machine."""
    if request.url.host not in (HOST, "localhost"):
        raise web.HTTPForbidden(text="This page is for this machine only.")
    origin = request.headers.get("Origin")
    if origin is not None and origin != str(request.url.origin()):
        raise web.HTTPForbidden(text="Another site may not decide here.")
    if request.method == "POST" and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Decisions are JSON.")
    return await handler(request)


@web.middleware
async def _explained(request: web.Request, handler: _Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ReviewError as error:
        return web.json_response({"error": str(error)}, status=400)
    except OSError as error:
        reason = f"The decision could not be saved: {error.strerror}."
        return web.json_response({"error": reason}, status=507)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


async def _caption(request: web.Request) -> web.Response:
    return web.json_response(_state(request.app[_REVIEW], int(request.match_info["number"])))


async def _progress(request: web.Request) -> web.Response:
    review = request.app[_REVIEW]
    return web.json_response({"counts": review.counts(), "next": review.next_open()})


async def _decide(request: web.Request) -> web.Response:
    try:
        body = await request.json()
        action, text = body["action"], body.get("text", "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReviewError("A decision is an object with an action.") from error
    if not isinstance(action, str | None) or not isinstance(text, str):
        raise ReviewError("A decision is an object with an action.")
    review, number = request.app[_REVIEW], int(request.match_info["number"])
    # On this thread: two decisions never write the file at once, and one takes milliseconds.
    review.decide(number, action, text)
    return web.json_response(_state(review, number))


def _state(review: Review, number: int) -> dict[str, object]:
    shown = review.shown(number)
    return {"caption": shown, "counts": review.counts(), "next": review.next_open()}


async def _photo(request: web.Request) -> web.StreamResponse:
    path = request.app[_REVIEW].photo(int(request.match_info["number"]))
    if not await asyncio.to_thread(path.is_file):
        raise web.HTTPNotFound(text="The photo is not there.")
    return web.FileResponse(path)


async def _page(request: web.Request) -> web.StreamResponse:
    path = _PAGE / request.match_info.get("name", "index.html")
    if not path.is_file():
        raise web.HTTPNotFound(text="There is no such page.")
    return web.FileResponse(path)
