"""Pickles that are what they should be, and pickles made to do harm."""

import builtins
import collections
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from captioning.errors import CaptioningError
from captioning.seed.torch_pickle import PickleError, load_module, load_words

NAMES = ("__main__.LLMModel", "__main__.DecoderWithAttention", "__main__.Attention")
LAYOUTS = {"zip": True, "older": False}


@pytest.fixture(params=LAYOUTS)
def save(request: pytest.FixtureRequest, seed: Any, tmp_path: Path) -> Callable[..., Path]:
    """Saves a module in one of PyTorch's two layouts."""

    def save(module: nn.Module) -> Path:
        options = {"_use_new_zipfile_serialization": LAYOUTS[request.param]}
        path: Path = seed.save(module, tmp_path / "model.pt", **options)
        assert zipfile.is_zipfile(path) == LAYOUTS[request.param]
        return path

    return save


def test_parameters_come_back_by_name(seed: Any, save: Callable[..., Path]) -> None:
    for module in (seed.lstm(20, 8, 6, 3), seed.attention(20, 8, 6, 5)):
        loaded = load_module(save(module), NAMES)
        assert loaded.class_name == f"__main__.{type(module).__name__}"
        expected = module.state_dict()
        assert loaded.parameters.keys() == expected.keys()
        for name, tensor in expected.items():
            assert torch.equal(loaded.parameters[name], tensor)


def test_half_precision_and_parameters_that_share_memory(
    seed: Any, save: Callable[..., Path]
) -> None:
    """A GPU lays all weights of an LSTM into one storage."""
    module = seed.lstm(20, 8, 6, 2).half()
    parameters = list(module.lstm_cell.parameters())
    together = torch.cat([parameter.detach().flatten() for parameter in parameters])
    for parameter, part in zip(
        parameters, together.split([one.numel() for one in parameters]), strict=True
    ):
        parameter.data = part.view_as(parameter)
    loaded = load_module(save(module), NAMES)
    for name, tensor in module.state_dict().items():
        assert torch.equal(loaded.parameters[name], tensor.float())


