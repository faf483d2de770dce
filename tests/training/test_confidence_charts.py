"""The part of a report about confidence."""

from captioning.confidence import Bin, Reliability
from training.confidence_charts import confidence_section

FOUND = Reliability(200, 0.9, 0.812, 0.071, 0.023, (Bin(0.42, 0.5, 40), Bin(0.97, 0.99, 160)))


def test_each_reliability_is_a_curve_with_its_figures() -> None:
    section = confidence_section([("One <&> two", FOUND, None), ("Three", None, FOUND)])
    assert section.count("<svg") == 2
    assert "One &lt;&amp;&gt; two, photos held out from fitting: AUC 0.81" in section
    assert "Three, these photos: AUC 0.81, Brier score 0.071, calibration error 0.023" in section
    assert "40 captions: confidence 42%, 50% fit" in section


def test_where_no_model_tells_its_confidence_there_is_none() -> None:
    assert confidence_section([("One", None, None)]) == ""
