"""The bot's side over HTTP: /bot<token>/<method> and /file/bot<token>/<path>."""

import asyncio
import hmac
import logging
import re
import time

from aiohttp import web

from bot.sandbox.errors import BotApiError
from bot.sandbox.faults import DOWNLOAD, Fault
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import read_parameters
from bot.sandbox.world import Sandbox

logger = logging.getLogger(__name__)

_TOKEN_SHAPE = re.compile(r"[1-9]\d*:[\w-]+", re.ASCII)
_BY_LOWER_NAME = {name.lower(): name for name in METHODS}


class BotApi:
    """Request handlers for one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token:[^/]+}/{method:[^/]+}", self.call),
            web.get("/file/bot{token:[^/]+}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = _BY_LOWER_NAME.get(name.lower(), name)
        record = {"method": method, "at": time.time(), "status": 200}
        fault: Fault | None = None
        try:
            self._check_token(request)
            self._sandbox.calls.append(record)
            if method not in METHODS:
                raise BotApiError(404, "Not Found: method not found")
            parameters = await read_parameters(request)
            about: dict[str, int] = {
                field: parameters.integer(field)
                for field in ("chat_id", "message_id")
                if field in parameters.values
            }
            record |= about
            fault = await self._sandbox.faults.meet(method, about.get("chat_id"))
            if self._sandbox.limits is not None:
                self._sandbox.limits.count(method, about.get("chat_id"))
            result = await METHODS[method](self._sandbox, parameters)
            response = web.json_response({"ok": True, "result": result})
        except BotApiError as error:
            record |= {"status": error.status, "description": error.description}
            response = web.json_response(error.body(), status=error.status)
        except Exception:  # one broken call must look like Telegram's trouble, not end the server
            logger.exception("The sandbox failed in %s", method)
            record["status"] = 500
            trouble = BotApiError(500, "Internal Server Error")
            response = web.json_response(trouble.body(), status=500)
        if fault is not None and fault.lose_answer:
            _cut(request)
        if fault is not None and fault.answer is not None:
            response = web.Response(text=fault.answer, content_type="application/json")
        return response

    async def download(self, request: web.Request) -> web.StreamResponse:
        fault = self._sandbox.faults.take(DOWNLOAD)
        try:
            self._check_token(request)
            refusal = fault.error() if fault else None
            if refusal is not None:
                raise refusal
            path = self._sandbox.files.path_of_link(request.match_info["path"])
            if path is None:
                raise BotApiError(404, "Not Found")
        except BotApiError as error:
            return web.json_response(error.body(), status=error.status)
        if fault is None:
            return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})
        return await _troubled_download(request, await asyncio.to_thread(path.read_bytes), fault)

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if not _TOKEN_SHAPE.fullmatch(token):
            raise BotApiError(404, "Not Found")
        if not hmac.compare_digest(token, self._sandbox.token):
            raise BotApiError(401, "Unauthorized")


async def _troubled_download(request: web.Request, data: bytes, fault: Fault) -> web.StreamResponse:
    """Send a file with a pause in its middle, or break off after `cut_after` bytes."""
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = len(data)
    await response.prepare(request)
    if fault.cut_after is not None:
        await response.write(data[: fault.cut_after])
        if fault.delay:
            await asyncio.sleep(fault.delay)
        _cut(request)
        return response
    await response.write(data[: len(data) // 2])
    await asyncio.sleep(fault.delay)
    await response.write(data[len(data) // 2 :])
    await response.write_eof()
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
