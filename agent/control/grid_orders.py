"""Orders of the grid operator as they are given, begin and end. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from agent.model.clock import Now
from agent.model.intents import GridLimit, GridPlan
from agent.model.limits import GridOrder, GridPeriod

Orders = tuple[GridOrder, ...]


class Refusal(Exception):
    """Why an order is not taken; its message names the remedy.

    Args:
        later: whether the same may be taken later.
    """

    def __init__(self, problem: str, *, later: bool = False) -> None:
        super().__init__(problem)
        self.later = later


def given(
    orders: Orders, intent: GridLimit | GridPlan, now: Now, new_id: Callable[[], str]
) -> Orders:
    """All orders after a source has spoken; what it says once more keeps its id.

    Raises:
        Refusal
    """
    periods = _periods(intent)
    _check(periods, now)
    before = [order for order in orders if order.source == intent.source]
    made = []
    for period in periods:
        if period.ends_at is not None and now.trusted and period.ends_at <= now.at:
            continue
        fresh = GridOrder(
            id="",
            source=intent.source,
            scope=intent.scope,
            import_w=period.import_w,
            export_w=period.export_w,
            began_at=now.at,
            ends_at=period.ends_at,
            begins_at=_ahead(period.begins_at, now),
        )
        same = next((order for order in before if _same(order, fresh)), None)
        made.append(replace(fresh, id=new_id()) if same is None else same)
    if made == before:
        return orders
    return (*(order for order in orders if order.source != intent.source), *made)


def advanced(orders: Orders, now: Now) -> Orders:
    """Announced orders begin, and those that are over leave; only by a clock that is believed."""
    if not now.trusted:
        return orders
    kept = tuple(o for o in orders if o.ends_at is None or now.at < o.ends_at)
    due = [o for o in kept if o.begins_at is not None and o.begins_at <= now.at]
    if not due:
        return kept if len(kept) < len(orders) else orders
    return tuple(replace(o, begins_at=None, began_at=now.at) if o in due else o for o in kept)


def next_at(orders: Iterable[GridOrder], now: Now) -> datetime | None:
    """When the next one begins or ends."""
    instants = [at for o in orders for at in (o.begins_at, o.ends_at) if at and at > now.at]
    return min(instants, default=None)


def _periods(intent: GridLimit | GridPlan) -> tuple[GridPeriod, ...]:
    if isinstance(intent, GridPlan):
        return intent.periods
    if intent.import_w is None and intent.export_w is None:
        return ()
    period = GridPeriod(import_w=intent.import_w, export_w=intent.export_w, ends_at=intent.ends_at)
    return (period,)


def _check(periods: tuple[GridPeriod, ...], now: Now) -> None:
    if any(min(each.import_w or 0.0, each.export_w or 0.0) < 0 for each in periods):
        raise Refusal("a limit is never below 0 W; import and export are two limits")
    if not now.trusted:
        if any(each.begins_at for each in periods):
            problem = "the clock of the house is not set yet; send a limit without a beginning"
            raise Refusal(problem, later=True)
        return
    ends = [each.ends_at for each in periods]
    if ends and all(end is not None and end <= now.at for end in ends):
        last = max(end for end in ends if end is not None)
        raise Refusal(f"it was over at {last:%Y-%m-%d %H:%M:%S} UTC; send one that lasts longer")


def _ahead(begins_at: datetime | None, now: Now) -> datetime | None:
    return None if begins_at is None or begins_at <= now.at else begins_at


def _same(old: GridOrder, new: GridOrder) -> bool:
    return old == replace(new, id=old.id, began_at=old.began_at)
