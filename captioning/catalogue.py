"""The models this package knows by name, and where their checkpoints lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from platformdirs import user_cache_path

from captioning.errors import CaptioningError

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "resnet34-lstm": "ResNet-34 + LSTM",
        "mobilenet-attention": "MobileNet + attention",
    }
)
"""Name of each bundled model and its title for people, in the order of their answers."""

_WEIGHTS = Path(__file__).parent / "weights"
_SUFFIX = ".safetensors"
_SEED = "https://github.com/Koldim2001/Image_captioning"


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
            RemoteFile("model.pt", 29, f"{_SEED}/raw/main/models/model.pt"),
            _SEED_VOCABULARY,
            "resnet34",
        ),
        "seed-mobilenet-attention": RemoteModel(
            "Seed: MobileNet + attention",
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


def title(name: str) -> str:
    """A model's name as people read it; an unknown (old) model keeps its own."""
    return REMOTE[name].title if name in REMOTE else MODELS.get(name, name)


def short_title(name: str) -> str:
    """The first word of a model's title, as "ResNet-34", for where there is little room."""
    return title(name).split(" ")[0]


def default_cache() -> Path:
    """The folder of the user's downloaded models; it may not exist yet."""
    return user_cache_path("captionbot") / "models"


def cached_path(name: str, cache: Path | None = None) -> Path:
    """Where a downloaded model's converted checkpoint lies, or would lie."""
    return (cache or default_cache()) / f"{name}{_SUFFIX}"


def bundled_path(name: str) -> Path:
    """The checkpoint of one of `MODELS`."""
    return _WEIGHTS / f"{name}{_SUFFIX}"


def locate(name_or_path: str | Path, cache: Path | None = None) -> Path:
    """The checkpoint file of a bundled or downloaded model's name, or of a path.

    Args:
        cache: folder of downloaded models; `default_cache` when None.

    Raises:
        UnknownModelError: when there is neither, or the model was not downloaded yet.
    """
    if name_or_path in MODELS:
        return bundled_path(str(name_or_path))
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
        f"{str(name_or_path)!r} is neither a model ({', '.join([*MODELS, *REMOTE])}) "
        "nor a checkpoint file"
    )
