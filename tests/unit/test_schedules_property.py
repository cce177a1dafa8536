"""Whatever people and chargers do, schedules keep to their rules."""

from collections.abc import Callable

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent.model.actions import RequestedBy
from agent.model.readings import PowerDelivery
from agent.model.schedules import ScheduleState
from agent.model.targets import ReasonCode
from agent.plan.schedules import ScheduleMemory, step
from tests.examples import examples
from tests.unit.house import GARAGE
from tests.unit.schedule_world import World, night

Deed = tuple[str, Callable[[World], None]]


def _set(state: PowerDelivery) -> Callable[[World], None]:
    return lambda world: world.plug(state)


def _deaf(world: World) -> None:
    world.deaf = not world.deaf


def _silent(world: World) -> None:
    world.silent = not world.silent


def _press(*, start: bool) -> Callable[[World], None]:
    return lambda world: world.press(start=start) if world.state.plugged_in else None


def _override(world: World) -> None:
    world.override()


DEEDS: tuple[Deed, ...] = (
    ("waits", lambda world: world.run(30)),
    ("waits long", lambda world: world.run(400)),
    ("waits very long", lambda world: world.run(5000, step_s=60)),
    ("plugs in", _set(PowerDelivery.STOPPED)),
    ("plugs in and charges", _set(PowerDelivery.CHARGING)),
    ("unplugs", _set(PowerDelivery.UNPLUGGED)),
    ("is full", _set(PowerDelivery.NO_POWER)),
    ("starts", _press(start=True)),
    ("stops", _press(start=False)),
    ("turns deaf or back", _deaf),
    ("is out of reach or back", _silent),
    ("asks to charge now", _override),
    ("restarts", lambda world: world.restart()),
    ("restarts the machine", lambda world: world.restart(same_boot=False)),
    ("edits", lambda world: world.edit(night(21 * 60, 23 * 60))),
    ("turns off", lambda world: world.edit(night(enabled=False))),
    ("turns on", lambda world: world.edit(night())),
)
deeds = st.lists(st.sampled_from(DEEDS), max_size=12)


def lived(what: list[Deed]) -> World:
    world = World(night())
    for _, deed in what:
        deed(world)
        check(world)
    return world


def check(world: World) -> None:
    """What holds at every moment."""
    status = world.last.statuses["night"]
    steers = status.state.value.startswith("INACTIVE") is False
    assert not steers or GARAGE in world.orders
    if world.codes() == [ReasonCode.SCHEDULE_YIELDS]:
        assert world.last.wanted == ()
        assert status.state in (
            ScheduleState.RETRYING,
            ScheduleState.MANUAL_OVERRIDE,
            ScheduleState.INCAPABLE,
            ScheduleState.PENDING,
        )
    assert sum(a.pending for a in world.actions) <= 1
    assert world.last.next_at is None or world.last.next_at > world.now.at
    again = ScheduleMemory.from_json(
        orjson.loads(orjson.dumps(world.memory.to_json())), same_boot=True, now_mono_s=0
    )
    assert (again.minds, again.told) == (world.memory.minds, world.memory.told)


@examples(25)
@given(deeds)
def test_in_the_end_the_charger_does_what_it_should_or_somebody_wants_it_otherwise(
    what: list[Deed],
) -> None:
    world = lived(what)
    world.deaf = world.silent = False
    world.running = {}
    world.edit(night())
    world.run(3 * 3600, step_s=60)
    check(world)
    status = world.last.statuses["night"]
    aligned = status.charging == status.should_charge
    content = status.expected is False and status.charging is False
    manual = status.state is ScheduleState.MANUAL_OVERRIDE
    assert aligned or content or manual, status


@examples(40)
@given(deeds)
def test_what_is_remembered_on_disk_is_all_that_counts(what: list[Deed]) -> None:
    world = lived(what)
    tree = orjson.loads(orjson.dumps(world.memory.to_json()))
    again = ScheduleMemory.from_json(tree, same_boot=True, now_mono_s=world.now.mono_s)
    for seconds in (0.0, 1.0, 60.0, 600.0, 9000.0):
        now = world.now.later(seconds)
        one = step(world.schedules, world.view(), world.memory, now)
        other = step(world.schedules, world.view(), again, now)
        assert (one.orders, one.wanted, one.released) == (
            other.orders,
            other.wanted,
            other.released,
        )
        assert one.statuses == other.statuses


@examples(20)
@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_a_person_is_contradicted_once_in_half_an_hour(presses: list[bool]) -> None:
    world = World(night())
    world.plug()
    world.run(300)
    for start in presses:
        world.press(start=start)
        world.run(150)
    assert len([a for a in world.actions if a.requested_by is RequestedBy.SCHEDULE]) <= 1
