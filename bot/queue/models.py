"""The captioning models as the worker uses them: in threads, so that the event loop never waits."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypedDict, TypeVar

from PIL import Image

from bot.queue.batches import Batches
from bot.queue.steps import NewCaption, Variant
from bot.storage.tables import LONG, NORMAL, SHORT
from captioning import open_image

if TYPE_CHECKING:  # it would bring torch, and with it seconds, to every start
    from captioning import Caption

ALTERNATIVES = 4
"""Most other wordings that are stored with a caption."""


class Decoding(TypedDict, total=False):
    """How captions are searched for where it is not as the model's checkpoint says."""

    beam_size: int
    length_penalty: float
    brevity: float


OPTIONS: Mapping[str, Decoding] = MappingProxyType(
    {
        # Short ones need the bonus for ending: length normalisation can only choose among the
        # captions that the search has found.
        SHORT: {"beam_size": 5, "length_penalty": 0.0, "brevity": 2.0},
        NORMAL: {},
        LONG: {"beam_size": 5, "length_penalty": 1.5},
    }
)
"""Decoding options by the detail that a person wants."""

Result = TypeVar("Result")


class CaptionerLike(Protocol):
    """What is used of `captioning.Captioner`."""

    @property
    def version(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    def caption(
        self,
        images: Sequence[Image.Image],
        /,
        *,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        brevity: float = 0.0,
        alternatives: int = 0,
    ) -> "list[Caption]": ...


class Models:
    """Loaded models by name, and the threads they run in.

    The maths of the models releases Python's lock, and so does decoding a photo.
    """

    def __init__(self, captioners: Mapping[str, CaptionerLike]) -> None:
        self._captioners = captioners
        # One thread for each model, and one so that photos are opened meanwhile.
        self._threads = ThreadPoolExecutor(len(captioners) + 1, thread_name_prefix="models")
        self._batches = {name: Batches(partial(self._run, name)) for name in captioners}

    @property
    def variants(self) -> dict[str, Variant]:
        """The models that can be asked, in the order of their answers."""
        return {
            name: Variant(
                captioner.version,
                {detail: _described(captioner.fingerprint, detail) for detail in OPTIONS},
            )
            for name, captioner in self._captioners.items()
        }

    async def open(self, data: bytes) -> Image.Image:
        """The photo in an encoded file.

        Raises:
            captioning.ImageError: the bytes cannot be used.
        """
        return await self._in_thread(lambda: open_image(data))

    async def caption(
        self, photos: Sequence[tuple[Image.Image, Sequence[str], str]]
    ) -> list[list[NewCaption]]:
        """Caption photos, all models at the same time.

        Each photo has beside it the models to ask and the detail (SHORT, NORMAL, LONG) wanted.
        """
        found: list[dict[str, NewCaption]] = [{} for _ in photos]

        async def ask(name: str) -> None:
            for detail in OPTIONS:
                rows = [
                    row
                    for row, (_image, names, wanted) in enumerate(photos)
                    if name in names and wanted == detail
                ]
                captions = await self._ask(name, [photos[row][0] for row in rows], detail)
                for row, caption in zip(rows, captions, strict=True):
                    found[row][name] = caption

        await asyncio.gather(*map(ask, self._captioners))
        return [
            [by_model[name] for name in self._captioners if name in by_model] for by_model in found
        ]

    async def close(self) -> None:
        """Start nothing any more. A thread that is at work ends when it is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, name: str, images: Sequence[Image.Image], detail: str) -> list[NewCaption]:
        return await self._batches[name].ask(detail, images) if images else []

    async def _run(self, name: str, detail: str, images: Sequence[Image.Image]) -> list[NewCaption]:
        began = time.perf_counter()
        captioner = self._captioners[name]
        captions = await self._in_thread(
            lambda: captioner.caption(images, alternatives=ALTERNATIVES, **OPTIONS[detail])
        )
        milliseconds = (time.perf_counter() - began) * 1000 / len(images)
        return [
            NewCaption(
                model=name,
                version=captioner.version,
                options=_described(captioner.fingerprint, detail),
                text=caption.text,
                words=caption.words,
                word_probabilities=caption.word_probabilities,
                log_probability=caption.log_probability,
                latency_ms=milliseconds,
                alternatives=caption.alternatives,
                attention=caption.attention,
                confidence=caption.confidence,
            )
            for caption in captions
        ]

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _described(fingerprint: str, detail: str) -> str:
    """Stored with a caption, so that other weights or options are never taken for the same."""
    chosen = [f"{name}={value}" for name, value in OPTIONS[detail].items()]
    return " ".join([f"weights={fingerprint}", *chosen])


def threads_for(models: int, cores: int) -> int:
    """Threads of each of several models that work at the same time.

    One core is left for the event loop, which under load has work all the time: a photo costs it
    about as much as a model. The others are shared, rounded up.
    """
    return max(1, -((1 - cores) // max(1, models)))


def available_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
