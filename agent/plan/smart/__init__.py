"""Smart charging: the car is full by its deadline, at the lowest cost, and says where it stands.

1. Without a trusted clock no plan does anything.
2. Every vehicle is in exactly one state; a charger with a policy of its own (for cars that nobody
   knows) is too.
3. An override, a schedule and the limits of the house go before a plan; a plan goes before a
   person's start or stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId, DeviceKind
from agent.model.smart import SmartPolicy, SmartState, SmartStatus
from agent.model.wishes import Order
from agent.plan.smart.case import Case, case_of
from agent.plan.smart.estimate import learned
from agent.plan.smart.life import EDGES, Turn, live
from agent.plan.smart.memory import Mind, Rate, SmartMemory
from agent.plan.smart.starting import counted
from agent.plan.smart.task import car_task, expected_cars
from agent.plan.smart.telling import released, status_of, worth_keeping, worth_telling
from agent.plan.smart.view import Advice, SmartStep, SmartView, SmartWanted

__all__ = [
    "EDGES", "Advice", "SmartMemory", "SmartStep", "SmartView", "SmartWanted",
    "before_the_first_step", "car_task", "controlled", "expected_cars", "step",
]  # fmt: skip

Policies = Mapping[DeviceId, SmartPolicy]

_UNTRUSTED = "the time of day is not known yet, so no plan is followed"


def step(policies: Policies, view: SmartView, memory: SmartMemory, now: Now) -> SmartStep:
    """Advance smart charging of the whole house by one tick."""
    minds, rates = dict[DeviceId, Mind](), dict[DeviceId, Rate](memory.rates)
    orders, wanted = dict[DeviceId, Order](), list[SmartWanted]()
    statuses, wakes = dict[DeviceId, SmartStatus](), list[datetime]()
    for info, policy in _concerned(policies, view.devices, memory):
        override = view.overrides.get(info.id)
        mind = memory.minds.get(info.id, Mind())
        if not policy.enabled and mind.state is SmartState.DISABLED and mind.changed_at:
            minds[info.id], statuses[info.id] = mind, status_of(mind, info, None, override, now)
            continue
        rate = _learned(info, policy, view, memory, now)
        said = rate if mind.state.executing else rate.of_a_stranger
        case = case_of(policy, info, view, said, now)
        charging = None if _is_lent(info, view) else case.condition.charging
        rate = counted(_this_cycle(rate, case, now), case.timezone, now, charging=charging)
        rates[info.id] = rate
        turn = live(mind, case, now) if now.trusted else _waits(mind, case, now)
        minds[info.id] = turn.mind
        statuses[info.id] = status_of(turn.mind, info, case, override, now, turn.problem)
        if turn.order is not None and case.steered is not None:
            orders.setdefault(case.steered, turn.order)
        if turn.ask is not None:
            ask = turn.ask
            wanted.append(
                SmartWanted(
                    device=info.id, steered=ask.steered, kind=ask.kind, override=ask.override
                )
            )
        if turn.wake_at is not None:
            wakes.append(turn.wake_at)
    return SmartStep(
        memory=SmartMemory(
            minds=MappingProxyType(minds),
            rates=MappingProxyType(rates),
            statuses=MappingProxyType(statuses),
        ),
        orders=MappingProxyType(orders),
        wanted=tuple(wanted),
        released=MappingProxyType(released(minds, wanted, view)),
        statuses=MappingProxyType(statuses),
        events=worth_telling(statuses, memory.statuses),
        plans=worth_keeping(statuses, memory.statuses),
        next_at=min((at for at in wakes if at > now.at), default=None),
    )


def controlled(
    device: DeviceId, memory: SmartMemory, charger_of: Mapping[DeviceId, DeviceId], now: Now
) -> str | None:
    """Which plan steers a device now, in words that follow "steered by"; None if none does.

    The plan of a car steers the charger on which it hangs too. A person's start or stop is then
    refused (422), unlike while a plan is only being considered.
    """
    if not now.trusted:
        return None
    others = [vehicle for vehicle, charger in charger_of.items() if charger == device]
    for name in (device, *others, charger_of.get(device)):
        mind = None if name is None else memory.minds.get(name)
        if mind is not None and mind.state.controls:
            return f"smart charging of {name}"
    return None


def before_the_first_step(
    policies: Policies, devices: Sequence[DeviceInfo], memory: SmartMemory, now: Now
) -> SmartMemory:
    """The memory with where each vehicle stands, as it stood when it was written down."""
    concerned = [info for info, _ in _concerned(policies, devices, memory)]
    minds = memory.minds
    statuses = {i.id: status_of(minds.get(i.id, Mind()), i, None, None, now) for i in concerned}
    return replace(memory, statuses=MappingProxyType(statuses))


def _concerned(
    policies: Policies, devices: Sequence[DeviceInfo], memory: SmartMemory
) -> list[tuple[DeviceInfo, SmartPolicy]]:
    """Every vehicle, and each charger with a policy of its own, or with a plan to be ended because
    its policy is gone; vehicles first."""
    vehicles = [info for info in devices if info.kind is DeviceKind.VEHICLE]
    unfinished = {d for d, mind in memory.minds.items() if mind.state is not SmartState.DISABLED}
    chargers = [
        info
        for info in devices
        if info.kind is DeviceKind.CHARGER and (info.id in policies or info.id in unfinished)
    ]
    return [
        (info, policies.get(info.id) or SmartPolicy(target=info.id, target_kind=info.kind))
        for info in (*vehicles, *chargers)
    ]


def _learned(
    info: DeviceInfo, policy: SmartPolicy, view: SmartView, memory: SmartMemory, now: Now
) -> Rate:
    name = view.charger_of.get(info.id) if info.kind is DeviceKind.VEHICLE else info.id
    charger = next((each for each in view.devices if each.id == name), None)
    rate = memory.rates.get(info.id, Rate())
    if not policy.enabled or _is_lent(info, view):
        return rate
    return learned(rate, info.id, charger, view.snapshot, now.mono_s)


def _is_lent(info: DeviceInfo, view: SmartView) -> bool:
    """Whether a car hangs on a charger that is known: what it takes says nothing of guests."""
    return info.kind is DeviceKind.CHARGER and info.id in view.charger_of.values()


def _this_cycle(rate: Rate, case: Case, now: Now) -> Rate:
    """What was charged counts until the cycle ends, also where its end is moved."""
    if rate.cycle_end == case.deadline or case.policy.duration_s is None:
        return rate
    if rate.cycle_end is not None and now.at < rate.cycle_end and case.deadline is not None:
        return replace(rate, cycle_end=case.deadline)
    return replace(rate, cycle_end=case.deadline, charged_s=0.0)


def _waits(mind: Mind, case: Case, now: Now) -> Turn:
    """Nobody knows the time of day: whatever it was, it stays so, and nobody acts on it."""
    if mind.changed_at is None:
        on = case.policy.enabled
        state = SmartState.CONSIDERING if on else SmartState.DISABLED
        mind = replace(mind, state=state, changed_at=now.at, changed_mono_s=now.mono_s)
    return Turn(mind=mind, problem=_UNTRUSTED if case.policy.enabled else None)