class Harm:
    """Pickled as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def harms(trace: Path) -> dict[str, Harm]:
    return {
        f"{os.system.__module__}.system": Harm(os.system, f"touch {trace}"),
        "builtins.eval": Harm(eval, f"open({str(trace)!r}, 'w')"),
        "builtins.exec": Harm(exec, f"open({str(trace)!r}, 'w')"),
        "builtins.getattr": Harm(getattr, "", "join"),
        "collections.Counter": Harm(collections.Counter, "abc"),
        "pickle.loads": Harm(pickle._loads, pickle.dumps(1)),
        "torch.storage._load_from_bytes": Harm(torch.storage._load_from_bytes, b"x"),
    }


@pytest.mark.parametrize("name", harms(Path()))
def test_a_module_that_asks_for_more_is_refused_by_name(
    name: str, seed: Any, save: Callable[..., Path], tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    module = seed.lstm(20, 8, 6, 1)
    module.embed.harm = harms(trace)[name]
    path = save(module)
    with pytest.raises(PickleError, match=rf"refused: it asks for \w*{name.split('.')[0]}"):
        load_module(path, NAMES)
    assert not trace.exists()


@pytest.mark.parametrize("name", [*harms(Path()), "collections.OrderedDict"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_vocabulary_that_asks_for_anything_is_refused(
    name: str, protocol: int, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    known = harms(trace) | {"collections.OrderedDict": Harm(collections.OrderedDict)}
    path = tmp_path / "vocab.pkl"
    path.write_bytes(pickle.dumps(["PAD", known[name]], protocol))
    with pytest.raises(PickleError, match=r"vocab\.pkl is refused: it asks for"):
        load_words(path)
    assert not trace.exists()


def test_a_class_of_another_name_is_refused(seed: Any, save: Callable[..., Path]) -> None:
    path = save(seed.attention(20, 8, 6, 5))
    with pytest.raises(PickleError, match=r"asks for __main__\.DecoderWithAttention"):
        load_module(path, NAMES[:1])
    with pytest.raises(PickleError, match=r"asks for __main__\.Attention"):
        load_module(path, NAMES[:2])


def test_names_cannot_be_reached_through_others(tmp_path: Path) -> None:
    """Protocol 4 may ask for attributes: posix.system as the attribute of an allowed module."""
    for module, name in (("torch._utils", "_rebuild_tensor.__globals__"), ("os", "system")):
        asked = (
            b"\x80\x04\x8c" + bytes([len(module)]) + module.encode()
            + b"\x8c" + bytes([len(name)]) + name.encode() + b"\x93."
        )  # fmt: skip
        path = tmp_path / "model.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", asked)
        with pytest.raises(PickleError, match=f"asks for {module}.{name}"):
            load_module(path, NAMES)


def test_a_small_file_cannot_ask_for_much_memory(seed: Any, save: Callable[..., Path]) -> None:
    module = seed.lstm(20, 8, 6, 1)
    module.embed.weight = nn.Parameter(torch.zeros(1).expand(10**6, 10**6))
    with pytest.raises(PickleError, match="larger than their storage"):
        load_module(save(module), NAMES)
    repeated = nn.Parameter(torch.zeros(1000))
    for number in range(3):
        module.register_parameter(f"again{number}", repeated)
    module.embed.weight = nn.Parameter(torch.zeros(2, 2))
    with pytest.raises(PickleError, match="larger than their storage"):
        load_module(save(module), NAMES)


def test_compressed_files_are_refused(seed: Any, tmp_path: Path) -> None:
    path = seed.save(seed.lstm(20, 8, 6, 1), tmp_path / "model.pt")
    packed = tmp_path / "packed.pt"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w") as target:
        for entry in source.namelist():
            target.writestr(entry, source.read(entry), zipfile.ZIP_DEFLATED)
    with pytest.raises(PickleError, match="compressed"):
        load_module(packed, NAMES)


def test_files_of_another_sort_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"")
    with pytest.raises(PickleError, match=r"model\.pt is damaged"):
        load_module(path, NAMES)
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(PickleError, match="none that PyTorch saved"):
        load_module(path, NAMES)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(PickleError, match="none that PyTorch wrote"):
        load_module(path, NAMES)
    torch.save([1, 2], path)
    with pytest.raises(PickleError, match="holds a list, not a whole module"):
        load_module(path, NAMES)
    with pytest.raises(FileNotFoundError):
        load_module(tmp_path / "nowhere.pt", NAMES)


def test_a_web_page_in_place_of_a_file_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_text("\n<!doctype html><html>The quota is used up")
    for load in (lambda: load_module(path, NAMES), lambda: load_words(path)):
        with pytest.raises(PickleError, match=r"model\.pt is a web page"):
            load()


def test_damage_anywhere_is_an_error_of_ours_or_harmless(
    seed: Any, save: Callable[..., Path], tmp_path: Path
) -> None:
    content = save(seed.attention(20, 8, 6, 5)).read_bytes()
    chosen = random.Random(4)
    broken = tmp_path / "broken.pt"
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chosen.randrange(min(len(damaged), 6000))] = chosen.randrange(256)
        broken.write_bytes(
            damaged[: chosen.randrange(len(damaged)) if chosen.random() < 0.3 else None]
        )
        try:
            load_module(broken, NAMES)
        except CaptioningError:
            continue


def test_nothing_of_python_is_altered_by_reading(seed: Any, save: Callable[..., Path]) -> None:
    before = dict(vars(builtins)), dict(vars(collections.OrderedDict))
    load_module(save(seed.lstm(20, 8, 6, 1)), NAMES)
    assert (dict(vars(builtins)), dict(vars(collections.OrderedDict))) == before
