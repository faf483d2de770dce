"""The captioning models as the worker uses them: in threads, so that the event loop never waits."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from PIL import Image

from bot.steps import NewCaption, Variant
from captioning import open_image

if TYPE_CHECKING:  # it would bring torch, and with it seconds, to every start
    from captioning import Caption

OPTIONS = "default"
"""Decoding options that captions are stored with: those that each version of a model brings."""

Result = TypeVar("Result")


class CaptionerLike(Protocol):
    """What is used of `captioning.Captioner`."""

    @property
    def version(self) -> str: ...

    def caption(self, images: Sequence[Image.Image], /) -> "list[Caption]": ...


class Models:
    """Loaded models by name, and the threads they run in.

    The maths of the models releases Python's lock, and so does decoding a photo.
    """

    def __init__(self, captioners: Mapping[str, CaptionerLike]) -> None:
        self._captioners = captioners
        # One thread for each model, and one so that photos are opened meanwhile.
        self._threads = ThreadPoolExecutor(len(captioners) + 1, thread_name_prefix="models")
        self._turn = {name: asyncio.Lock() for name in captioners}

    @property
    def variants(self) -> dict[str, Variant]:
        """The models that can be asked, in the order of their answers."""
        return {name: Variant(it.version, OPTIONS) for name, it in self._captioners.items()}

    async def open(self, data: bytes) -> Image.Image:
        """The photo in an encoded file.

        Raises:
            captioning.ImageError: the bytes cannot be used.
        """
        return await self._in_thread(lambda: open_image(data))

    async def caption(
        self, photos: Sequence[tuple[Image.Image, Sequence[str]]]
    ) -> list[list[NewCaption]]:
        """Caption photos, each by the models named beside it, all models at the same time."""
        found = await asyncio.gather(
            *(
                self._ask(name, [image for image, names in photos if name in names])
                for name in self._captioners
            )
        )
        captions = {
            name: iter(of_model) for name, of_model in zip(self._captioners, found, strict=True)
        }
        return [
            [next(captions[name]) for name in self._captioners if name in names]
            for _image, names in photos
        ]

    async def close(self) -> None:
        """Start nothing any more. A thread that is at work ends when it is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, name: str, images: Sequence[Image.Image]) -> list[NewCaption]:
        if not images:
            return []
        async with self._turn[name]:
            began = time.perf_counter()
            captioner = self._captioners[name]
            captions = await self._in_thread(lambda: captioner.caption(images))
            milliseconds = (time.perf_counter() - began) * 1000 / len(images)
        return [
            NewCaption(
                model=name,
                version=captioner.version,
                options=OPTIONS,
                text=caption.text,
                words=caption.words,
                word_probabilities=caption.word_probabilities,
                log_probability=caption.log_probability,
                latency_ms=milliseconds,
            )
            for caption in captions
        ]

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
