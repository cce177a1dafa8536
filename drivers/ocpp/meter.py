"""Meter values in our units, from whatever chargers make of them.

OCPP 1.6 (§7.25) writes values as text with a `unit`, 2.x as numbers with a `unitOfMeasure` that
may hold a power of ten.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent.model.units import NOMINAL_VOLTAGE_V
from drivers.ocpp import parse

SCALES = {
    "wh": 1.0,
    "kwh": 1000.0,
    "mwh": 1_000_000.0,
    "w": 1.0,
    "kw": 1000.0,
    "va": 1.0,
    "kva": 1000.0,
    "a": 1.0,
    "ma": 0.001,
    "v": 1.0,
    "kv": 1000.0,
    "percent": 1.0,
    "%": 1.0,
}
DEFAULT_MEASURAND = "Energy.Active.Import.Register"
BOUNDS = {
    "Power.Active.Import": 500_000.0,
    "Power.Active.Export": 500_000.0,
    "Current.Import": 1000.0,
    "Current.Export": 1000.0,
    "Voltage": 1000.0,
    "SoC": 100.0,
    DEFAULT_MEASURAND: 1e11,
}
"""Measurands that are read, and the most that can be true."""
CONTEXT_RANKS = {"Transaction.Begin": 0, "Sample.Clock": 1, "Transaction.End": 3}
SAMPLE_RANK = 2
LIVE_ENERGY_ONLY = "Transaction.Begin"
"""At that instant no power flows yet, so it tells the register and nothing else."""
MOST_DIGITS = 9
LINES = ("L1", "L2", "L3")
FLOWING_A = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What one meter value says; None where it is silent. Currents and voltages: L1, L2, L3."""

    power_w: float | None = None
    energy_wh: float | None = None
    soc_percent: float | None = None
    currents_a: tuple[float | None, float | None, float | None] = (None, None, None)
    voltages_v: tuple[float | None, float | None, float | None] = (None, None, None)

    def fields(self) -> dict[str, Any]:
        """All that is known but the energy, by the names of a ChargerReading's fields."""
        said: dict[str, Any] = {"power_w": self.power_w, "soc_percent": self.soc_percent}
        for line, current_a, voltage_v in zip(
            (1, 2, 3), self.currents_a, self.voltages_v, strict=True
        ):
            said |= {f"current_l{line}_a": current_a, f"voltage_l{line}_v": voltage_v}
        flowing = sum(a is not None and a > FLOWING_A for a in self.currents_a)
        if flowing:
            said["phases"] = flowing
        return said


@dataclass(slots=True)
class _Best:
    """Per measurand and phase the value of the best context."""

    values: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def offer(self, measurand: str, phase: str, rank: int, value: float) -> None:
        held = self.values.get((measurand, phase))
        if held is None or rank >= held[0]:
            self.values[measurand, phase] = rank, value

    def get(self, measurand: str, phase: str = "") -> float | None:
        held = self.values.get((measurand, phase))
        return None if held is None else held[1]

    def total(self, measurand: str) -> float | None:
        """The unphased value, or else the sum of the phases."""
        whole = self.get(measurand)
        if whole is not None:
            return whole
        parts = [v for v in (self.get(measurand, line) for line in LINES) if v is not None]
        return sum(parts) if parts else None


def read_meter(
    samples: object, phases: int, odd: Callable[[str], None], *, numbers: bool = False
) -> Meter:
    """Read the sampledValue list of one meter value.

    Args:
        phases: wired to the charger, for what a single current without a phase means.
        odd: told about what was overlooked.
        numbers: values should be numbers, as in 2.x, and not text.
    """
    best = _Best()
    if not isinstance(samples, list):
        odd("meter values without samples")
        return Meter()
    for sample in samples:
        if isinstance(sample, dict):
            _read_sample(sample, best, odd, str if not numbers else (int, float))
    voltages_v = _lines(best, "Voltage")
    currents_a = _currents_a(best, phases, voltages_v)
    return Meter(
        power_w=_power_w(best, currents_a, voltages_v),
        energy_wh=best.total(DEFAULT_MEASURAND),
        soc_percent=best.get("SoC"),
        currents_a=currents_a,
        voltages_v=voltages_v,
    )


