"""PyTorch's pickled files, read without executing anything in them.

A pickle is a program: it names classes and functions and has them called. Here every name must be
on a list, and what a listed name stands for is an inert record that only remembers its arguments
and its state. Tensors and modules are made of the records afterwards. Any other name is refused,
and named in the error.
"""

import pickle
import struct
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import torch
from torch import Tensor

from captioning.errors import CaptioningError
from captioning.web_pages import BEGINNING, EXPLANATION, is_web_page

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_DTYPES = {
    "torch.FloatStorage": torch.float32,
    "torch.DoubleStorage": torch.float64,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
}
_LAYERS = (
    "activation.LogSoftmax",
    "activation.ReLU",
    "activation.Sigmoid",
    "activation.Softmax",
    "activation.Tanh",
    "container.ModuleList",
    "container.Sequential",
    "dropout.Dropout",
    "linear.Linear",
    "rnn.LSTM",
    "rnn.LSTMCell",
    "sparse.Embedding",
)
_REBUILD_TENSOR = ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2")
_REBUILD_PARAMETER = (
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
)
_RECORDED = (
    *_DTYPES,
    *_REBUILD_TENSOR,
    *_REBUILD_PARAMETER,
    *(f"torch.nn.modules.{layer}" for layer in _LAYERS),
    "torch.device",
)
# Containers of Python itself, which cannot be altered and call nothing of what they hold.
_CONTAINERS: Mapping[str, type] = {"collections.OrderedDict": OrderedDict, "builtins.set": set}


class PickleError(CaptioningError):
    """A pickled file is damaged, of an unknown layout, or asks for what it must not have."""


@dataclass(frozen=True, slots=True)
class PickledModule:
    """What is left of a pickled `torch.nn.Module`: its class's name and its parameters."""

    class_name: str
    parameters: Mapping[str, Tensor]
    """By dotted name as in a state dict, fp32, buffers included."""


def load_module(path: Path, class_names: Iterable[str]) -> PickledModule:
    """Read a whole module that `torch.save` wrote, in today's (zip) or the older layout.

    Args:
        class_names: the classes that the module and its parts may have beside torch's own layers,
            such as ``__main__.Attention``.

    Raises:
        PickleError: naming whatever else the pickle asks for, or saying that the file is damaged.
        OSError: when the file cannot be read.
    """
    allowed = {*_RECORDED, *class_names}
    with path.open("rb") as file:
        _refuse_web_page(file, path.name)
        try:
            read = _read_zip if zipfile.is_zipfile(file) else _read_legacy
            file.seek(0)
            root, storage_bytes = read(file, path.name, allowed)
            if not isinstance(root, _Record):
                raise PickleError(f"{path.name} holds a {type(root).__name__}, not a whole module")
            parameters = dict(_parameters(root, storage_bytes))
        except (CaptioningError, OSError):
            raise
        except Exception as error:  # a file made to break the reader can make it raise anything
            raise PickleError(
                f"{path.name} is damaged, or no module that PyTorch saved: {error}"
            ) from error
    return PickledModule(root.source, parameters)


def load_words(path: Path) -> list[str]:
    """Read a pickled list of strings.

    Raises:
        PickleError: when it is damaged, holds anything else, or asks for anything by name.
        OSError: when the file cannot be read.
    """
    with path.open("rb") as file:
        _refuse_web_page(file, path.name)
        try:
            words = _Unpickler(file, path.name, ()).load()
        except (CaptioningError, OSError):
            raise
        except Exception as error:
            raise PickleError(f"{path.name} is no pickled list of words: {error}") from error
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise PickleError(f"{path.name} is a pickle, but of something else than a list of words")
    return words


def _refuse_web_page(file: BinaryIO, name: str) -> None:
    if is_web_page(file.read(BEGINNING)):
        raise PickleError(f"{name} {EXPLANATION}")
    file.seek(0)


class _Record:
    """Stands for an object of the pickle: remembers how it would be made, and does nothing."""

    __slots__ = ("arguments", "state")
    source: ClassVar[str]
    """The name the pickle asked for."""
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> "_Record":
        record = super().__new__(cls)
        record.arguments = arguments
        record.state = None
        return record

    def __setstate__(self, state: Any) -> None:
        self.state = state


@dataclass(frozen=True, slots=True)
class _Storage:
    """A run of numbers that a tensor is a view of; they lie elsewhere in the file."""

    key: str
    dtype: torch.dtype
    length: int


