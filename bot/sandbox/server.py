"""The sandbox as a web server: the Bot API, the people's API and the chat page."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from bot.sandbox import DEFAULT_HOST, DEFAULT_PORT, SANDBOX_TOKEN, polling
from bot.sandbox.bot_api import BotApi
from bot.sandbox.errors import SandboxStartError
from bot.sandbox.inspection import Inspection
from bot.sandbox.person_api import PersonApi
from bot.sandbox.person_events import STOPPING, PersonEvents
from bot.sandbox.person_requests import explain_errors, refuse_other_sites
from bot.sandbox.world import CALLBACK_SECONDS, Sandbox

_MAX_BODY_BYTES = 64 * 1024 * 1024  # more than Telegram gives to bots, so that too big can be shown
_PAGE = Path(__file__).parent / "page"
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' blob: data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_SHUTDOWN_SECONDS = 1.0

SANDBOX = web.AppKey("sandbox", Sandbox)


def create_app(
    state_dir: Path, token: str = SANDBOX_TOKEN, *, callback_seconds: float = CALLBACK_SECONDS
) -> web.Application:
    """The whole sandbox, with its state in a folder; `app[SANDBOX]` gives tests its inside."""
    sandbox = Sandbox(state_dir, token, callback_seconds)
    app = web.Application(
        client_max_size=_MAX_BODY_BYTES, middlewares=[refuse_other_sites, explain_errors]
    )
    app[SANDBOX] = sandbox
    app[STOPPING] = asyncio.Event()
    app.add_routes(BotApi(sandbox).routes())
    for api in (PersonApi(sandbox), PersonEvents(sandbox), Inspection(sandbox)):
        app.add_routes(api.routes())
    app.router.add_get("/", _page)
    app.router.add_get("/{name:[a-z_]+\\.(?:css|js|svg)}", _page)
    app.cleanup_ctx.append(_deliver)
    app.on_shutdown.append(_end_streams)
    app.on_cleanup.append(_close)
    return app


@asynccontextmanager
async def serve(
    state_dir: Path,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    token: str = SANDBOX_TOKEN,
    *,
    callback_seconds: float = CALLBACK_SECONDS,
) -> AsyncIterator[str]:
    """Run the sandbox while the block runs; gives its address, as `http://127.0.0.1:8081`.

    Port 0 takes any free one. Raises SandboxStartError when it cannot listen there.
    """
    app = create_app(state_dir, token, callback_seconds=callback_seconds)
    async with listening(app, host, port) as address:
        yield address


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """The same for what `create_app` has made."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise SandboxStartError(_why_not(host, port, error)) from error
        listening_port = runner.addresses[0][1]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        yield f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{listening_port}"
    finally:
        await runner.cleanup()


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use, perhaps by another sandbox:"
            " stop that program or choose another port with --port"
            ' (make run ARGS="--port 8082").'
        )
    return f"The sandbox cannot listen on {host}:{port} ({error.strerror}): choose another address."


async def _page(request: web.Request) -> web.StreamResponse:
    path = _PAGE / request.match_info.get("name", "index.html")
    if not path.is_file():
        raise web.HTTPNotFound(text="There is no such page.")
    return web.FileResponse(path, headers=_PAGE_HEADERS)


async def _deliver(app: web.Application) -> AsyncIterator[None]:
    delivering = asyncio.create_task(polling.deliver(app[SANDBOX]))
    yield
    delivering.cancel()
    await asyncio.wait((delivering,))


async def _end_streams(app: web.Application) -> None:
    app[STOPPING].set()
    app[SANDBOX].events_happened.give()


async def _close(app: web.Application) -> None:
    app[SANDBOX].close()
