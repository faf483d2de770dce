"""The parts of the page without Telegram, for tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.feedback.kept_photos import KeptPhotos
from bot.feedback.photo_fetcher import PhotoFetcher
from bot.queue.models import Models
from bot.queue.steps import NewCaption
from bot.storage import Database
from bot.web.opinions import Opinions
from bot.web.uploads import Upload, Uploads

PHOTO = (Path(__file__).parents[1] / "data" / "astronaut.jpg").read_bytes()
ANOTHER = PHOTO + b"\n"
"""The same to look at, in other bytes."""
VISITOR, OTHER = 1 << 61, (1 << 61) + 1
ADDRESS = 1 << 60


@dataclass
class Parts:
    """What the page is made of."""

    database: Database
    models: Models
    uploads: Uploads
    kept_photos: KeptPhotos
    fetcher: PhotoFetcher
    opinions: Opinions
    folder: Path

    async def captioned(
        self,
        visitor: int = VISITOR,
        data: bytes = PHOTO,
        captions: list[NewCaption] | None = None,
    ) -> Upload:
        """A photo of a visitor that has its captions, those of the models if none are given."""
        upload = self.uploads.add(visitor, ADDRESS, data)
        if captions is None:
            image = await self.models.open(data)
            names = tuple(self.models.variants)
            (captions,) = await self.models.caption([(image, names, "normal")])
        upload.captions = captions
        upload.done.set()
        return upload

    async def fetch(self) -> None:
        """Let the photos that are wanted be kept."""
        while await self.fetcher.fetch_next():
            pass

    @property
    def kept(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]


class Visit:
    """A browser on the page, as far as its requests go."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http = http
        self.address = address
        self.token = ""

    async def open(self, **headers: str) -> str:
        """Load the page; returns its HTML."""
        async with self.http.get(self.address, headers=headers) as response:
            assert response.status == 200
            page = await response.text()
        found = re.search(r'name="csrf-token" content="(\w+)"', page)
        assert found is not None
        self.token = found[1]
        return page

    async def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Ask as the page does; returns the status and the answer."""
        given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.http.request(
            method,
            f"{self.address}/api/{path}",
            headers={"X-CSRF-Token": self.token, **(headers or {})},
            **(given if body is not None else {}),
        ) as response:
            return response.status, await response.json()

    async def send(self, data: bytes = PHOTO) -> dict[str, Any]:
        """Send a photo and wait for its captions."""
        status, photo = await self.ask("POST", "photos", data)
        assert status == 202, photo
        status, photo = await self.ask("GET", f"photos/{photo['id']}?wait")
        assert status == 200
        found: dict[str, Any] = photo
        return found
