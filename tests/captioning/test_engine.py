import pytest

from captioning import engine
from captioning.engine import EngineError, choose


def test_torch_can_always_be_chosen() -> None:
    assert choose("torch") == "torch"


def test_auto_is_openvino_on_a_processor_and_torch_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("openvino")
    for gpu, expected in ((False, "openvino"), (True, "torch")):
        monkeypatch.setattr(engine, "_has_gpu", lambda gpu=gpu: gpu)
        assert choose("auto") == expected
    assert choose("openvino") == "openvino"


def test_without_openvino_auto_is_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert choose("auto") == "torch"
    with pytest.raises(EngineError, match="pip install openvino"):
        choose("openvino")


def test_an_unknown_engine_is_answered_with_what_exists() -> None:
    with pytest.raises(EngineError, match="auto, torch, openvino"):
        choose("abacus")
