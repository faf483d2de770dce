"""The models this package knows by name, and where their checkpoints lie.

A model's entry is the only place that knows it. Another model is one more entry: in `BUNDLED`,
with its file in the package's weights, or made of any checkpoint by `register`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from platformdirs import user_cache_path

from captioning.card import CheckpointError, read_document
from captioning.decoder_protocol import DecoderConfig
from captioning.errors import CaptioningError

_WEIGHTS = Path(__file__).parent / "weights"
_SUFFIX = ".safetensors"
_NAME = re.compile(r"[\w.-]{1,32}", re.ASCII)
"""Names are stored in lists and carried by buttons, which have room for 64 bytes in all."""
_SEED = "https://github.com/Koldim2001/Image_captioning"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """What is known of a model that can be used without being fetched first."""

    name: str
    title: str
    """The model's name as people read it."""
    short_title: str
    """The same in a word, for a button on a narrow phone."""
    has_attention: bool
    """Whether its captions tell where it looked at each word."""
    path: Path
    """Its checkpoint."""
    is_preferred: bool = False
    """Whether it is the one to ask where there is room for one caption, as for an alternative
    text."""


class UnknownModelError(CaptioningError):
    """Neither the name of a model that is here nor the path of a checkpoint."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the network, at a URL or on Google Drive."""

    name: str
    megabytes: float
    """About how large it is."""
    url: str
    """Where gdown, or a person with a browser, gets it; of a Drive file, its page."""
    drive_id: str | None = None
    """Of a Google Drive file, which has no URL that gives the file itself."""
    sha256: str | None = None
    """None where nobody has published one; the first download's is then recorded."""


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model that can be fetched: the seed's pickled decoder and its vocabulary."""

    title: str
    short_title: str
    decoder: str
    """The kind of its decoder, see `DecoderConfig`."""
    weights: RemoteFile
    vocabulary: RemoteFile
    encoder: str
    """The torchvision classifier whose ImageNet weights it uses, from torchvision's hub."""


_SEED_VOCABULARY = RemoteFile(
    "vocab.pkl",
    0.06,
    f"{_SEED}/raw/main/vocab.pkl",
    sha256="327159005e4871d371de7cba0020a50bc9eabcf956231d34708c7a95f46ca695",
)
REMOTE: Mapping[str, RemoteModel] = MappingProxyType(
    {
        "seed-resnet-lstm": RemoteModel(
            "Seed: ResNet-34 + LSTM",
            "Seed: ResNet-34",
            "seed-lstm",
            RemoteFile("model.pt", 29, f"{_SEED}/raw/main/models/model.pt"),
            _SEED_VOCABULARY,
            "resnet34",
        ),
        "seed-mobilenet-attention": RemoteModel(
            "Seed: MobileNet + attention",
            "Seed: MobileNet",
            "seed-attention",
            RemoteFile(
                "model_attention.pt",
                112,
                "https://drive.google.com/file/d/1gGo-JGPg0umUHceySjM6oWiLKZJ7wJik/view",
                drive_id="1gGo-JGPg0umUHceySjM6oWiLKZJ7wJik",
            ),
            _SEED_VOCABULARY,
            "mobilenet_v3_small",
        ),
    }
)
"""The models that `captioning.download` fetches by name."""


BUNDLED = (
    ModelEntry(
        "resnet34-lstm",
        "ResNet-34 + LSTM",
        "ResNet-34",
        has_attention=False,
        path=_WEIGHTS / f"resnet34-lstm{_SUFFIX}",
    ),
    ModelEntry(
        "mobilenet-attention",
        "MobileNet + attention",
        "MobileNet",
        has_attention=True,
        path=_WEIGHTS / f"mobilenet-attention{_SUFFIX}",
        is_preferred=True,
    ),
)
"""The models whose checkpoints lie in the package, in the order of their answers."""

_entries = {entry.name: entry for entry in BUNDLED}

