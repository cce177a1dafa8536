"""How a wish becomes an Action: checks first, in a fixed order."""

from dataclasses import dataclass, replace

from agent.ledger.appetite import takes_none
from agent.ledger.book import Ledger
from agent.ledger.deeds import deed
from agent.ledger.ways import SWITCHING, WINDOW_S, finish
from agent.model.actions import (
    Action,
    ActionKind,
    ActionState,
    Failure,
    FailureType,
    RequestedBy,
)
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    ChargerReading,
    DeviceKind,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import Seen, Snapshot

_PEOPLE = (RequestedBy.USER, RequestedBy.CLOUD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Args:
    device: whom it is asked of.
    commanded: whom it is told, where a pair routes it; None = the device itself.
    other: who else could carry it out, where a car has two ways.
    value: A, W or an operation mode, by kind.
    controlled_by: the schedule or plan that steers the device now, None if nobody does.
    impossible: why nobody can carry it out; None if somebody can.
    window_s: how long it may stay PENDING; None = as long as its kind of device is given.
    """

    id: str
    device: DeviceInfo
    kind: ActionKind
    value: float | str | None = None
    requested_by: RequestedBy = RequestedBy.USER
    request_id: str | None = None
    controlled_by: str | None = None
    commanded: DeviceInfo | None = None
    other: DeviceInfo | None = None
    impossible: str | None = None
    window_s: float | None = None

    @property
    def told(self) -> DeviceInfo:
        """Whom the commands go to."""
        return self.commanded or self.device


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """Args:
    action: the new action (it may be CANCELLED at once), or the old one that was re-used.
    changed: what must be written down, the cancelled predecessor first.
    status: 200, 400 (a precondition cannot come true) or 422 (somebody else steers).
    """

    ledger: Ledger
    action: Action | None
    changed: tuple[Action, ...] = ()
    problem: str | None = None
    status: int = 200


def create(ledger: Ledger, request: Request, snapshot: Snapshot, now: Now, boot_id: str) -> Created:
    """Create an action, re-use the pending one, or say why not.

    Order: somebody else steers (422) -> re-use -> preconditions (400) -> cancel the old one.
    """
    device = request.device
    if (
        request.controlled_by is not None
        and request.kind in SWITCHING
        and request.requested_by in _PEOPLE
    ):
        problem = (
            f"{device.id} is steered by {request.controlled_by}; disable that,"
            " or create a smart override"
        )
        return Created(ledger=ledger, action=None, problem=problem, status=422)
    rivals = [a for a in ledger.pending.values() if _meet(a, request)]
    for old in rivals:
        if _same_wish(old, request):
            return Created(ledger=ledger, action=old)
    action, failure = _begun(_reachable(request, snapshot), snapshot, now, boot_id)
    if rivals and failure is not None and failure.type is FailureType.UNNECESSARY:
        failure = None  # a command for something else may be on its way to the device
    if failure is not None:
        done = finish(action, ActionState.CANCELLED, failure, now)
        return Created(
            ledger=ledger.put(done),
            action=done,
            changed=(done,),
            problem=None if done.failure is None else done.failure.detail,
            status=400,
        )
    changed: tuple[Action, ...] = ()
    for old in rivals:
        newer = f"a newer wish took over: {deed(action.kind, action.value)}"
        conflict = Failure(type=FailureType.CONFLICT, detail=newer)
        gone = finish(old, ActionState.CANCELLED, conflict, now)
        ledger, changed = ledger.put(gone), (*changed, gone)
    return Created(ledger=ledger.put(action), action=action, changed=(*changed, action))


def _meet(action: Action, request: Request) -> bool:
    """Whether two actions concern the same car or charger: a pair locks both."""
    locked = {way.id for way in (request.device, request.told, request.other) if way is not None}
    return bool({action.device, action.device_commanded} & locked)


def _same_wish(old: Action, request: Request) -> bool:
    """Whether a car's pending action is what is asked for now. What a schedule asked for ends with
    the schedule, so it is not a person's."""
    people = old.requested_by in _PEOPLE and request.requested_by in _PEOPLE
    return (
        request.device.kind is DeviceKind.VEHICLE
        and old.device == request.device.id
        and request.kind in SWITCHING
        and old.kind is request.kind
        and (people or old.requested_by is request.requested_by)
    )


def _reachable(request: Request, snapshot: Snapshot) -> Request:
    """The request to whom it can be told now, where a car has two ways."""
    if request.other is None or _answers(request.told, snapshot):
        return request
    if not _answers(request.other, snapshot):
        return request
    return replace(request, commanded=request.other, other=request.told)


def _answers(device: DeviceInfo, snapshot: Snapshot) -> bool:
    seen = snapshot.get(device.id)
    return seen is not None and seen.reachable


def _begun(
    request: Request, snapshot: Snapshot, now: Now, boot_id: str
) -> tuple[Action, Failure | None]:
    """The action, on its other way at once where the first cannot do it; and why it cannot be."""
    action, failure = _new(request, now, boot_id), precondition(request, snapshot)
    hopeless = failure is not None and failure.type is FailureType.FAILED_PRECONDITION
    if failure is None or not hopeless or request.other is None:
        return action, failure
    detour = replace(request, commanded=request.other, other=None)
    second = precondition(detour, snapshot)
    if second == failure:  # what is wrong with the car is wrong on every way
        return action, failure
    return replace(_new(detour, now, boot_id), spent=failure.detail), second


def _new(request: Request, now: Now, boot_id: str) -> Action:
    return Action(
        id=request.id,
        device=request.device.id,
        device_kind=request.device.kind,
        kind=request.kind,
        value=request.value,
        created_at=now.at,
        updated_at=now.at,
        requested_by=request.requested_by,
        request_id=request.request_id,
        device_commanded=request.told.id,
        created_mono_s=now.mono_s,
        boot_id=boot_id,
        window_s=WINDOW_S[request.told.kind] if request.window_s is None else request.window_s,
    )


def precondition(request: Request, snapshot: Snapshot) -> Failure | None:
    """What is unlikely to change within the window ends the action at once; what may change
    (out of reach, not plugged in yet, initializing) does not. Where a pair routes the action, a
    full or broken car ends it too."""
    if request.impossible is not None:
        return _impossible(request.impossible)
    if request.commanded is not None and request.kind is ActionKind.START:
        car = snapshot.get(request.device.id)
        state = getattr(car.value, "power_delivery", None) if car is not None else None
        if state is PowerDelivery.COMPLETE:
            return _unnecessary(f"{request.device.id} is fully charged")
        if state is PowerDelivery.FAULT:
            return _start(request.device, state)
    return _of(request, request.told, snapshot.get(request.told.id))


def _of(request: Request, device: DeviceInfo, seen: Seen[Reading] | None) -> Failure | None:
    state = None if seen is None else seen.value
    if isinstance(state, ChargerReading) and state.controllable is False:
        return _impossible(f"{device.id} can be watched but not steered")
    if request.kind is ActionKind.SET_OPERATION_MODE:
        return _battery(request, state, seen)
    if seen is None or not seen.reachable:
        return None  # what it was when it was last heard of may have changed
    match request.kind, state:
        case ActionKind.START, ChargerReading(power_delivery=delivery):
            return _start(device, delivery)
        case ActionKind.START, VehicleReading(power_delivery=delivery):
            if delivery is PowerDelivery.COMPLETE:
                return _unnecessary(f"{device.id} is fully charged")
            return _start(device, delivery)
        case ActionKind.STOP, ChargerReading(power_delivery=d) | VehicleReading(power_delivery=d):
            idle = (PowerDelivery.STOPPED, PowerDelivery.COMPLETE, PowerDelivery.UNPLUGGED)
            return _unnecessary(f"{device.id} is not charging") if d in idle else None
        case ActionKind.SET_MAX_CURRENT | ActionKind.SET_CHARGE_RATE_LIMIT, _:
            return None
        case _:
            return None


def _start(device: DeviceInfo, delivery: PowerDelivery | None) -> Failure | None:
    match delivery:
        case PowerDelivery.CHARGING:
            return _unnecessary(f"{device.id} is charging already")
        case PowerDelivery.FAULT:
            return _impossible(f"{device.id} reports a fault; a person must look at it")
        case PowerDelivery.NO_POWER:
            return _impossible(takes_none(device.id))
        case _:
            return None


def _battery(request: Request, state: Reading | None, seen: Seen[Reading] | None) -> Failure | None:
    device = request.device
    if request.value not in device.battery_modes or request.value == BatteryMode.UNKNOWN:
        can = ", ".join(device.battery_modes) or "none"
        return _impossible(f"{device.id} cannot be set to {request.value}; it can do: {can}")
    if (
        isinstance(state, BatteryReading)
        and seen is not None
        and seen.reachable
        and state.operation_mode == request.value
    ):
        return _unnecessary(f"{device.id} is in {request.value} already")
    return None


def _impossible(detail: str) -> Failure:
    return Failure(type=FailureType.FAILED_PRECONDITION, detail=detail)


def _unnecessary(detail: str) -> Failure:
    return Failure(type=FailureType.UNNECESSARY, detail=detail)
