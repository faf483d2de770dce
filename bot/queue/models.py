"""The captioning models as the worker uses them: in threads, so that the event loop never waits."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class LoadedVariant(Variant):
    """A version that is ready: whoever holds it can ask it, also when another was promoted."""

    captioner: CaptionerLike = field(compare=False, repr=False)

    @classmethod
    def of(cls, captioner: CaptionerLike) -> "LoadedVariant":
        options = {detail: _described(captioner.fingerprint, detail) for detail in OPTIONS}
        return cls(captioner.version, options, captioner)


_Asked = tuple[LoadedVariant, str]
"""What captions of one batch have in common: by whom, and in which detail."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version on trial: it answers some people, and the one that was promoted the others."""

    captioner: CaptionerLike
    percent: int
    """Of the people."""


class Models:
    """The models by name, in the versions that answer now, and the threads they run in.

    The maths of the models releases Python's lock, and so does decoding a photo.
    """

    def __init__(self, captioners: Mapping[str, CaptionerLike]) -> None:
        """`captioners` are the package's own versions, which answer until others do."""
        self.own = captioners
        self._current: dict[str, LoadedVariant] = {}
        self._candidates: dict[str, tuple[LoadedVariant, int]] = {}
        self.serve(captioners)
        # One thread for each model, and one so that photos are opened meanwhile.
        self._threads = ThreadPoolExecutor(len(captioners) + 1, thread_name_prefix="models")
        self._batches = {name: Batches(partial(self._run, name)) for name in captioners}

    def serve(
        self,
        captioners: Mapping[str, CaptionerLike],
        candidates: Mapping[str, Candidate] = MappingProxyType({}),
    ) -> None:
        """Let these versions answer from now on; what was begun ends with those it began with."""
        self._current = {name: LoadedVariant.of(captioners[name]) for name in self.own}
        self._candidates = {
            name: (LoadedVariant.of(it.captioner), it.percent) for name, it in candidates.items()
        }

    def variants(self, user_id: int) -> dict[str, Variant]:
        """The models that can be asked about a person's photos, in the order of their answers."""
        variants: dict[str, Variant] = dict(self._current)
        for name, (candidate, percent) in self._candidates.items():
            if takes_part(user_id, f"{name} {candidate.version}", percent):
                variants[name] = candidate
        return variants

    @property
    def versions(self) -> dict[str, str]:
        """The version of each model that answers, but for those who take part in a trial."""
        return {name: variant.version for name, variant in self._current.items()}

    @property
    def trials(self) -> dict[str, tuple[str, int]]:
        """The version on trial of each model that has one, and the percentage of people."""
        return {name: (it.version, percent) for name, (it, percent) in self._candidates.items()}

    async def open(self, data: bytes) -> Image.Image:
        """The photo in an encoded file.

        Raises:
            captioning.ImageError: the bytes cannot be used.
        """
        return await self._in_thread(lambda: open_image(data))

    async def caption(
        self, photos: Sequence[tuple[Image.Image, Mapping[str, Variant], str]]
    ) -> list[list[NewCaption]]:
        """Caption photos, all models at the same time.

        Each photo has beside it the models to ask, as `variants` gave them, and the detail (SHORT,
        NORMAL, LONG) wanted.
        """
        found: list[dict[str, NewCaption]] = [{} for _ in photos]

        async def ask(name: str) -> None:
            # Some may have been claimed before another version was promoted, or be of people who
            # take part in a trial.
            alike: dict[tuple[int, str], list[int]] = {}
            for row, (_image, variants, detail) in enumerate(photos):
                if name in variants:
                    key = id(_loaded(variants[name]).captioner), detail
                    alike.setdefault(key, []).append(row)
            for rows in alike.values():
                _image, variants, detail = photos[rows[0]]
                images = [photos[row][0] for row in rows]
                asked = _loaded(variants[name]), detail
                captions = await self._batches[name].ask(asked, images)
                for row, caption in zip(rows, captions, strict=True):
                    found[row][name] = caption

        await asyncio.gather(*map(ask, self.own))
        return [[by_model[name] for name in self.own if name in by_model] for by_model in found]

    async def close(self) -> None:
        """Start nothing any more. A thread that is at work ends when it is done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(
        self, name: str, asked: _Asked, images: Sequence[Image.Image]
    ) -> list[NewCaption]:
        variant, detail = asked
        began = time.perf_counter()
        captions = await self._in_thread(
            lambda: variant.captioner.caption(images, alternatives=ALTERNATIVES, **OPTIONS[detail])
        )
        milliseconds = (time.perf_counter() - began) * 1000 / len(images)
        return [
            NewCaption(
                model=name,
                version=variant.version,
                options=variant.options[detail],
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


def takes_part(user_id: int, trial: str, percent: int) -> bool:
    """Whether a person takes part in a trial that `percent` of the people do.

    It is the same at every call and after every restart, so nobody's answers change back and
    forth; when the share grows, those who take part already go on. Another trial is of others.
    """
    digest = hashlib.blake2b(f"{trial} {user_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 100 < percent


def _loaded(variant: Variant) -> LoadedVariant:
    assert isinstance(variant, LoadedVariant), "it comes from Models.variants"
    return variant


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
