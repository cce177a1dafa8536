"""hearth backtest: tables for people, documents for programs, scenarios side by side."""

import json
from pathlib import Path

import pytest

from agent.__main__ import main
from tests.unit.backtest_house import TEXT, read_trace, write_files


def asked(*arguments: str) -> int:
    return main(["backtest", "--solver", "off", *arguments])


def test_a_person_sees_what_it_cost_and_what_it_looked_like(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_files(tmp_path, loads=[None] * 2 + [300.0] * 94)
    assert asked(str(path), "--trace", str(tmp_path / "t.csv")) == 0
    shown = capsys.readouterr().out
    for words in ("charging at once would cost", "1 of 1", "by day", "battery, %", "█"):
        assert words in shown
    assert "a: load is not known for 2.0 h, counted as 0." in shown
    assert "2024-04-01 to 2024-04-03, steps of 300 s" in shown
    assert "up to 0.430 EUR/kWh" in shown
    rows = read_trace(tmp_path / "t.csv")
    assert len(rows) == 576
    assert any("car: " in row["reason"] for row in rows)


@pytest.mark.long
def test_scenarios_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_files(tmp_path)
    fixed = tmp_path / "fixed.yaml"
    line = next(line for line in TEXT.splitlines() if line.startswith("prices:"))
    fixed.write_text(TEXT.replace(line, "prices: {fixed: 0.3, exportFixed: 0.04}"))
    assert asked(str(path), str(fixed)) == 0
    heads = capsys.readouterr().out.splitlines()[2]
    assert "a" in heads
    assert "fixed" in heads
    assert asked(str(path), str(fixed), "--json") == 0
    documents = json.loads(capsys.readouterr().out)
    assert [Path(each["scenario"]).name for each in documents] == ["a.yaml", "fixed.yaml"]
    assert documents[0]["cost"] != documents[1]["cost"]


@pytest.mark.long
def test_scenarios_of_other_days_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_files(tmp_path)
    shorter = tmp_path / "shorter.yaml"
    shorter.write_text(TEXT.replace("to: 2024-04-03", "to: 2024-04-02"))
    assert asked(str(path), str(shorter)) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "not the same days: compare with care" in shown
    assert "│ to │ 2024-04-03 │ 2024-04-02 │" in shown


def test_a_fault_is_told_on_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_files(tmp_path, TEXT.replace("amps: 25", "amps: many"))
    assert asked(str(path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"{path}:11: mains.amps is many: that is no number; ")


def test_a_trace_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(str(write_files(tmp_path)), "--trace", str(tmp_path)) == 2
    assert "name another file" in capsys.readouterr().err