class _Unpickler(pickle.Unpickler):
    """Python's unpickler with every name replaced by a record.

    Args:
        name: the file's name for error messages.
        allowed: the full names that may occur.
    """

    def __init__(self, file: BinaryIO, name: str, allowed: Iterable[str]) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}
        self._name = name
        # New classes for each file: a pickle can set attributes of what it can name.
        self._known: dict[str, type] = {
            source: type(source, (_Record,), {"__slots__": (), "source": source})
            for source in allowed
        }
        if self._known:
            self._known.update(_CONTAINERS)

    def find_class(self, module: str, name: str) -> type:
        full_name = f"{'builtins' if module == '__builtin__' else module}.{name}"
        try:
            return self._known[full_name]
        except KeyError:
            raise PickleError(
                f"{self._name} is refused: it asks for {full_name}, which such a file does not "
                "need; nothing of it was executed"
            ) from None

    def persistent_load(self, reference: Any) -> object:
        kind = reference[0]
        if kind == "module":  # the older layout: class, source file, source text
            return reference[1]
        if kind != "storage":
            raise PickleError(f"{self._name} is refused: it refers to an unknown {kind!r}")
        _, storage_class, key, _, length = reference[:5]
        if len(reference) > 5 and reference[5] is not None:
            raise PickleError(f"{self._name} holds storages inside others, which is not supported")
        storage = _Storage(str(key), _DTYPES[storage_class.source], int(length))
        return self.storages.setdefault(storage.key, storage)


_StorageBytes = Callable[[_Storage], bytes]


def _read_zip(file: BinaryIO, name: str, allowed: Iterable[str]) -> tuple[Any, _StorageBytes]:
    archive = zipfile.ZipFile(file)
    pickles = [entry for entry in archive.namelist() if entry.count("/") == 1]
    pickles = [entry for entry in pickles if entry.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise PickleError(f"{name} is a zip file, but none that PyTorch wrote")
    folder = pickles[0].removesuffix("data.pkl")

    def content(entry: str) -> bytes:
        # PyTorch never compresses; what is stored cannot grow beyond the file's own size.
        if archive.getinfo(folder + entry).compress_type != zipfile.ZIP_STORED:
            raise PickleError(f"{name} is compressed, which PyTorch's own files are not")
        return archive.read(folder + entry)

    if f"{folder}byteorder" in archive.namelist() and content("byteorder") != b"little":
        raise PickleError(f"{name} was saved on a big-endian machine, which is not supported")
    with archive.open(pickles[0]) as stream:
        root = _Unpickler(stream, name, allowed).load()  # type: ignore[arg-type]
    return root, lambda storage: content(f"data/{storage.key}")


def _read_legacy(file: BinaryIO, name: str, allowed: Iterable[str]) -> tuple[Any, _StorageBytes]:
    """PyTorch's layout before 1.6: several pickles one after another, then the storages."""
    if _Unpickler(file, name, ()).load() != _LEGACY_MAGIC:
        raise PickleError(f"{name} is a pickle, but none that PyTorch saved")
    if _Unpickler(file, name, ()).load() != _LEGACY_PROTOCOL:
        raise PickleError(f"{name} has an unknown version of PyTorch's older layout")
    if not _Unpickler(file, name, ()).load()["little_endian"]:
        raise PickleError(f"{name} was saved on a big-endian machine, which is not supported")
    unpickler = _Unpickler(file, name, allowed)
    root = unpickler.load()
    contents: dict[str, bytes] = {}
    for key in _Unpickler(file, name, ()).load():
        storage = unpickler.storages[str(key)]
        (length,) = struct.unpack("<q", file.read(8))
        if length != storage.length:
            raise ValueError(f"storage {key} has {length} numbers, not {storage.length}")
        contents[storage.key] = file.read(length * storage.dtype.itemsize)
    return root, lambda storage: contents[storage.key]


def _parameters(module: _Record, storage_bytes: _StorageBytes) -> Iterator[tuple[str, Tensor]]:
    """Yield a module's tensors with their dotted names."""
    seen: set[int] = set()
    used: Counter[str] = Counter()
    waiting = [("", module)]
    while waiting:
        prefix, current = waiting.pop()
        if id(current) in seen:
            raise ValueError("a module occurs twice")
        seen.add(id(current))
        for kind in ("_parameters", "_buffers"):
            for name, record in current.state[kind].items():
                if record is not None:
                    yield prefix + name, _tensor(record, storage_bytes, used)
        for name, part in current.state["_modules"].items():
            if part is not None:
                waiting.append((f"{prefix}{name}.", part))


def _tensor(record: _Record, storage_bytes: _StorageBytes, used: Counter[str]) -> Tensor:
    """The tensor of a record; `used` counts the numbers taken from each storage so far."""
    if record.source in _REBUILD_PARAMETER:
        record = record.arguments[0]
    if record.source not in _REBUILD_TENSOR:
        raise ValueError(f"{record.source} stands where a tensor should")
    storage, offset, size, stride = record.arguments[:4]
    # Tensors may be parts of one storage, but never more than it holds: else a small file could
    # ask for any amount of memory.
    used[storage.key] += prod(size)
    if used[storage.key] > storage.length:
        raise ValueError("tensors are larger than their storage")
    data = storage_bytes(storage)
    if len(data) != storage.length * storage.dtype.itemsize:
        raise ValueError(f"storage {storage.key} is incomplete")
    numbers = torch.frombuffer(bytearray(data), dtype=storage.dtype)
    return numbers.as_strided(size, stride, offset).float().clone()
