"""What lies behind the chats: files, the bot's calls and updates, and trouble to come."""

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bot.sandbox.errors import PersonError
from bot.sandbox.faults import Fault
from bot.sandbox.parameters import read_parameters
from bot.sandbox.world import Sandbox

_FAULTS = TypeAdapter(Fault)


class Inspection:
    """Request handlers for one sandbox; see person_api.py."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(r"/sandbox/api/files/{unique_id:[\w-]+}", self.file),
            web.get("/sandbox/api/calls", self.calls),
            web.post("/sandbox/api/updates", self.add_update),
            web.get("/sandbox/api/faults", self.faults),
            web.post("/sandbox/api/faults", self.add_fault),
            web.delete("/sandbox/api/faults", self.clear_faults),
        ]

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file for the page; photos and stickers are shown, others only offered for saving."""
        unique_id = request.match_info["unique_id"]
        path = self._sandbox.files.path_of(unique_id)
        if path is None:
            raise PersonError("The file does not exist.", 404)
        shown_as = self._sandbox.files.shown_as(unique_id)
        return web.FileResponse(
            path,
            headers={
                "Content-Type": shown_as or "application/octet-stream",
                "Content-Disposition": "inline" if shown_as else "attachment",
                "Cache-Control": "private, max-age=31536000, immutable",
            },
        )

    async def calls(self, request: web.Request) -> web.Response:
        """The bot's latest calls, polling left out."""
        calls = [call for call in self._sandbox.calls if call["method"] != "getUpdates"]
        return web.json_response(calls)

    async def add_update(self, request: web.Request) -> web.Response:
        """Let the bot get an update of any shape, as a newer Bot API may send it."""
        for kind, content in (await read_parameters(request)).values.items():
            self._sandbox.state.add_update(kind, content)
        self._sandbox.updates_arrived.give()
        return web.json_response({})

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response(self._sandbox.faults.coming())

    async def add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = _FAULTS.validate_python((await read_parameters(request)).values)
        except ValidationError as error:
            raise PersonError(f"No such fault: {error.errors()[0]['msg']}.") from None
        self._sandbox.faults.add(fault)
        return web.json_response({})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._sandbox.faults.clear()
        return web.json_response({})
