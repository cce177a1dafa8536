"""What a policy of smart charging may be, and how people change it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.model.driver import DeviceInfo
from agent.model.intents import SetSmartPolicy
from agent.model.nothing import nothing
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Schedule
from agent.model.smart import WEEK_DAYS, SmartPolicy

BAD, UNKNOWN, CONFLICT = 400, 404, 409
SHORTEST_S, LONGEST_S = 60.0, 86_400.0
_DAY_MINUTES = 1440
_TARGETS = (DeviceKind.VEHICLE, DeviceKind.CHARGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a policy is held against.

    Args:
        steerable: vehicles that could ever be told to charge; see SmartView.
        limits_percent: at which vehicles stop by their own setting, where that is known.
        priced: whether there is a tariff or a source of prices for the place where it charges.
        charger_of: vehicle -> the charger on which it is known to hang and that is told for it.
        granted: whether the installer lets the cloud and people control charging at all.
    """

    devices: Mapping[DeviceId, DeviceInfo]
    policies: Mapping[DeviceId, SmartPolicy] = field(default_factory=nothing)
    schedules: Mapping[str, Schedule] = field(default_factory=nothing)
    steerable: frozenset[DeviceId] = frozenset()
    limits_percent: Mapping[DeviceId, float] = field(default_factory=nothing)
    priced: bool = True
    charger_of: Mapping[DeviceId, DeviceId] = field(default_factory=nothing)
    granted: bool = True


