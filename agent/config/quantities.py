"""Numbers as people type them: with units, decimal commas, in hexadecimal.

The unit of a setting stands at the end of its name, so the value is a bare number; whoever
types another one is told the number to type.
"""

import re

_TO_BASE = {
    "a": {"A": 1.0, "mA": 0.001, "kA": 1000.0},
    "w": {"W": 1.0, "mW": 0.001, "kW": 1000.0, "MW": 1_000_000.0},
    "s": {"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "days": {"d": 1.0, "h": 1 / 24, "w": 7.0},
    "mb": {"MB": 1.0, "kB": 0.001, "GB": 1000.0, "TB": 1_000_000.0, "MiB": 1.0, "GiB": 1024.0},
    "deg": {"deg": 1.0},
    "percent": {"%": 1.0},
}
_WORDS = {
    "a": "ampere",
    "w": "watts",
    "s": "seconds",
    "days": "days",
    "mb": "megabytes",
    "deg": "degrees",
    "percent": "percent",
}
_ALIASES = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "min", "mins": "min",
    "minute": "min", "minutes": "min", "hr": "h", "hour": "h", "hours": "h", "day": "d",
    "days": "d", "week": "w", "weeks": "w", "amp": "A", "amps": "A", "ampere": "A",
    "watt": "W", "watts": "W", "°": "deg",
}  # fmt: skip
_MEASURED = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*([a-zA-Z%°]+)")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_OTHER_BASE = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")


def number_trouble(setting: str, text: str, *, whole: bool) -> tuple[str, str]:
    """What is wrong with a text that should be a number, and what to write instead.

    Args:
        setting: the last part of the setting's path; its ending names the unit.
        whole: a whole number is wanted.
    """
    typed = text.strip()
    if found := _MEASURED.fullmatch(typed):
        return _with_unit(setting.rpartition("_")[2], found[1].replace(",", "."), found[2])
    if _COMMA.fullmatch(typed):
        return "a decimal comma", _comma_remedy(typed)
    if _OTHER_BASE.fullmatch(typed):
        return "not a decimal number", f"write {int(typed, 0)}"
    if _is_number(typed):
        value = float(typed)
        wrong = "not a whole number" if value % 1 else "not written as a whole number"
        return wrong, f"write {value:.0f}"
    kind = "a whole number" if whole else "a number"
    return f"not {kind}", f"write {kind}{_in_unit(setting)}"


def _with_unit(wanted: str, number: str, unit: str) -> tuple[str, str]:
    units = _TO_BASE.get(wanted, {})
    if not units:
        return f"{unit} does not belong here", f"write {number}"
    by_any_case = {name.lower(): name for name in units}
    meant = _ALIASES.get(unit.lower(), unit)
    meant = meant if meant in units else by_any_case.get(meant.lower(), meant)
    if meant not in units:
        return f"{unit} is the wrong unit", f"write the bare number of {_WORDS[wanted]}"
    value = float(number) * units[meant]
    return f"the setting is in {_WORDS[wanted]} and takes a bare number", f"write {value:.10g}"


def _comma_remedy(typed: str) -> str:
    before, _, after = typed.partition(",")
    if len(after) == len("000") and before.lstrip("+-") != "0":
        return f"write {before}{after}, or {before}.{after} if that was meant"
    return f"write {before}.{after}"


def _is_number(typed: str) -> bool:
    try:
        return abs(float(typed)) < float("inf")
    except ValueError:
        return False


def _in_unit(setting: str) -> str:
    word = _WORDS.get(setting.rpartition("_")[2])
    return f" of {word}" if word else ""
