"""What is known of makes and models beyond the standard, as data in quirks/*.yaml.

Each file lists entries with `match` (regular expressions on vendor, model, firmware; all must
fit, case does not matter), `flags` (fields of Quirks) and `source`. Later entries win.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "quirks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Deviations of one model; the defaults are a charger by the book.

    Args:
        unit: chargingRateUnit that it takes, A or W.
        stack_max: highest stack level that it takes.
        relative: it wants profiles of kind Relative.
        steps_a: the only currents that it knows.
        zero_ends_transaction: a limit of 0 A makes it end the transaction, so pausing is stopping.
        never_stop: after a stop it wants the cable pulled, so stopping is pausing.
        resume_twice: it ignores the first limit after a pause.
        harmless_pause: a pause neither ends its session nor switches its contactor.
        ends_on_switch: it may end the session when it changes between one phase and three.
        available_is_unreliable: it says Available after each transaction though plugged in.
        meter_trigger_s: it sends meter values only when asked, at this pace; 0 = never ask.
        start_reply_delay_s: it chokes on a confirmation of StartTransaction that comes too fast.
        heartbeat_s: it needs this heartbeat to keep the connection.
        measurands: the only list of MeterValuesSampledData that it takes.
    """

    unit: str | None = None
    stack_max: int = 1
    relative: bool = False
    steps_a: tuple[float, ...] = ()
    zero_ends_transaction: bool = False
    never_stop: bool = False
    resume_twice: bool = False
    harmless_pause: bool = False
    ends_on_switch: bool = False
    available_is_unreliable: bool = False
    meter_trigger_s: float | None = None
    start_reply_delay_s: float = 0.0
    heartbeat_s: int | None = None
    measurands: tuple[str, ...] = ()

    def steppable(self, least_a: float) -> bool | None:
        """Whether it can go down to `least_a` and no further; None = as any charger can. Between
        its own steps a limit goes to the next lower one, which may be too little or a pause."""
        return False if self.steps_a and least_a not in self.steps_a else None

    @property
    def pausable(self) -> bool | None:
        """Whether a pause is known to be harmless; None = nobody knows."""
        if self.zero_ends_transaction or self.never_stop or self.resume_twice:
            return False
        return True if self.harmless_pause else None


BY_THE_BOOK = Quirks()


def quirks_of(vendor: str, model: str, firmware: str) -> Quirks:
    """All that is known of this charger."""
    result = BY_THE_BOOK
    for match, flags in _entries():
        said = {"vendor": vendor, "model": model, "firmware": firmware}
        if all(pattern.search(said[field]) for field, pattern in match.items()):
            result = replace(result, **flags)
    return result


@cache
def _entries() -> tuple[tuple[Mapping[str, re.Pattern[str]], Mapping[str, Any]], ...]:
    return tuple(_read())


def _read() -> Iterator[tuple[Mapping[str, re.Pattern[str]], Mapping[str, Any]]]:
    import yaml

    known = {field.name for field in fields(Quirks)}
    for file in sorted(FOLDER.glob("*.yaml")):
        for entry in yaml.safe_load(file.read_text(encoding="utf-8")):
            unknown = set(entry["flags"]) - known
            if unknown or not entry["source"]:
                raise ValueError(f"{file.name}: unknown flags {unknown} or no source")
            flags = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in entry["flags"].items()
            }
            match = {
                name: re.compile(pattern, re.IGNORECASE) for name, pattern in entry["match"].items()
            }
            yield match, flags
