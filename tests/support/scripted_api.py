"""A Bot API server that answers as a test says, troubles included."""

from collections.abc import Awaitable, Callable

from aiohttp import web

TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefg"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers each method as the test says, in turn; the last answer stays."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self._answers: dict[str, list[Answer]] = {}

    def on(self, method: str, *answers: Answer) -> None:
        self._answers[method] = list(answers)

    def count(self, method: str) -> int:
        return self.calls.count(method)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = "download" if "/file/" in request.path else request.match_info["name"]
        self.calls.append(method)
        answers = self._answers[method]
        return await (answers.pop(0) if len(answers) > 1 else answers[0])(request)


def ok(result: object = True) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": result})

    return answer


def refusal(status: int, description: str, **parameters: object) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        body = {"ok": False, "error_code": status, "description": description}
        return web.json_response(body | {"parameters": parameters}, status=status)

    return answer


def page(status: int, body: bytes = b"<html>Bad gateway</html>") -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """Announces more bytes than it sends, then closes the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"only this")
    assert request.transport is not None
    request.transport.close()
    return response


async def chunked(request: web.Request) -> web.StreamResponse:
    """Does not say how much comes, and sends a lot."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(50):
        await response.write(bytes(100))
    return response
