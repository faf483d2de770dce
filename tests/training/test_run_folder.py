from pathlib import Path

import pytest

from training.run_folder import ModelError, RunFolder


def test_a_run_captions_with_its_best_checkpoint(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.last.touch()
    with pytest.raises(ModelError, match=r"holds no best\.safetensors: let its training end"):
        folder.captioning()
    folder.best.touch()
    assert folder.captioning() == tmp_path / "best.safetensors"
