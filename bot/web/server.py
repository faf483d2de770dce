"""The page without Telegram as a web server."""

import asyncio
import errno
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

from aiohttp import web
from PIL import Image

from bot.feedback.caption_rules import MAX_CHARACTERS, CaptionRefusedError
from bot.i18n import language_name, languages
from bot.people.limits import Limits
from bot.people.privacy import Privacy
from bot.queue.downloads import MAX_FILE_BYTES
from bot.queue.failures import Failure
from bot.queue.jobs import Refusal, Turn
from bot.queue.models import Models
from bot.storage import Database
from bot.texts.access import limit_text
from bot.texts.corrections import refusal_text
from bot.texts.web import (
    accepted_kinds,
    failed_text,
    gone_text,
    page_texts,
    too_busy_text,
    too_large_text,
)
from bot.web.answers import described
from bot.web.guard import Guard, address, language_asked_for, refusal, visitor
from bot.web.line import Line
from bot.web.opinions import Opinions
from bot.web.uploads import NoRoomError, Upload, Uploads
from bot.web.visitors import Visitors
from captioning import ImageError

WAIT_SECONDS = 20.0
"""How long a request for captions waits for them; proxies give up after 30 or more."""
BODY_SECONDS = 60.0
"""A photo that takes longer to arrive is given up."""
ARRIVING_AT_ONCE = 8
PREVIEW_SIDE = 1024
_BUSY_SECONDS = 60
_PAGE = Path(__file__).parent / "page"
_SHUTDOWN_SECONDS = 1.0


class WebStartError(Exception):
    """The page cannot be served; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the page is made from."""

    database: Database
    models: Models
    uploads: Uploads
    line: Line
    opinions: Opinions
    privacy: Privacy
    limits: Limits
    retention_days: int | None


