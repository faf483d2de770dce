"""Which layout a dataset on disk has."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.datasets.coco import find_coco, load_coco, unlabelled_coco
from training.datasets.flickr import (
    find_flickr8k,
    find_flickr30k,
    load_flickr8k,
    load_flickr30k,
    unlabelled_flickr8k,
    unlabelled_flickr30k,
)
from training.datasets.kaggle import find_kaggle, load_kaggle, unlabelled_kaggle
from training.datasets.karpathy import find_karpathy, load_karpathy, unlabelled_karpathy
from training.datasets.labelled import find_labelled, labelled_photos
from training.datasets.own import (
    Preference,
    find_own,
    load_own,
    load_preferences,
    unlabelled_own,
)
from training.datasets.records import DatasetError, Record, canonical_split, read_json, read_text

_LICENCE_FILES = ("LICENCE.txt", "LICENSE.txt")
_FLICKR = "The photos belong to their authors; the annotations are for research and education."
_COCO = (
    "Annotations: COCO Consortium, CC BY 4.0; the photos belong to their authors and are under "
    "Flickr's terms."
)


@dataclass(frozen=True, slots=True)
class _Layout:
    title: str
    sign: str
    """What it is known by, for people."""
    find: Callable[[Path], Path | None]
    """The path to load when a folder has this layout."""
    load: Callable[[Path, str], list[Record]] | None
    """None where no photo has a caption."""
    unlabelled: Callable[[Path], list[Record]]
    licence: str = ""
    names_the_dataset: bool = True
    """Whether it is the layout of one dataset, rather than of anybody's."""


_KARPATHY = _Layout(
    "Karpathy's splits",
    "dataset_*.json",
    find_karpathy,
    load_karpathy,
    unlabelled_karpathy,
    names_the_dataset=False,
)
_FLICKR30K = _Layout(
    "Flickr30k",
    "results_20130124.token or results.csv",
    find_flickr30k,
    load_flickr30k,
    unlabelled_flickr30k,
    _FLICKR,
)
_OWN = _Layout(
    "a dataset of your own",
    "captions.json or captions.csv",
    find_own,
    load_own,
    unlabelled_own,
    names_the_dataset=False,
)
# Karpathy's file comes first: who puts it beside an official layout wants its splits.
_LAYOUTS = (
    _KARPATHY,
    _Layout(
        "Flickr8k",
        "Flickr8k_text/Flickr8k.token.txt",
        find_flickr8k,
        load_flickr8k,
        unlabelled_flickr8k,
        _FLICKR,
    ),
    _Layout(
        "Flickr8k", "Kaggle's captions.txt", find_kaggle, load_kaggle, unlabelled_kaggle, _FLICKR
    ),
    _FLICKR30K,
    _Layout(
        "COCO captions",
        "annotations/captions_{train,val}{2017,2014}.json or captions_{train,dev}.json",
        find_coco,
        load_coco,
        unlabelled_coco,
        _COCO,
    ),
    _OWN,
    _Layout(
        "photos with names only",
        "labels.tsv",
        find_labelled,
        None,
        labelled_photos,
        names_the_dataset=False,
    ),
)
_KARPATHYS = {
    "dataset_flickr8k": ("Flickr8k", _FLICKR),
    "dataset_flickr30k": ("Flickr30k", _FLICKR),
    "dataset_coco": ("COCO captions", _COCO),
}
"""Title and licence of the datasets that his files split."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset on disk."""

    path: Path
    """Its folder, or its file of captions, as it was given."""
    name: str
    """Its folder's."""
    title: str
    """What it is known as."""
    licence: str
    """Under which terms its captions and photos are; empty where nobody says."""
    _layout: _Layout
    _found: Path

    @property
    def has_captions(self) -> bool:
        return self._layout.load is not None

    def records(self, split: str) -> list[Record]:
        """The captioned photos of a split, as `load_dataset` gives them.

        Raises:
            DatasetError: for what is wrong with it, or when no photo has a caption.
        """
        split = canonical_split(split)
        if self._layout.load is None:
            raise DatasetError(f"{self.path} has photos, but no captions")
        return self._layout.load(self._found, split)

    def preferences(self, split: str) -> list[Preference]:
        """Which captions of a split people prefer to which; none where nobody was asked.

        Raises:
            DatasetError: for what is wrong with their file.
        """
        return load_preferences(self._found.parent, split) if self._layout is _OWN else []

    def unlabelled(self) -> list[Record]:
        """The photos without captions, which belong to no split.

        Raises:
            DatasetError: for what is wrong with the dataset.
        """
        return self._layout.unlabelled(self._found)


def open_dataset(path: Path) -> Dataset:
    """Recognise a dataset by its layout.

    Its licence is what the first paragraph of a ``LICENCE.txt`` in its folder says, else what its
    publisher does.

    Args:
        path: the dataset's folder, or its file of captions: Karpathy's, or a JSON or CSV of one's
            own.

    Raises:
        DatasetError: when the layout is not recognised.
    """
    layout, found = _recognised(path)
    folder = (path.parent if path.is_file() else path).resolve()
    title, licence = (layout.title if layout.names_the_dataset else folder.name), layout.licence
    if layout is _KARPATHY:
        title, licence = _KARPATHYS.get(found.stem, (title, licence))
    texts = (folder / name for name in _LICENCE_FILES)
    if own := next((text for text in texts if text.is_file()), None):
        licence = " ".join(read_text(own).strip().partition("\n\n")[0].split())
    return Dataset(path, folder.name, title, licence, layout, found)


def load_dataset(path: Path, split: str) -> list[Record]:
    """Read one split of a dataset in any layout that is known here.

    Args:
        path: see `open_dataset`.
        split: ``train``, ``dev`` (or ``val``) or ``test``.

    Returns:
        Its records, with unique names, photos that exist and captions that have words.

    Raises:
        DatasetError: when the layout is not recognised, or for what is wrong with the dataset.
    """
    split = canonical_split(split)
    return open_dataset(path).records(split)


def _recognised(path: Path) -> tuple[_Layout, Path]:
    if path.is_file():
        return _layout_of_file(path), path
    if not path.is_dir():
        raise DatasetError(f"{path} does not exist")
    for layout in _LAYOUTS:
        found = layout.find(path)
        if found is not None:
            return layout, found
    looked_for = "; ".join(f"{layout.sign} ({layout.title})" for layout in _LAYOUTS)
    raise DatasetError(f"{path} has no layout that is known here. Looked for: {looked_for}")


def _layout_of_file(path: Path) -> _Layout:
    if path.name == "results.csv" or path.suffix == ".token":
        return _FLICKR30K
    if path.suffix.lower() == ".csv":
        return _OWN
    if path.suffix.lower() == ".json":
        # Karpathy's is an object, a file of one's own is a list.
        return _OWN if isinstance(read_json(path), list) else _KARPATHY
    raise DatasetError(f"{path} is neither a folder nor a JSON or CSV file of captions")
