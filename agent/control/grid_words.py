"""What the journal says of the grid operator's orders. Pure."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from agent.model.limits import GridEntry, GridOrder, GridWord, Scope
from agent.model.picture import JournalEntry
from agent.model.readings import DeviceId
from agent.model.targets import Reason, ReasonCode
from agent.plan.durations import duration

GRID_OPERATOR = DeviceId("grid_operator")
"""Under this name the journal keeps them; the config file's section is called so too."""

_COUNTS = {
    Scope.METER: "at the meter",
    Scope.DEVICES: "for chargers and batteries together",
    Scope.EACH: "for each charger, and for the batteries",
}


def words(entries: Iterable[GridEntry]) -> tuple[JournalEntry, ...]:
    """One entry where an order begins, is kept or not kept at last, and ends."""
    return tuple(_entry(each, says) for each in entries if (says := _says(each)) is not None)


def limits(order: GridOrder) -> str:
    """E.g. "4.2 kW at the meter (relay)"."""
    return f"{' and '.join(_powers(order))} {_COUNTS[order.scope]} ({order.source})"


def _powers(order: GridOrder) -> Iterator[str]:
    if order.import_w is not None:
        yield f"{order.import_w / 1000:g} kW"
    if order.export_w is not None:
        yield f"{order.export_w / 1000:g} kW of feed-in"


def _entry(entry: GridEntry, says: str) -> JournalEntry:
    order = entry.order
    return JournalEntry(
        at=entry.at,
        device=GRID_OPERATOR,
        reason=Reason(
            code=ReasonCode.GRID_OPERATOR,
            sentence=says,
            inputs={"source": order.source, "scope": order.scope.value},
            changes_at=order.ends_at,
        ),
        does=entry.word.value,
    )


def _lasts(left: timedelta) -> str:
    return duration(max(left.total_seconds(), 0.0))


def _says(entry: GridEntry) -> str | None:
    limit = limits(entry.order)
    match entry.word:
        case GridWord.BEGAN:
            ends = entry.order.ends_at
            lasts = "" if ends is None else f" for {_lasts(ends - entry.at)}"
            return f"The grid operator limits the house to {limit}{lasts}."
        case GridWord.RESUMED:
            return f"The grid operator's limit of {limit} goes on after the start of Hearth."
        case GridWord.HELD:
            return f"The grid operator's limit of {limit} is kept, after {duration(entry.after_s)}."
        case GridWord.NOT_HELD:
            measured = entry.measured_w
            found = "nobody measures it" if measured is None else f"{measured / 1000:.2f} kW flow"
            since = f"after {duration(entry.after_s)}" if entry.note is None else "any more"
            return f"The grid operator's limit of {limit} is not kept {since}: {found}."
        case GridWord.ENDED:
            noted = "" if entry.note is None else f": {entry.note}"
            return f"The grid operator's limit of {limit} is over{noted}."
        case GridWord.QUARTER:
            return None