ENTRIES: Mapping[str, ModelEntry] = MappingProxyType(_entries)
"""Every model by its name, in the order of their answers: the bundled ones, then those that this
process has registered."""


class _Titles(Mapping[str, str]):
    """A view of `ENTRIES` that follows what is registered."""

    def __getitem__(self, name: str) -> str:
        return _entries[name].title

    def __iter__(self) -> Iterator[str]:
        return iter(_entries)

    def __len__(self) -> int:
        return len(_entries)


MODELS: Mapping[str, str] = _Titles()
"""The title of each of `ENTRIES` by its name, in the same order."""


def register(
    path: Path,
    *,
    name: str | None = None,
    title: str | None = None,
    short_title: str | None = None,
) -> ModelEntry:
    """Make a checkpoint one of this process's models, the last in their order.

    Args:
        name: what it is called; the name on its card when None.
        title: its name for people; `name` when None.
        short_title: the same in a word; the first word of the title when None.

    Raises:
        CheckpointError: when the file is none.
        CaptioningError: when there is a model of that name already, or it is no name: a word of
            at most 32 letters, digits, dots, hyphens and underscores.
    """
    document = read_document(path)
    try:
        name = name or str(document["card"]["model"])
        has_attention = DecoderConfig(**document["decoder"]).has_attention
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the metadata of {path} is damaged: {error}") from error
    if name in _entries or name in REMOTE:
        raise CaptioningError(f"there is a model {name} already: give this one another name")
    if not _NAME.fullmatch(name):
        raise CaptioningError(
            f"{name!r} cannot be a model's name: give it another one, of at most 32 letters, "
            "digits, dots, hyphens and underscores"
        )
    title = title or name
    entry = ModelEntry(name, title, short_title or title.split()[0], has_attention, path)
    _entries[name] = entry
    return entry


def unregister(name: str) -> None:
    """Forget a model that `register` made one.

    Raises:
        UnknownModelError: when there is none of that name, or it is a bundled one.
    """
    if name not in _entries or _entries[name] in BUNDLED:
        raise UnknownModelError(f"{name!r} is no model that was registered")
    del _entries[name]


def attentive_models() -> tuple[str, ...]:
    """The names of the models that tell where they looked."""
    return tuple(it.name for it in _entries.values() if it.has_attention)


def preferred_model() -> str:
    """The name of the model to ask where there is room for one caption."""
    return next((it.name for it in _entries.values() if it.is_preferred), next(iter(_entries)))


def title(name: str) -> str:
    """A model's name as people read it; one that is not known (any more) keeps its own."""
    known = _entries.get(name) or REMOTE.get(name)
    return known.title if known else name


def short_title(name: str) -> str:
    """The same in a word, as "ResNet-34", for a button on a narrow phone."""
    known = _entries.get(name) or REMOTE.get(name)
    return known.short_title if known else name


def default_cache() -> Path:
    """The folder of the user's downloaded models; it may not exist yet."""
    return user_cache_path("captionbot") / "models"


def cached_path(name: str, cache: Path | None = None) -> Path:
    """Where a downloaded model's converted checkpoint lies, or would lie."""
    return (cache or default_cache()) / f"{name}{_SUFFIX}"


def locate(name_or_path: str | Path, cache: Path | None = None) -> Path:
    """The checkpoint file of a model's name, or of a path.

    Args:
        cache: folder of downloaded models; `default_cache` when None.

    Raises:
        UnknownModelError: when there is neither, or the model was not downloaded yet.
    """
    if name_or_path in _entries:
        return _entries[str(name_or_path)].path
    if name_or_path in REMOTE:
        path = cached_path(str(name_or_path), cache)
        if not path.is_file():
            raise UnknownModelError(
                f"the model {name_or_path} is not on this machine yet: "
                f"run `caption download {name_or_path}` first"
            )
        return path
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise UnknownModelError(
        f"{str(name_or_path)!r} is neither a model ({', '.join([*_entries, *REMOTE])}) "
        "nor a checkpoint file"
    )