_EDITED = (
    "enabled", "deadlines", "minimum_percent", "windows", "ready_at", "duration_s", "min_on_s",
    "min_off_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a policy is not taken: a status as in an Answer, and a sentence with the remedy."""

    status: int
    sentence: str


def changed(policy: SmartPolicy, intent: SetSmartPolicy) -> SmartPolicy:
    """A policy as somebody left it."""
    given = {name: value for name in _EDITED if (value := getattr(intent, name)) is not None}
    if intent.once_no_more:
        given["ready_at"] = None
    if intent.enabled:
        given["user"] = intent.user
    return replace(policy, **given)


def refusal(policy: SmartPolicy, house: House, at: datetime) -> Refusal | None:
    """Why a policy cannot be; None if it can. One that is off may be incomplete."""
    info = house.devices.get(policy.target)
    if info is None or info.kind not in _TARGETS or info.kind is not policy.target_kind:
        known = ", ".join(i.id for i in house.devices.values() if i.kind in _TARGETS) or "none"
        kind = policy.target_kind
        return Refusal(
            status=UNKNOWN, sentence=f"there is no {kind} {policy.target}; known: {known}"
        )
    for sentence in _faults(policy, info):
        return Refusal(status=BAD, sentence=sentence)
    if not policy.enabled:
        return None
    for sentence in _hindrances(policy, info, house, at):
        return Refusal(status=BAD, sentence=sentence)
    problem = schedule_in_the_way(info, house)
    return None if problem is None else Refusal(status=CONFLICT, sentence=problem)


def schedule_in_the_way(info: DeviceInfo, house: House) -> str | None:
    """Why a policy cannot be turned on (409) for the sake of a schedule; None if it can."""
    on = {each.target: each for each in house.schedules.values() if each.enabled}
    own, old = on.get(info.id), house.policies.get(info.id)
    if own is not None:
        name = own.name or own.id
        return f'the schedule "{name}" steers {info.name} already; turn one of the two off'
    ways = _ways(info, house)
    if not ways or ways - on.keys() or (old is not None and old.enabled):
        return None  # one that is on already may be edited; the plan gives way and says so
    first = min(ways)
    name, charger = on[first].name or on[first].id, house.devices[first].name
    return (
        f'the schedule "{name}" steers {charger}, through which {info.name} is charged;'
        " turn one of the two off"
    )


def policy_in_the_way(schedule: Schedule, house: House) -> str | None:
    """Why a schedule cannot be turned on (409); None if it can."""
    if not schedule.enabled:
        return None
    on = {each.target for each in house.policies.values() if each.enabled}
    if schedule.target in on:
        return f"smart charging of {schedule.target} is on; turn it off first, or use it instead"
    before = house.schedules.get(schedule.id)
    if before is not None and before.enabled and before.target == schedule.target:
        return None
    under = {each.target for each in house.schedules.values() if each.enabled} | {schedule.target}
    for name in sorted(on & house.devices.keys()):
        ways = _ways(house.devices[name], house)
        if schedule.target in ways and ways <= under:
            return (
                f"smart charging of {name} is on, and {name} is charged through {schedule.target};"
                " turn it off first, or use it instead"
            )
    return None


def _ways(info: DeviceInfo, house: House) -> frozenset[DeviceId]:
    """The chargers through which a car is told: the one that it hangs on, else any of the house.

    Where all of them are steered by schedules, which go before a plan, no plan is ever followed.
    """
    if info.kind is not DeviceKind.VEHICLE:
        return frozenset()
    hangs_on = house.charger_of.get(info.id)
    if hangs_on is not None:
        return frozenset({hangs_on})
    if info.startable:
        return frozenset()
    return frozenset(d for d, i in house.devices.items() if i.kind is DeviceKind.CHARGER)


def _faults(policy: SmartPolicy, info: DeviceInfo) -> Iterable[str]:
    """What is wrong with it by itself."""
    least = policy.least_minimum_percent
    if not 0 <= policy.minimum_percent <= 100:  # noqa: PLR2004 percent
        yield f"a minimum of {policy.minimum_percent:g} % is no level; give 0 to 100"
    elif 0 < policy.minimum_percent < least:
        yield (
            f"a minimum of {policy.minimum_percent:g} % is below the {least:g} % that the maker of"
            f" {info.name} allows; give 0, or {least:g} to 100"
        )
    if len(policy.deadlines) != WEEK_DAYS or any(
        each is not None and not 0 <= each < _DAY_MINUTES for each in policy.deadlines
    ):
        yield "a deadline is a time of day; give 00:00 to 23:59"
    lasts_s = policy.duration_s
    if lasts_s is not None and not SHORTEST_S <= lasts_s <= LONGEST_S:
        yield f"charging for {lasts_s / 3600:g} h a day cannot be; give up to 24 hours"
    if min(policy.min_on_s, policy.min_off_s) < 0:
        yield "a stretch cannot last less than nothing; give 0 seconds or more"


def _hindrances(policy: SmartPolicy, info: DeviceInfo, house: House, at: datetime) -> Iterable[str]:
    """Why it cannot be turned on."""
    vehicle, name = info.kind is DeviceKind.VEHICLE, info.name
    old = house.policies.get(policy.target)
    if old is not None and old.enabled and old.user != policy.user:
        yield f"another user has turned smart charging of {name} on; they must turn it off first"
    once = policy.ready_at is not None and policy.ready_at > at
    if not policy.has_deadline and not (vehicle and once):
        what = "by when it shall be full" if vehicle else "when its cycle of 24 hours ends"
        yield f"{name} has no deadline; say {what}, as in 07:00"
    if not vehicle and policy.duration_s is None:
        yield f"{name} needs to know for how long to charge in 24 hours; give a duration"
    limit = house.limits_percent.get(policy.target)
    if vehicle and limit is not None and limit < policy.minimum_percent:
        yield (
            f"the minimum of {policy.minimum_percent:g} % is above the limit of {limit:g} % that"
            f" is set in {name}; raise the limit in the car or lower the minimum"
        )
    if not house.priced:
        yield (
            f"there are no prices where {name} charges; add a tariff or a source of prices first"
        )
    if not house.granted:
        yield f"charging of {name} may not be controlled; grant {info.kind}:control:charging first"
    if vehicle and policy.target not in house.steerable:
        yield (
            f"{name} cannot be told to charge: it takes no commands itself, and no charger of the"
            " house may be told for it"
        )
