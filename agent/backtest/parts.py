"""The parts of a scenario's house: mains, operator's limits, battery, cars."""

from datetime import UTC, datetime

from agent.backtest.scenario import USUAL, Battery, GridEvent, Mains, Mode, Vehicle
from agent.backtest.section import Section
from agent.backtest.tables import instant
from agent.model.readings import DeviceId
from agent.model.units import MIN_CHARGE_CURRENT_A, watts_from_amps

BATTERY_KEYS = (
    "capacityKwh", "minPercent", "startPercent", "maxChargeKw", "maxDischargeKw",
    "chargeEfficiency", "dischargeEfficiency",
)  # fmt: skip
VEHICLE_KEYS = (
    "id", "capacityKwh", "startPercent", "maxKw", "minKw", "phases", "efficiency", "limitPercent",
    "minimumPercent", "deadline", "mode", "minOnMinutes", "minOffMinutes",
)  # fmt: skip
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def mains(section: Section) -> Mains:
    imports, exports = (section.optional(k) for k in ("importLimitKw", "exportLimitKw"))
    return Mains(
        phases=int(section.choice("phases", ("1", "3"), "3")),
        fuse_a=section.positive("amps", most=10_000),
        import_limit_w=None if imports is None else imports * 1000,
        export_limit_w=None if exports is None else exports * 1000,
    )


def events(root: Section) -> tuple[GridEvent, ...]:
    """The limits of the grid operator, in the order of the file."""
    listed = root.values["events"] if root.has("events") else []
    if not isinstance(listed, list):
        root.fault(
            ("events",), "a list is wanted", "write [{from: ..., to: ..., importLimitKw: 4.2}]"
        )
        return ()
    found = []
    for n in range(len(listed)):
        keys = ("from", "to", "importLimitKw")
        section = Section(root.tree, ("events", n), root.faults, keys)
        begins, ends = _instant(section, "from"), _instant(section, "to")
        if begins >= ends > NEVER:
            section.fault(("to",), "it is not after from", "swap the two, or give their offsets")
        limit_w = section.number("importLimitKw") * 1000
        found.append(GridEvent(begins=begins, ends=ends, import_limit_w=limit_w))
    return tuple(found)


def _instant(section: Section, key: str) -> datetime:
    text = section.text(key)
    try:
        return instant(text) if text else NEVER
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        section.fault((key,), wrong, remedy)
        return NEVER


def battery(root: Section) -> Battery:
    section = Section(root.tree, ("battery",), root.faults, BATTERY_KEYS)
    none = ", or battery: null for a house without one"
    capacity_wh = section.positive("capacityKwh", otherwise=none) * 1000
    least = section.number("minPercent", 0.0, 0.0, 100.0)
    start = section.number("startPercent", 50.0, 0.0, 100.0)
    return Battery(
        capacity_wh=capacity_wh,
        least_wh=least / 100 * capacity_wh,
        start_wh=start / 100 * capacity_wh,
        max_charge_w=section.number("maxChargeKw") * 1000,
        max_discharge_w=section.number("maxDischargeKw") * 1000,
        charge_efficiency=section.positive("chargeEfficiency", 0.95, 1.0),
        discharge_efficiency=section.positive("dischargeEfficiency", 0.95, 1.0),
    )


def vehicle(root: Section, n: int) -> Vehicle:
    section = Section(root.tree, ("vehicles", n), root.faults, VEHICLE_KEYS)
    mode = Mode(section.choice("mode", [*Mode], Mode.SMART))
    capacity_wh = section.positive("capacityKwh") * 1000
    limit = section.number("limitPercent", 100.0, 0.0, 100.0)
    minimum = section.number("minimumPercent", 0.0, 0.0, 100.0)
    if minimum > limit:
        remedy = "a car is never charged beyond limitPercent; write a smaller one"
        section.fault(("minimumPercent",), f"it is above the limit of {limit:g}", remedy)
    phases = int(section.choice("phases", ("1", "3"), "3"))
    max_w = section.positive("maxKw") * 1000
    min_w = section.number("minKw", watts_from_amps(MIN_CHARGE_CURRENT_A, phases) / 1000) * 1000
    if min_w > max_w and section.has("maxKw"):
        section.fault(("minKw",), f"it is above maxKw, {max_w / 1000:g}", "swap the two")
    deadline = section.minute("deadline")
    if mode is Mode.SMART and not section.has("deadline"):
        section.fault(("deadline",), "it is missing", 'mode smart needs one: deadline: "07:00"')
    return Vehicle(
        id=DeviceId(section.text("id")),
        capacity_wh=capacity_wh,
        start_wh=section.number("startPercent", 50.0, 0.0, 100.0) / 100 * capacity_wh,
        min_w=min_w,
        max_w=max_w,
        phases=phases,
        efficiency=section.positive("efficiency", 0.9, 1.0),
        limit_wh=limit / 100 * capacity_wh,
        minimum_wh=minimum / 100 * capacity_wh,
        deadline_minute=deadline,
        mode=mode,
        min_on_s=section.number("minOnMinutes", USUAL.min_on_s / 60, 0.0) * 60,
        min_off_s=section.number("minOffMinutes", USUAL.min_off_s / 60, 0.0) * 60,
    )
