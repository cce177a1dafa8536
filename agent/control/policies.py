"""Policies of smart charging against the house as it is: which can be taken, and who is in the
way. No I/O."""

from agent.control import papers
from agent.control.papers import Edit, Papers
from agent.control.state import State
from agent.model.clock import Now
from agent.model.documents import DocumentKind
from agent.model.intents import PutDocument, SetSmartPolicy
from agent.model.readings import DeviceKind, VehicleReading
from agent.model.schedules import Schedule
from agent.model.smart import SmartPolicy
from agent.model.snapshot import Snapshot
from agent.plan.smart.policies import House, changed, policy_in_the_way, refusal


def edited(state: State, intent: SetSmartPolicy, snapshot: Snapshot, now: Now) -> Edit:
    """A person's edit, from Home Assistant or the command line."""
    info = state.devices.get(intent.device)
    kind = DeviceKind.VEHICLE if info is None else info.kind
    before = state.policies.get(intent.device) or SmartPolicy(
        target=intent.device, target_kind=kind
    )
    policy = changed(before, intent)
    found = refusal(policy, _house(state, state.routine.papers, snapshot), now.at)
    if found is not None:
        return Edit(papers=state.routine.papers, problem=found.sentence, status=found.status)
    return papers.put_policy(state.routine.papers, policy)


def refused(
    state: State, papers: Papers, intent: PutDocument, snapshot: Snapshot, now: Now
) -> tuple[int, str] | None:
    """Why a document of the cloud cannot be taken for the sake of smart charging.

    Args:
        papers: those that stand at that moment.
    """
    if intent.kind is DocumentKind.SMART_POLICY and isinstance(intent.value, SmartPolicy):
        found = refusal(intent.value, _house(state, papers, snapshot), now.at)
        return None if found is None else (found.status, found.sentence)
    if isinstance(intent.value, Schedule):
        problem = policy_in_the_way(intent.value, _house(state, papers, snapshot))
        return None if problem is None else (409, problem)
    return None


def hinders(state: State, schedule: Schedule, snapshot: Snapshot) -> str | None:
    """Why a schedule cannot be turned on by a person, for the sake of smart charging."""
    return policy_in_the_way(schedule, _house(state, state.routine.papers, snapshot))


def _house(state: State, papers: Papers, snapshot: Snapshot) -> House:
    limits_percent = {
        device: seen.value.charge_limit_percent
        for device, seen in snapshot.items()
        if isinstance(seen.value, VehicleReading) and seen.value.charge_limit_percent is not None
    }
    some_charger = bool(state.wishes.chargers)
    vehicles = [info for info in state.devices.values() if info.kind is DeviceKind.VEHICLE]
    return House(
        devices=state.devices,
        policies=papers.policies,
        schedules=papers.schedules,
        charger_of=state.routine.charger_of,
        steerable=frozenset(info.id for info in vehicles if info.startable or some_charger),
        limits_percent=limits_percent,
        priced=state.priced or papers.currency is not None,
    )
