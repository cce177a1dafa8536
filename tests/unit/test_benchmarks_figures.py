"""The statistics and the file format of `make bench`."""

from typing import Any

import pytest

from benchmarks.figures import Baseline, Figure, percentile, rounded, typical


def figure(value: float, baseline: float = 2.0, **more: Any) -> Figure:
    return Figure(
        name="x", value=value, unit="ms", baseline=Baseline("bare", baseline), part="ocpp", **more
    )


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values[::-1], 100) == 100
    assert percentile([7.0], 99) == 7


def test_a_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 50)


def test_figures_keep_three_digits() -> None:
    assert rounded(0.012345) == 0.0123
    assert rounded(12.345) == 12.3
    assert rounded(12345.6) == 12346
    assert rounded(0.0) == 0


def test_an_aim_is_met_on_the_better_side() -> None:
    assert figure(5.0, aim=5.0).met is True
    assert figure(5.1, aim=5.0).met is False
    assert figure(5.1, aim=5.0, better="higher").met is True
    assert figure(5.0).met is None


def test_a_baseline_of_nothing_gives_no_ratio() -> None:
    assert figure(3.0).ratio == 1.5
    assert figure(3.0, baseline=0.0).ratio is None


def test_results_have_these_keys_and_no_others() -> None:
    assert figure(3.0).document() == {
        "name": "x",
        "value": 3.0,
        "unit": "ms",
        "better": "lower",
        "baseline": "bare",
        "baselineValue": 2.0,
        "ratio": 1.5,
        "command": "make bench ONLY=ocpp",
    }


def test_a_disturbed_round_does_not_count() -> None:
    calm, disturbed = [1.0, 2.0], [100.0, 200.0]
    assert typical([calm, disturbed, calm], 50) == 1
    assert typical([calm, disturbed, calm], 99) == 2
