"""The figures that a reason rests on, as people read them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from agent.plan.durations import duration

_UNITS: Final = {"w": "W", "a": "A", "percent": "%", "kwh": "kWh", "kw": "kW"}
_PER_KWH: Final = "_per_kwh"
_THOUSAND = 1000


def figures(inputs: Mapping[str, object], clock: Callable[[str], str]) -> str:
    """
    Args:
        inputs: names with units, see `Reason`.
        clock: what people of the house read at an instant (ISO 8601).
    """
    return ", ".join(_figure(name, value, clock) for name, value in inputs.items())


def _figure(name: str, value: object, clock: Callable[[str], str]) -> str:
    words, shown = _shown(name, value, clock)
    return f"{words.replace('_', ' ')} {shown}"


def _shown(name: str, value: object, clock: Callable[[str], str]) -> tuple[str, str]:
    """The name without its unit, and the value with it."""
    if name.endswith(_PER_KWH) and value is not None:
        return name.removesuffix(_PER_KWH), f"{_plain(value, clock)} per kWh"
    words, _, unit = name.rpartition("_")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if words and number and unit == "wh":
        return words, _energy(float(str(value)))
    if words and number and unit == "s":
        return words, duration(float(str(value)))
    if words and unit in {*_UNITS, "wh", "s"}:
        plain = _plain(value, clock)
        return words, plain if value is None else f"{plain} {_UNITS.get(unit, '')}".rstrip()
    return name, _plain(value, clock)


def _energy(energy_wh: float) -> str:
    return f"{energy_wh / _THOUSAND:.1f} kWh" if energy_wh >= _THOUSAND else f"{energy_wh:.0f} Wh"


def _plain(value: object, clock: Callable[[str], str]) -> str:
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.0f}" if abs(value) >= 10 else f"{value:zg}"  # noqa: PLR2004
        case str():
            return _instant(value, clock)
        case _:
            return str(value)


def _instant(text: str, clock: Callable[[str], str]) -> str:
    """An instant on the clock of the house; any other text as it stands."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else clock(text)
