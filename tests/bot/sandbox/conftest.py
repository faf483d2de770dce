"""A sandbox server in the test's event loop, the bot's side and a person's side of it."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bot.sandbox import ALICE, SANDBOX_TOKEN, SandboxUser
from bot.sandbox.server import serve


class Api:
    """Both sides of a running sandbox, over HTTP."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    def address(self, method: str, token: str = SANDBOX_TOKEN) -> str:
        return f"{self.url}/bot{token}/{method}"

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A Bot API call with a JSON body; the whole answer."""
        async with self.http.post(self.address(method), json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == (200 if answer["ok"] else answer["error_code"])
            return answer

    async def result(self, method: str, **parameters: Any) -> Any:
        """The result of a call that must succeed."""
        answer = await self.call(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **parameters: Any) -> str:
        """The words in which a call is refused."""
        answer = await self.call(method, **parameters)
        assert not answer["ok"], answer
        return str(answer["description"])

    async def person(self, action: str, user_id: int = ALICE.id, **content: Any) -> Any:
        """Something a person does, with a JSON body."""
        address = f"{self.url}/sandbox/api/chats/{user_id}/{action}"
        async with self.http.post(address, json=content) as response:
            return await response.json()

    async def act(self, chat_id: int, user: SandboxUser, action: str, **content: Any) -> Any:
        """Something a person does in any chat, with a JSON body."""
        address = f"{self.url}/sandbox/api/chats/{chat_id}/{action}"
        async with self.http.post(address, params={"as": user.id}, json=content) as response:
            return await response.json()

    async def send_files(
        self, chat_id: int, user: SandboxUser, action: str, files: list[bytes], **fields: str
    ) -> Any:
        """Files that a person sends in any chat; `action` may be a kind, an album or an edit."""
        form = aiohttp.FormData(fields)
        for data in files:
            form.add_field("file", data, filename="a.jpg", content_type="image/jpeg")
        address = f"{self.url}/sandbox/api/chats/{chat_id}/{action}"
        async with self.http.post(address, params={"as": user.id}, data=form) as response:
            return await response.json()

    async def seen(self, chat_id: int, user: SandboxUser) -> Any:
        """A chat as a person sees it."""
        address = f"{self.url}/sandbox/api/chats/{chat_id}"
        async with self.http.get(address, params={"as": user.id}) as response:
            return await response.json()

    async def upload(
        self, data: bytes, kind: str = "photo", name: str = "a.jpg", mime_type: str = "image/jpeg"
    ) -> Any:
        form = aiohttp.FormData()
        form.add_field("file", data, filename=name, content_type=mime_type)
        address = f"{self.url}/sandbox/api/chats/{ALICE.id}/{kind}"
        async with self.http.post(address, data=form) as response:
            return await response.json()

    async def fault(self, method: str, **trouble: Any) -> None:
        address = f"{self.url}/sandbox/api/faults"
        async with self.http.post(address, json={"method": method, **trouble}) as response:
            assert response.status == 200, await response.text()

    async def download(self, file_path: str, token: str = SANDBOX_TOKEN) -> tuple[int, bytes]:
        async with self.http.get(f"{self.url}/file/bot{token}/{file_path}") as response:
            return response.status, await response.read()


Running = Callable[..., AbstractAsyncContextManager[Api]]


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """Starts a sandbox, always on the same state: `async with running() as api`."""

    @asynccontextmanager
    async def start(**options: Any) -> AsyncIterator[Api]:
        async with (
            serve(tmp_path / "state", port=0, **options) as url,
            aiohttp.ClientSession() as http,
        ):
            yield Api(http, url)

    return start


@pytest.fixture
async def api(running: Running) -> AsyncIterator[Api]:
    async with running() as started:
        yield started


@pytest.fixture
async def chat(api: Api) -> Api:
    """A sandbox where Alice has started the bot and nothing is pending."""
    await api.person("text", text="/start")
    await api.result("getUpdates", offset=-1)
    await api.result("deleteWebhook", drop_pending_updates=True)
    return api


@pytest.fixture
def jpeg() -> Callable[..., bytes]:
    """Makes a picture: `jpeg(1600, 900)`; other colours for another `seed`."""

    def make(width: int = 640, height: int = 480, seed: int = 0, **options: Any) -> bytes:
        image = Image.linear_gradient("L").resize((width, height))
        image = Image.merge("RGB", (image, image.rotate(180), image.point(lambda v: v ^ seed)))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", **options)
        return buffer.getvalue()

    return make
