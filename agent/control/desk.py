"""Where Intents of people, bridges and the cloud are taken. No I/O, reads no clock."""

from dataclasses import dataclass, replace

from agent.control import grid_orders, papers, people, policies
from agent.control.pair_words import hear
from agent.control.papers import Edit
from agent.control.state import OK, State
from agent.control.waiting import with_those_that_waited
from agent.ledger import Request
from agent.ledger.create import Created
from agent.model.actions import Action, ActionKind, ActionState, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.documents import Document
from agent.model.driver import DeviceInfo
from agent.model.events import Executed
from agent.model.intents import (
    Answer,
    AskProbe,
    CancelAction,
    CorrectPair,
    DeviceIntent,
    EnableSchedule,
    EndOverride,
    GridLimit,
    GridPlan,
    Intent,
    PinPair,
    PutDocument,
    Refresh,
    SetSmartPolicy,
    StartOverride,
)
from agent.model.readings import DeviceId, DeviceKind
from agent.model.snapshot import Snapshot
from agent.plan.probe import Never
from agent.plan.settings import BatteryPlan
from agent.store import Change

NO_CONTENT, BAD, UNKNOWN, CONFLICT = 204, 400, 404, 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an Intent.

    Args:
        change: to be on disk before the answer is given; None = nothing changed.
        held: the device whose command must wait for that.
        edited: documents that a person in the house changed.
    """

    answer: Answer
    change: Change | None = None
    held: DeviceId | None = None
    edited: tuple[Document, ...] = ()

    def instead(self, answer: Answer) -> "Taken":
        """The same with another answer, also where it is written down."""
        if self.change is None:
            return replace(self, answer=answer)
        executed = tuple(replace(each, answer=answer) for each in self.change.executed)
        return replace(self, answer=answer, change=replace(self.change, executed=executed))


def take(state: State, intent: Intent, snapshot: Snapshot, now: Now) -> Taken:
    """Take an Intent. One with a fingerprint is written down with its outcome, so that it is
    never carried out twice."""
    taken = _undisturbed(state, intent, _take(state, intent, snapshot, now), now)
    if intent.request_id is None or intent.fingerprint is None:
        return taken
    executed = Executed(
        request_id=intent.request_id,
        fingerprint=intent.fingerprint,
        answer=taken.answer,
        at=now.at,
    )
    return replace(taken, change=replace(taken.change or Change(), executed=(executed,)))


def _take(state: State, intent: Intent, snapshot: Snapshot, now: Now) -> Taken:
    match intent:
        case CancelAction():
            return _cancel(state, intent, now)
        case EnableSchedule():
            return _enable(state, intent, snapshot, now)
        case PutDocument():
            return _put(state, intent, snapshot, now)
        case SetSmartPolicy():
            edit = policies.edited(state, intent, snapshot, now)
            return _edit(state, with_those_that_waited(state, edit, snapshot, now))
        case PinPair() | CorrectPair():
            return _pair(state, intent, now)
        case GridLimit() | GridPlan():
            return _limit(state, intent, now)
        case DeviceIntent():
            device = state.devices.get(intent.device)
            if device is None:
                known = ", ".join(state.devices) or "none"
                return _no(f"no device is called {intent.device}; known: {known}", UNKNOWN)
            return _ask(state, intent, device, snapshot, now)
        case _:
            return _no(f"{type(intent).__name__} is not understood", BAD)


def _put(state: State, intent: PutDocument, snapshot: Snapshot, now: Now) -> Taken:
    before = state.routine.papers
    refused = policies.refused(state, before, intent, snapshot, now)
    edit = papers.put(before, intent, state.devices, refused)
    return _edit(state, with_those_that_waited(state, edit, snapshot, now))


def met(state: State, snapshot: Snapshot, now: Now) -> Change:
    """A car has come that nobody knew: what waited for it is taken."""
    edit = with_those_that_waited(state, Edit(papers=state.routine.papers), snapshot, now)
    state.routine.papers = edit.papers
    return Change(documents=edit.changed, settings=state.rows())


def _enable(state: State, intent: EnableSchedule, snapshot: Snapshot, now: Now) -> Taken:
    schedule = state.routine.papers.schedules.get(intent.schedule)
    if schedule is not None and intent.enabled:
        problem = policies.hinders(state, replace(schedule, enabled=True), snapshot)
        if problem is not None:
            return _no(problem, CONFLICT)
    edit = papers.enable(state.routine.papers, intent)
    return _edit(state, with_those_that_waited(state, edit, snapshot, now))


def _undisturbed(state: State, intent: Intent, taken: Taken, now: Now) -> Taken:
    """A person who wants something gets the charger as it was: a probe under way is over."""
    if isinstance(intent, AskProbe | Refresh):
        return taken
    moved = state.prober.interrupt(state, now)
    if not moved:
        return taken
    change = taken.change or Change()
    return replace(taken, change=replace(change, actions=(*change.actions, *moved)))


def _no(problem: str, status: int) -> Taken:
    return Taken(answer=Answer(problem=problem, status=status))


def _ask(
    state: State, intent: DeviceIntent, device: DeviceInfo, snapshot: Snapshot, now: Now
) -> Taken:
    match intent:
        case Refresh():
            return Taken(answer=Answer(status=NO_CONTENT))
        case StartOverride():
            return _start_override(state, intent, device, snapshot, now)
        case EndOverride():
            return _end_override(state, device, now)
        case AskProbe():
            return _probe(state, intent, snapshot, now)
        case _:
            pass
    charger = state.charger_of(device.id)
    try:
        planned = state.settings.battery.plan is not BatteryPlan.ALONE
        meaning = people.read(
            intent, device, state.wishes, state.new_id(), charger, planned=planned
        )
    except people.NotPossible as error:
        return _no(str(error), BAD)
    if meaning.request is None:
        state.wishes = meaning.wishes
        return Taken(answer=Answer(), change=Change(settings=state.rows()))
    steered = state.controlled(device.id, now)
    made = state.file(replace(meaning.request, controlled_by=steered), snapshot, now)
    failure = made.action.failure if made.action is not None else None
    if made.status == OK or (failure and failure.type is FailureType.UNNECESSARY):
        state.wishes = meaning.wishes  # "already so" still means "keep it so"
    answer = Answer(action=made.action, problem=made.problem, status=made.status)
    return Taken(answer=answer, change=state.change(made.changed), held=_told(made))


def _probe(state: State, intent: AskProbe, snapshot: Snapshot, now: Now) -> Taken:
    device = state.devices[intent.device]
    if device.kind is not DeviceKind.CHARGER:
        return _no(f"{device.name} is no charger; only chargers are probed", BAD)
    try:
        made = state.prober.ask(state, intent, snapshot, now)
    except Never as why:
        return _no(f"{device.name} is not probed: {why}", CONFLICT)
    answer = Answer(action=made.action, problem=made.problem, status=made.status)
    return Taken(answer=answer, change=state.change(made.changed), held=_told(made))


def _told(made: Created) -> DeviceId | None:
    """Whose command must wait until the action is on disk."""
    return None if made.action is None else made.action.device_commanded


def _start_override(
    state: State, intent: StartOverride, device: DeviceInfo, snapshot: Snapshot, now: Now
) -> Taken:
    if device.kind not in (DeviceKind.CHARGER, DeviceKind.VEHICLE):
        return _no(f"{device.id} is a {device.kind}; only chargers and vehicles charge", BAD)
    running = state.routine.covering.get(device.id)
    if running is not None:
        action = _known(state, running.action_id)
        return Taken(answer=Answer(action=action, override=running))
    charger = state.charger_of(device.id)
    lost = device.kind is DeviceKind.VEHICLE and charger is None and not device.startable
    request = Request(
        id=state.new_id(),
        device=device,
        commanded=charger,
        other=None if charger is None else state.other_way(device.id, charger.id),
        kind=ActionKind.START,
        requested_by=RequestedBy.OVERRIDE,
        request_id=intent.request_id,
        impossible=people.nobody_to_tell(device) if lost else None,
    )
    made = state.file(request, snapshot, now)
    failure = made.action.failure if made.action is not None else None
    charging = failure is not None and failure.type is FailureType.UNNECESSARY
    if made.action is None or (made.status != OK and not charging):
        answer = Answer(action=made.action, problem=made.problem, status=made.status)
        return Taken(answer=answer, change=state.change(made.changed))
    override, _ = state.routine.start_override(device, state.new_id(), now)
    override = state.routine.began(override, made.action.id)
    return Taken(
        answer=Answer(action=made.action, override=override),
        change=replace(state.change(made.changed), overrides=(override,)),
        held=_told(made),
    )


def _end_override(state: State, device: DeviceInfo, now: Now) -> Taken:
    ended = state.routine.end_override(device.id, now)
    if ended is None:
        return _no(f"no smart override runs on {device.id}", UNKNOWN)
    done = state.cancel(ended.action_id or "", "the smart override was ended", now)
    change = state.change(() if done is None else (done,))
    return Taken(answer=Answer(override=ended), change=replace(change, overrides=(ended,)))


def _cancel(state: State, intent: CancelAction, now: Now) -> Taken:
    done = state.cancel(intent.action_id, f"cancelled by {intent.requested_by}", now)
    if done is not None:
        return Taken(answer=Answer(action=done), change=state.change((done,)))
    old = _known(state, intent.action_id)
    if old is None:
        return _no(f"no action has the id {intent.action_id}", UNKNOWN)
    over = old.state is ActionState.CANCELLED
    problem = None if over else f"that action is {old.state} already"
    return Taken(answer=Answer(action=old, problem=problem, status=OK if over else CONFLICT))


def _known(state: State, action_id: str | None) -> Action | None:
    actions = (*state.ledger.pending.values(), *state.ledger.last.values())
    return next((action for action in actions if action.id == action_id), None)


def _edit(state: State, edit: Edit) -> Taken:
    state.routine.papers = edit.papers
    answer = Answer(problem=edit.problem, status=edit.status)
    if edit.status == UNKNOWN and not edit.changed:
        return Taken(answer=answer)
    change = Change(documents=edit.changed, settings=papers.switches(edit.papers))
    return Taken(answer=answer, change=change, edited=edit.edited)


def _limit(state: State, intent: GridLimit | GridPlan, now: Now) -> Taken:
    """What the grid operator says; the same once more changes nothing."""
    before = state.wishes.grid_orders
    try:
        orders = grid_orders.given(before, intent, now, state.new_id)
    except grid_orders.Refusal as refusal:
        return _no(str(refusal), CONFLICT if refusal.later else BAD)
    if orders is before:
        return Taken(answer=Answer())
    state.wishes = replace(state.wishes, grid_orders=orders)
    return Taken(answer=Answer(), change=Change(settings=state.rows()))


def _pair(state: State, intent: PinPair | CorrectPair, now: Now) -> Taken:
    heard = hear(state.routine.pairing, intent, now)
    if heard.memory is None:
        return Taken(answer=heard.answer)
    state.routine.pairing = heard.memory
    state.routine.soon()
    return Taken(answer=heard.answer, change=Change(pairing=state.pairing_bytes()))