def _read_sample(
    sample: dict[str, Any],
    best: _Best,
    odd: Callable[[str], None],
    written_as: type | tuple[type, ...],
) -> None:
    measurand = sample.get("measurand") or DEFAULT_MEASURAND
    if not isinstance(measurand, str):
        odd("measurand that is no text")
        return
    measurand, _, suffix = measurand.partition(".L") if ".L" in measurand else (measurand, "", "")
    if measurand not in BOUNDS or sample.get("format") == "SignedData":
        return
    if sample.get("location") in ("Inlet", "EV", "Cable", "Body") and measurand != "SoC":
        return
    raw = sample.get("value")
    value = parse.number(raw)
    if value is None:
        if raw not in ("", None):
            odd(f"{measurand} that is no number")
        return
    if not isinstance(raw, written_as):
        odd(f"meter value as {'text' if isinstance(raw, str) else 'number'}")
    context = sample.get("context")
    if context == LIVE_ENERGY_ONLY and measurand != DEFAULT_MEASURAND:
        return
    scale = _scale(sample, measurand, odd)
    if abs(value * scale) > BOUNDS[measurand] or (measurand == "SoC" and value < 0):
        odd(f"{measurand} that cannot be true")
        return
    phase = f"L{suffix}" if suffix else sample.get("phase")
    line, factor = _line(phase)
    rank = CONTEXT_RANKS.get(context, SAMPLE_RANK) if isinstance(context, str) else SAMPLE_RANK
    best.offer(measurand, line, rank, value * scale * factor)


def _scale(sample: dict[str, Any], measurand: str, odd: Callable[[str], None]) -> float:
    whole = sample.get("unitOfMeasure")
    measure = whole if isinstance(whole, dict) else {}
    exponent = parse.integer(measure.get("multiplier")) or 0
    if abs(exponent) > MOST_DIGITS:
        odd(f"{measurand} with an absurd multiplier")
        exponent = 0
    unit = measure.get("unit", sample.get("unit"))
    scale = 10.0**exponent
    if not isinstance(unit, str) or not unit.strip():
        return scale
    known = SCALES.get(unit.strip().lower())
    if known is None:
        odd(f"{measurand} with an unknown unit")
        return scale
    return known * scale


def _line(phase: object) -> tuple[str, float]:
    """L1 to L3, N or '' for all, and the factor that makes a line-to-line voltage one to N."""
    if not isinstance(phase, str):
        return "", 1.0
    phase = phase.strip().upper().removesuffix("-N")
    if "-" in phase:
        return phase.partition("-")[0], 1 / math.sqrt(3)
    return (phase, 1.0) if phase in (*LINES, "N") else ("", 1.0)


def _lines(best: _Best, measurand: str) -> tuple[float | None, float | None, float | None]:
    l1, l2, l3 = (best.get(measurand, line) for line in LINES)
    if l1 is None and l2 is None and l3 is None:
        l1 = best.get(measurand)
    return l1, l2, l3


def _currents_a(
    best: _Best, phases: int, voltages_v: tuple[float | None, float | None, float | None]
) -> tuple[float | None, float | None, float | None]:
    l1, l2, l3 = (best.get("Current.Import", line) for line in LINES)
    if l1 is not None or l2 is not None or l3 is not None:
        return l1, l2, l3
    alone = best.get("Current.Import")
    if alone is None:
        return best.get("Current.Import", "N"), None, None  # Injet reports one phase as N
    power_w = best.total("Power.Active.Import")
    used = phases
    if power_w and alone > 1:  # one current for all phases: how many does the power need?
        used = round(power_w / (alone * (voltages_v[0] or NOMINAL_VOLTAGE_V)))
        used = min(max(used, 1), phases)
    return alone, alone if used > 1 else None, alone if used > 2 else None  # noqa: PLR2004


def _power_w(
    best: _Best,
    currents_a: tuple[float | None, float | None, float | None],
    voltages_v: tuple[float | None, float | None, float | None],
) -> float | None:
    """Import minus export; from currents and voltages if no power was sent."""
    taken_w = best.total("Power.Active.Import")
    given_w = best.total("Power.Active.Export")
    if given_w:
        return (taken_w or 0.0) - abs(given_w)
    if taken_w is not None or given_w is not None:
        return taken_w if taken_w is not None else 0.0
    if all(current_a is None for current_a in currents_a):
        return None
    fallback_v = voltages_v[0] or NOMINAL_VOLTAGE_V
    return sum(
        current_a * (voltage_v or fallback_v)
        for current_a, voltage_v in zip(currents_a, voltages_v, strict=True)
        if current_a is not None
    )
