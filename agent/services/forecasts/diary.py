"""What forecasts must remember over a restart: the service's last good one, what it had said of
past days, what was foretold for today, and how good that was on the days before."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Final

from agent.forecasts import Outlook, Quarters
from agent.forecasts.blend import PAST_DAYS
from agent.forecasts.quarters import PER_DAY, quarter_of
from agent.model.driver import Notebook
from agent.model.forecasts import Band, Score

TOPIC: Final = "forecasts"
SCORES: Final = 60
_SAID: Final = "said/"


class Diary:
    """
    Attributes:
        outlook: the last good one.
        said: by day of UTC, what the service had said before.
        issued: by "sun" and "load", what was foretold for the running day.
        scores: oldest first.
    """

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self.outlook: Outlook | None = None
        self.said: dict[int, dict[int, float]] = {}
        self.issued_for: date | None = None
        self.issued: dict[str, Band] = {}
        self.scores: tuple[Score, ...] = ()

    async def recall(self) -> None:
        """Read what is on disk; a note that cannot be read any more is as if it were not there."""
        for key, note in (await self._notebook.read_notes(TOPIC)).items():
            try:
                self._take(key, note)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError):
                await self._notebook.write_note(TOPIC, key, None)

    def _take(self, key: str, note: Mapping[str, Any]) -> None:
        if key == "outlook":
            low, high = _quarters(note["low"]), _quarters(note["high"])
            self.outlook = Outlook(
                source=str(note["source"]),
                made_at=datetime.fromisoformat(note["made_at"]),
                quarters=_quarters(note["mean"]),
                spread={q: (low[q], high[q]) for q in low},
            )
        elif key == "issued":
            issued = {what: _band(each) for what, each in note["bands"].items()}
            self.issued_for, self.issued = date.fromisoformat(note["day"]), issued
        elif key == "scores":
            self.scores = tuple(_score(each) for each in note["scores"])
        elif key.startswith(_SAID):
            self.said[int(key.removeprefix(_SAID))] = _quarters(note["mean"])

    @property
    def past(self) -> Quarters:
        """What the service had said, of all days that are kept."""
        return {q: power_w for day in self.said.values() for q, power_w in day.items()}

    async def keep_outlook(self, outlook: Outlook) -> None:
        self.outlook = outlook
        note = {
            "source": outlook.source,
            "made_at": outlook.made_at.isoformat(),
            "mean": _packed(outlook.quarters),
            "low": _packed({q: low_w for q, (low_w, _) in outlook.spread.items()}),
            "high": _packed({q: high_w for q, (_, high_w) in outlook.spread.items()}),
        }
        await self._notebook.write_note(TOPIC, "outlook", note)

    async def note_said(self, now: datetime) -> None:
        """Write down what the service says of the rest of this day, as far as nothing is yet."""
        here = quarter_of(now)
        day = here // PER_DAY
        coming = {} if self.outlook is None else self.outlook.quarters
        known = self.said.get(day, {})
        new = {q: coming[q] for q in range(here, (day + 1) * PER_DAY) if q in coming} | known
        if len(new) > len(known):
            self.said[day] = new
            await self._notebook.write_note(TOPIC, f"{_SAID}{day}", {"mean": _packed(new)})
        for old in [each for each in self.said if each < day - PAST_DAYS]:
            del self.said[old]
            await self._notebook.write_note(TOPIC, f"{_SAID}{old}", None)

    async def forget_service(self) -> None:
        """Another service says something else; what the old one said corrects nothing."""
        self.outlook = None
        for day in list(self.said):
            del self.said[day]
            await self._notebook.write_note(TOPIC, f"{_SAID}{day}", None)
        await self._notebook.write_note(TOPIC, "outlook", None)

    async def issue(self, day: date, bands: dict[str, Band]) -> None:
        self.issued_for, self.issued = day, bands
        shown = {
            what: {
                "start": quarter_of(band.start),
                "mean": _rounded(band.mean_w),
                "low": _rounded(band.low_w),
                "high": _rounded(band.high_w),
                "source": band.source,
            }
            for what, band in bands.items()
        }
        note = {"day": day.isoformat(), "bands": shown}
        await self._notebook.write_note(TOPIC, "issued", note)

    async def add(self, scores: Iterable[Score]) -> None:
        self.scores = (*self.scores, *scores)[-SCORES:]
        rows = [asdict(each) | {"day": each.day.isoformat()} for each in self.scores]
        await self._notebook.write_note(TOPIC, "scores", {"scores": rows})


def _rounded(values: Iterable[float]) -> list[int]:
    return [round(value) for value in values]


def _packed(quarters: Quarters) -> dict[str, Any]:
    if not quarters:
        return {"first": 0, "w": []}
    first, last = min(quarters), max(quarters)
    powers = (quarters.get(q) for q in range(first, last + 1))
    return {"first": first, "w": [None if w is None else round(w) for w in powers]}


def _quarters(packed: Mapping[str, Any]) -> dict[int, float]:
    first = int(packed["first"])
    return {first + n: float(w) for n, w in enumerate(packed["w"]) if w is not None}


def _band(note: Mapping[str, Any]) -> Band:
    return Band(
        start=datetime.fromtimestamp(note["start"] * 900, UTC),
        step_s=900.0,
        mean_w=tuple(map(float, note["mean"])),
        low_w=tuple(map(float, note["low"])),
        high_w=tuple(map(float, note["high"])),
        source=str(note["source"]),
    )


def _score(note: Mapping[str, Any]) -> Score:
    return Score(**{**note, "day": date.fromisoformat(note["day"])})
