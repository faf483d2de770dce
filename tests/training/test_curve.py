from pathlib import Path

from training.curve import add_epoch, read_curve

OLD = """phase,epoch,step,objective,dev_cider,dev_bleu4,dev_ended
1,1,10,4.9132,0.50,0.30,0.7950
1,2,20,4.4326,3.39,7.50,0.9940
2,1,30,9.3436,41.32,18.80,1.0000
2,2,40,40.4111,40.65,18.70,1.0000
"""
NEW = {"phase": "3", "epoch": "1", "step": "50", "loss": "3.9000", "dev_cider": "42.00"}


def test_no_file_is_an_empty_curve(tmp_path: Path) -> None:
    assert read_curve(tmp_path / "curve.csv") == []


def test_loss_and_reward_of_old_curves_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(OLD)
    rows = read_curve(path)
    assert [row["loss"] for row in rows] == ["4.9132", "4.4326", "", ""]
    assert [row["reward"] for row in rows] == ["", "", "9.3436", "40.4111"]
    assert rows[3]["dev_cider"] == "40.65"


def test_an_old_curve_goes_on_in_the_new_form(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text(OLD)
    before = read_curve(path)
    add_epoch(path, NEW)
    assert path.read_text().startswith("phase,epoch,step,loss,reward,dev_cider,")
    rows = read_curve(path)
    assert rows[:-1] == [row | {"dev_chair": ""} for row in before]
    assert rows[-1]["loss"] == "3.9000"
    assert rows[-1]["reward"] == ""


def test_a_repeated_epoch_replaces_its_row(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    add_epoch(path, NEW)
    add_epoch(path, NEW | {"loss": "3.8000"})
    assert [row["loss"] for row in read_curve(path)] == ["3.8000"]
