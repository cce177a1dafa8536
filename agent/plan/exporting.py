"""What may be fed in now, who says so, and what flows. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.limits import GridOrder
from agent.model.prices import Prices, slot_at
from agent.model.readings import DeviceKind, InverterReading
from agent.model.snapshot import Snapshot
from agent.model.targets import ReasonCode
from agent.plan.memory import Memory
from agent.plan.meters import living
from agent.plan.settings import PlanSettings

NEVER = float("-inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that may be fed in now; words: what says so."""

    power_w: float
    code: ReasonCode
    words: str


def cap_of(
    settings: PlanSettings, orders: Iterable[GridOrder], *, unwanted: bool = False
) -> Cap | None:
    """The tightest limit in force; None = what the wires bear.

    Args:
        orders: those in force.
        unwanted: whether feeding in costs money.
    """
    found = _caps(settings, orders, unwanted=unwanted)
    return min(found, key=lambda cap: cap.power_w, default=None)


def _caps(settings: PlanSettings, orders: Iterable[GridOrder], *, unwanted: bool) -> Iterator[Cap]:
    limit_w = settings.export_limit_w
    if limit_w is not None:
        words = f"the export limit of {limit_w / 1000:g} kW"
        yield Cap(power_w=limit_w, code=ReasonCode.EXPORT_LIMIT, words=words)
    for order in orders:
        if order.export_w is not None:
            words = f"the grid operator's limit of {order.export_w / 1000:g} kW ({order.source})"
            yield Cap(power_w=order.export_w, code=ReasonCode.GRID_OPERATOR, words=words)
    if unwanted:
        words = "feeding in costs money now, which"
        yield Cap(power_w=0.0, code=ReasonCode.EXPORT_PRICE, words=words)


def unwanted(settings: PlanSettings, prices: Prices | None, now: Now) -> bool:
    """Whether feeding in costs money now, and is not wanted then."""
    if settings.feeds_below_zero or prices is None or not now.trusted:
        return False
    slot = slot_at(prices.slots, now.at)
    return slot is not None and slot.export_per_kwh is not None and slot.export_per_kwh < 0


def can_curtail(settings: PlanSettings, orders: Iterable[GridOrder]) -> bool:
    """Whether roofs are turned down where too much would be fed in."""
    limited = settings.export_limit_w is not None or any(o.export_w is not None for o in orders)
    return bool(limitable(settings.devices)) and (limited or not settings.feeds_below_zero)


def limitable(devices: Iterable[DeviceInfo]) -> tuple[DeviceInfo, ...]:
    """The inverters that can be turned down."""
    return tuple(d for d in devices if d.kind is DeviceKind.INVERTER and d.limitable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What flows, as far as it matters here.

    Args:
        grid_w: + = import; None = nobody knows.
        sun_w: out of the inverters that can be turned down.
        said_mono_s: of the oldest of the readings that this is from.
        waits: whether the meter was not heard of yet, neither that it is there nor that it is lost.
    """

    grid_w: float | None
    sun_w: float
    said_mono_s: float
    waits: bool = False


def flow(snapshot: Snapshot, settings: PlanSettings, memory: Memory, now: Now) -> Flow:
    """What flows now; an inverter that is out of reach gives nothing that is known."""
    grid_w, sun_w, spoke = None, 0.0, list[float]()
    name = settings.grid_meter
    if name is not None:
        mind, every = memory.meters.get(name), tuple(settings.chargers)
        meter = living(name, every, snapshot, settings.meter_stale_s, mind, now)
        if meter is not None:
            grid_w = meter.value.power_w
            spoke.append(meter.said_mono_s.get("power_w", NEVER))
    for info in limitable(settings.devices):
        seen = snapshot.get(info.id)
        if seen is None or not isinstance(seen.value, InverterReading) or not seen.reachable:
            continue
        out_w, field = seen.value.ac_power_w, "ac_power_w"
        if out_w is None:
            out_w, field = seen.value.production_w, "production_w"
        sun_w += max(0.0, out_w or 0.0)
        spoke.append(seen.said_mono_s.get(field, NEVER))
    return Flow(
        grid_w=grid_w,
        sun_w=sun_w,
        said_mono_s=min(spoke, default=NEVER),
        waits=name is not None and name not in snapshot,
    )
