"""How orders of the grid operator are kept: what was told whom, when it took effect, how well it
held. Every entry is written down for good. No I/O.

§14a EnWG with BNetzA BK6-22-300 wants order and reaction documented for two years.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from agent.model.clock import Now
from agent.model.limits import GridEntry, GridOrder, GridWord, Scope
from agent.model.readings import BatteryReading, ChargerReading, DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import BatteryTarget, ChargerTarget, InverterTarget, Target
from agent.plan import PlanSettings, describe, flows

ALLOWED_S = 60.0
"""By then a limit that is not kept is written down as such; cars take up to 10 s. One that was kept
may be passed for so long without a word: loads begin, and cars follow."""

QUARTER_S = 900.0
TOLERANCE = 1.02
TOLERANCE_W = 50.0


@dataclass(slots=True)
class _Sum:
    known_s: float = 0.0
    watt_s: float = 0.0
    most_w: float | None = None
    over_s: float = 0.0

    def add(self, power_w: float, span_s: float, *, over: bool) -> None:
        self.known_s += span_s
        self.watt_s += power_w * span_s
        self.most_w = power_w if self.most_w is None else max(self.most_w, power_w)
        self.over_s += span_s if over else 0.0

    @property
    def mean_w(self) -> float | None:
        return self.watt_s / self.known_s if self.known_s else None


@dataclass(slots=True)
class _Watched:
    """How one order went so far; means are weighted by time.

    Args:
        within: whether what is measured keeps the limit; None = nobody measures it.
        kept_mono_s: when it last did, or began.
    """

    order: GridOrder
    since_mono_s: float
    held: bool | None = None
    seen_mono_s: float = 0.0
    measured_w: float | None = None
    within: bool | None = None
    kept_mono_s: float = 0.0
    quarter_mono_s: float = 0.0
    quarter: _Sum = field(default_factory=_Sum)
    whole: _Sum = field(default_factory=_Sum)


class GridWatch:
    """One for the house; an order that it sees at its first look was in force before.

    Args:
        before: the orders that were on disk at the start.
    """

    def __init__(self, before: Iterable[GridOrder] = ()) -> None:
        self._watched: dict[str, _Watched] = {}
        self._unseen = {order.id: order for order in before}
        self._looked = False

    @property
    def kept(self) -> dict[str, bool]:
        """By order in force whether it is kept; absent while that is not known yet."""
        known = self._watched.values()
        return {each.order.id: each.held for each in known if each.held is not None}

    def step(
        self,
        orders: Iterable[GridOrder],
        snapshot: Snapshot,
        settings: PlanSettings,
        targets: Mapping[DeviceId, Target],
        now: Now,
    ) -> tuple[GridEntry, ...]:
        """What there is to write down at this tick."""
        orders = tuple(orders)
        valid = {order.id: order for order in orders if order.holds(now)}
        entries = [*self._over_unseen(orders, valid, now)]
        for gone in [each for name, each in self._watched.items() if name not in valid]:
            self._measure(gone, snapshot, settings, now)
            entries.append(_entry(gone, GridWord.ENDED, now, gone.whole))
            del self._watched[gone.order.id]
        for order in valid.values():
            watched = self._watched.get(order.id)
            if watched is None:
                entries.append(self._begin(order, snapshot, settings, targets, now))
            else:
                self._measure(watched, snapshot, settings, now)
                entries += _progress(watched, targets, now)
        self._looked = True
        return tuple(entries)

    def _over_unseen(
        self, orders: Iterable[GridOrder], valid: Mapping[str, GridOrder], now: Now
    ) -> Iterator[GridEntry]:
        """Ends of orders that were in force when Hearth stopped, and are not any more."""
        if not self._unseen:
            return
        waiting = {order.id for order in orders} - valid.keys()
        for order in [each for name, each in self._unseen.items() if name not in waiting]:
            del self._unseen[order.id]
            never_begun = order.begins_at is not None and order.begins_at > now.at
            if order.id not in valid and not never_begun:
                yield _found_over(order, now)

    def _begin(
        self,
        order: GridOrder,
        snapshot: Snapshot,
        settings: PlanSettings,
        targets: Mapping[DeviceId, Target],
        now: Now,
    ) -> GridEntry:
        watched = _Watched(
            order=order,
            since_mono_s=now.mono_s,
            seen_mono_s=now.mono_s,
            quarter_mono_s=now.mono_s,
            kept_mono_s=now.mono_s,
        )
        _look(watched, snapshot, settings, now)
        self._watched[order.id] = watched
        word = GridWord.BEGAN if self._looked else GridWord.RESUMED
        return _entry(watched, word, now, None, targets)

    @staticmethod
    def _measure(watched: _Watched, snapshot: Snapshot, settings: PlanSettings, now: Now) -> None:
        span_s, before_w = now.mono_s - watched.seen_mono_s, watched.measured_w
        if before_w is not None:
            over = watched.within is False
            for sum_ in (watched.quarter, watched.whole):
                sum_.add(before_w, span_s, over=over)
        watched.seen_mono_s = now.mono_s
        _look(watched, snapshot, settings, now)


def _look(watched: _Watched, snapshot: Snapshot, settings: PlanSettings, now: Now) -> None:
    order = watched.order
    grid_w = flows.grid_w(snapshot, settings.grid_meter, now.mono_s)
    watched.measured_w = measured_w(order, snapshot, settings, now)
    watched.within = _within(watched.measured_w, grid_w, order)
    if watched.within is not False:
        watched.kept_mono_s = now.mono_s


def measured_w(
    order: GridOrder, snapshot: Snapshot, settings: PlanSettings, now: Now
) -> float | None:
    """What the limit counts; of devices each by itself, the largest. None = nobody measures it.
    What is fed in counts at the meter, whatever counts of what is taken."""
    grid_w = flows.grid_w(snapshot, settings.grid_meter, now.mono_s)
    if order.scope is Scope.METER or order.import_w is None:
        return grid_w
    drawn_w = [
        flows.charger_w(seen, now.mono_s)
        for seen in flows.of_kind(snapshot, ChargerReading).values()
    ]
    drawn_w += [
        None if seen.value.power_w is None else max(0.0, seen.value.power_w)
        for seen in flows.of_kind(snapshot, BatteryReading).values()
    ]
    known_w = [each for each in drawn_w if each is not None]
    if len(known_w) < len(drawn_w):
        return None
    if order.scope is Scope.EACH:
        return max(known_w, default=0.0)
    total_w = sum(known_w)
    return total_w if grid_w is None else max(0.0, min(total_w, grid_w))


def _within(power_w: float | None, grid_w: float | None, order: GridOrder) -> bool | None:
    """Whether both directions are kept; None = nobody knows."""
    import_w, export_w, kept = order.import_w, order.export_w, list[bool | None]()
    if import_w is not None:
        kept.append(None if power_w is None else power_w <= import_w * TOLERANCE + TOLERANCE_W)
    if export_w is not None:
        kept.append(None if grid_w is None else -grid_w <= export_w * TOLERANCE + TOLERANCE_W)
    if False in kept:
        return False
    return None if None in kept else True


def _progress(
    watched: _Watched, targets: Mapping[DeviceId, Target], now: Now
) -> Iterable[GridEntry]:
    before = watched.held
    if before is not True and watched.within:
        watched.held = True
        yield _entry(watched, GridWord.HELD, now, None, targets)
    elif before is None and now.mono_s - watched.since_mono_s >= ALLOWED_S:
        watched.held = False
        yield _entry(watched, GridWord.NOT_HELD, now, None, targets)
    elif before and now.mono_s - watched.kept_mono_s >= ALLOWED_S:
        watched.held = False
        entry = _entry(watched, GridWord.NOT_HELD, now, None, targets)
        yield replace(entry, note="it was kept before")
    if now.mono_s - watched.quarter_mono_s >= QUARTER_S:
        quarter, watched.quarter = watched.quarter, _Sum()
        watched.quarter_mono_s = now.mono_s
        yield _entry(watched, GridWord.QUARTER, now, quarter)


def _entry(
    watched: _Watched,
    word: GridWord,
    now: Now,
    sum_: _Sum | None,
    targets: Mapping[DeviceId, Target] | None = None,
) -> GridEntry:
    told = {
        device: describe(target)
        for device, target in (targets or {}).items()
        if isinstance(target, ChargerTarget | BatteryTarget | InverterTarget)
    }
    return GridEntry(
        at=now.at,
        word=word,
        order=watched.order,
        after_s=round(now.mono_s - watched.since_mono_s, 1),
        measured_w=_rounded(watched.measured_w),
        mean_w=None if sum_ is None else _rounded(sum_.mean_w),
        most_w=None if sum_ is None else _rounded(sum_.most_w),
        over_s=None if sum_ is None else round(sum_.over_s, 1),
        reaction=told,
    )


def _found_over(order: GridOrder, now: Now) -> GridEntry:
    """The end of an order that nobody watched; of how it was kept nothing is known."""
    ends_at, began_at = order.ends_at, order.begins_at or order.began_at
    by_itself = ends_at is not None and ends_at <= now.at
    how = f"it ended at {ends_at:%Y-%m-%d %H:%M:%S} UTC" if by_itself else "it was taken back"
    over_at = ends_at if by_itself and ends_at is not None else now.at
    return GridEntry(
        at=now.at,
        word=GridWord.ENDED,
        order=order,
        after_s=round(max(0.0, (over_at - began_at).total_seconds()), 1),
        note=f"{how} while Hearth was not running, which found that at its start",
    )


def _rounded(power_w: float | None) -> float | None:
    return None if power_w is None else round(power_w, 1)