class Page:
    """The routes."""

    def __init__(self, services: Services, visitors: Visitors) -> None:
        self._services = services
        self._visitors = visitors
        self._arriving = asyncio.Semaphore(ARRIVING_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._index),
            web.get("/{name:[a-z_]+\\.(?:css|js|svg)}", self._file),
            web.get("/health", self._health),
            web.get("/api/photos", self._list),
            web.post("/api/photos", self._take),
            web.get("/api/photos/{id}", self._show),
            web.get("/api/photos/{id}/picture", self._picture),
            web.post("/api/photos/{id}/rating", self._rate),
            web.put("/api/photos/{id}/caption", self._correct),
            web.delete("/api/photos/{id}/caption", self._withdraw),
            web.delete("/api/photos/{id}", self._remove),
            web.delete("/api/me", self._forget),
        ]

    async def _index(self, request: web.Request) -> web.Response:
        language = language_asked_for(request)
        links = [
            f'<a href="?lang={code}" lang="{code}">{escape(language_name(code))}</a>'
            for code in languages()
            if code != language
        ]
        texts = json.dumps(page_texts(self._services.retention_days)).replace("<", "\\u003c")
        page = (_PAGE / "index.html").read_text(encoding="utf-8")
        for name, value in {
            "language": language,
            "languages": " ".join(links),
            "token": self._visitors.token(visitor()),
            "kinds": accepted_kinds(),
            "longest": str(MAX_CHARACTERS),
            "texts": texts,
        }.items():
            page = page.replace("{" + name + "}", value)
        return web.Response(text=page, content_type="text/html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = _PAGE / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _list(self, request: web.Request) -> web.Response:
        uploads = self._services.uploads.of(visitor())
        return web.json_response([await self._described(upload) for upload in uploads])

    async def _take(self, request: web.Request) -> web.Response:
        services = self._services
        if (request.content_length or 0) > MAX_FILE_BYTES:
            return refusal(413, too_large_text())
        try:
            services.line.check_room()
            if self._arriving.locked():
                raise NoRoomError
            async with self._arriving:
                if isinstance(refused := await self._count(), Refusal):
                    wait = int(refused.wait.total_seconds()) + 1
                    return refusal(429, limit_text(refused, 1), retry_after=wait)
                async with asyncio.timeout(BODY_SECONDS):
                    data = await request.read()
            upload = services.uploads.add(visitor(), address(), data)
        except NoRoomError:
            return refusal(503, too_busy_text(), retry_after=_BUSY_SECONDS)
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        if not upload.is_taken:
            upload.is_taken = True
            services.line.add(upload)
        return web.json_response(await self._described(upload), status=202)

    async def _count(self) -> Turn | Refusal:
        async with self._services.database.write() as session:
            return await self._services.limits.take(session, address())

    async def _show(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        try:
            async with asyncio.timeout(WAIT_SECONDS if "wait" in request.query else 0.0):
                await upload.done.wait()
        except TimeoutError:
            pass
        return web.json_response(await self._described(upload))

    async def _picture(self, request: web.Request) -> web.Response:
        """The photo as any browser can show it, which not every one can of HEIC."""
        try:
            image = await self._services.models.open(self._upload(request).data)
        except ImageError:
            return refusal(422, failed_text(Failure.BAD_IMAGE))
        return web.Response(body=await asyncio.to_thread(_jpeg, image), content_type="image/jpeg")

    async def _rate(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        wanted = await _json(request)
        index, value = wanted.get("caption"), wanted.get("value")
        if type(index) is not int or value not in (1, -1):
            raise web.HTTPBadRequest
        try:
            rating = await self._services.opinions.rate(
                upload, index, value, language_asked_for(request)
            )
        except IndexError:
            raise web.HTTPBadRequest from None
        return web.json_response({"rating": rating})

    async def _correct(self, request: web.Request) -> web.Response:
        upload = self._upload(request)
        text = (await _json(request)).get("text")
        if not isinstance(text, str):
            raise web.HTTPBadRequest
        try:
            own = await self._services.opinions.correct(upload, text, language_asked_for(request))
        except CaptionRefusedError as error:
            return web.json_response({"refused": refusal_text(error.reason)})
        return web.json_response({"own": own})

    async def _withdraw(self, request: web.Request) -> web.Response:
        await self._services.opinions.withdraw(self._upload(request))
        return web.json_response({"own": None})

    async def _remove(self, request: web.Request) -> web.Response:
        await self._drop(self._upload(request))
        return web.json_response({})

    async def _forget(self, request: web.Request) -> web.Response:
        for upload in self._services.uploads.of(visitor()):
            await self._drop(upload)
        await self._services.privacy.forget(visitor())
        return web.json_response({})

    async def _drop(self, upload: Upload) -> None:
        self._services.line.withdraw(upload)
        await self._services.opinions.forget(upload)
        self._services.uploads.drop(upload)

    def _upload(self, request: web.Request) -> Upload:
        upload = self._services.uploads.find(visitor(), request.match_info["id"])
        if upload is None:
            raise web.HTTPNotFound(text=gone_text())
        return upload

    async def _described(self, upload: Upload) -> dict[str, object]:
        await self._services.opinions.recall(upload)
        return described(upload, self._services.line.place(upload))


@asynccontextmanager
async def serve(
    services: Services, visitors: Visitors, host: str, port: int, *, behind_proxy: bool = False
) -> AsyncIterator[str]:
    """Serve the page while the block runs; gives its address, as `http://127.0.0.1:8082`.

    Port 0 takes any free one.

    Raises:
        WebStartError: it cannot listen there.
    """
    guard = Guard(visitors, behind_proxy=behind_proxy)
    app = web.Application(client_max_size=MAX_FILE_BYTES, middlewares=[guard.middleware])
    app.add_routes(Page(services, visitors).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, OverflowError) as error:
            raise WebStartError(_why_not(host, port, error)) from error
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        name = f"[{reachable}]" if ":" in reachable else reachable
        yield f"http://{name}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use: stop that program, or choose another with --port."
    reason = getattr(error, "strerror", None) or error
    return f"The page cannot be served on {host}:{port} ({reason}): choose another address."


async def _json(request: web.Request) -> dict[str, object]:
    try:
        found = json.loads(await request.text())
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(found, dict):
        raise web.HTTPBadRequest
    return found


def _jpeg(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
