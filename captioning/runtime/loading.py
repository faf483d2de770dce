"""From a checkpoint to a compiled network, through the cache where it is there already."""

import hashlib
import importlib.metadata
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

import captioning
from captioning.description import Description
from captioning.runtime import cache as disk
from captioning.runtime.network import OpenVINONetwork
from captioning.runtime.telemetry import import_openvino

if TYPE_CHECKING:
    from captioning.checkpoint import Checkpoint

# int8 matrices are multiplied with activations that are rounded in groups of so many.
_GROUP = "128"
_one_export = Lock()  # torch traces one network at a time


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network and what its checkpoint's `captioning.fingerprint` is."""

    network: OpenVINONetwork
    fingerprint: str


def load(
    path: Path,
    description: Description,
    *,
    threads: int | None = None,
    full_precision: bool = False,
    folder: Path | None = None,
) -> Loaded:
    """The network of a checkpoint, without torch where it was compiled before.

    Args:
        description: what the file says.
        threads: processor threads; all cores when None.
        full_precision: compute in fp32 even where something faster is native.
        folder: of compiled models; `captioning.runtime.cache.default_folder` when None.

    Raises:
        CheckpointError: when the file is damaged or its weights do not fit their architecture.
    """
    folder = folder or disk.default_folder()
    key = _key(path, description, full_precision)
    entry = disk.load(folder, key)
    if entry is not None:
        try:
            return _from_entry(entry, description, threads, full_precision)
        except Exception:  # whatever OpenVINO raises at what another machine has compiled
            entry = None
    from captioning.checkpoint import Checkpoint
    from captioning.fingerprint import fingerprint

    checkpoint = Checkpoint.load(path)
    compiled = _compile(checkpoint, threads, full_precision)
    name = fingerprint(checkpoint)
    parts = [_exported(compiled.reader), _exported(compiled.steps)]
    disk.save(folder, key, disk.Entry({"fingerprint": name, "rows": compiled.rows}, parts))
    return Loaded(_network(compiled, description), name)


def compile_checkpoint(
    checkpoint: "Checkpoint", *, threads: int | None = None, full_precision: bool = False
) -> OpenVINONetwork:
    """The network of a checkpoint in memory.

    Args:
        threads, full_precision: see `load`.

    Raises:
        CheckpointError: when the weights do not fit their architecture.
    """
    return _network(_compile(checkpoint, threads, full_precision), checkpoint)


@dataclass(frozen=True, slots=True)
class _Compiled:
    reader: Any
    steps: Any
    rows: int
    memory: object = None
    """What the graphs read their weights from, which must live as long as they do."""


def _network(compiled: _Compiled, description: Description) -> OpenVINONetwork:
    return OpenVINONetwork(
        compiled.reader,
        compiled.steps,
        compiled.rows,
        description.preprocessing,
        description.vocabulary,
        compiled.memory,
    )


def _compile(checkpoint: "Checkpoint", threads: int | None, full_precision: bool) -> _Compiled:
    from captioning.runtime.export import export

    full_precision = full_precision or checkpoint.decoder_config.is_imported
    with _one_export:
        reader, steps, rows = export(
            checkpoint.build(), checkpoint.preprocessing, full_precision=full_precision
        )
    core = _core()
    for_reader, for_steps = _settings(threads, full_precision)
    return _Compiled(
        core.compile_model(reader, "CPU", for_reader),
        core.compile_model(steps, "CPU", for_steps),
        rows,
    )


def _from_entry(
    entry: disk.Entry, description: Description, threads: int | None, full_precision: bool
) -> Loaded:
    openvino = import_openvino()
    full_precision = full_precision or description.decoder_config.is_imported
    reader, steps = (
        _core().import_model(openvino.Tensor(part, shared_memory=True), "CPU", settings)
        for part, settings in zip(entry.parts, _settings(threads, full_precision), strict=True)
    )
    compiled = _Compiled(reader, steps, int(entry.notes["rows"]), entry.parts)
    return Loaded(_network(compiled, description), str(entry.notes["fingerprint"]))


def _settings(
    threads: int | None, full_precision: bool
) -> tuple[dict[str, object], dict[str, object]]:
    """How the graphs that read photos and that say words are computed."""
    common: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
    if threads:
        common["INFERENCE_NUM_THREADS"] = threads
    if full_precision:
        exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
        return common | exact, common | exact
    # Beside the products little is computed of a step: bf16 would be less exact and no faster.
    return common, common | {
        "INFERENCE_PRECISION_HINT": "f32",
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP,
    }


@cache
def _core() -> Any:
    return import_openvino().Core()


def _exported(compiled: Any) -> "np.typing.NDArray[np.uint8]":
    content = compiled.export_model()
    return np.frombuffer(
        content.getbuffer() if hasattr(content, "getbuffer") else content, np.uint8
    )


def _key(path: Path, description: Description, full_precision: bool) -> str:
    """Differs wherever something else would be compiled, and starts with the model's name."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    core = _core()
    told = (
        import_openvino().get_version(),
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
        platform.machine(),
        importlib.metadata.version("torchvision"),
        full_precision,
        _GROUP,
    )
    digest.update(repr(told).encode())
    package = Path(captioning.__file__).parent
    for source in (
        "decoders.py",
        "encoders.py",
        "trunks.py",
        "runtime/export.py",
        "runtime/steps.py",
    ):
        digest.update((package / source).read_bytes())
    return f"{description.card.model}-{digest.hexdigest()[:24]}"
