"""Whatever people, cars and chargers do: one state, allowed edges, instants that stay."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent.model.prices import Prices
from agent.model.readings import PowerDelivery
from agent.model.smart import SmartState, Window, Windows
from agent.plan.smart import EDGES, SmartMemory, step
from tests.examples import examples
from tests.unit.house import GARAGE
from tests.unit.smart_world import World, policy, prices

Deed = tuple[str, Callable[[World], object]]


def _toggle(name: str) -> Callable[[World], None]:
    return lambda world: setattr(world, name, not getattr(world, name))


def _press(*, start: bool) -> Callable[[World], object]:
    return lambda world: world.press(start=start) if world.state.plugged_in else None


def _window_now(world: World) -> None:
    at = world.now.at
    world.windows = (Window(start=at, stop=at + timedelta(hours=2)),)


def _no_windows(world: World) -> None:
    world.windows = ()


def _mute(world: World) -> None:
    world.planner = lambda _: None


def _prices(world: World) -> None:
    empty = not world.prices.get("home", prices()).slots
    world.prices = {"home": prices() if empty else Prices(currency="EUR")}


def _schedule(world: World) -> None:
    world.scheduled = {} if world.scheduled else {GARAGE: 'the schedule "Night"'}


def _distrust(world: World) -> None:
    world.now = replace(world.now.later(1), trusted=not world.now.trusted)
    world.tick()


DEEDS: tuple[Deed, ...] = (
    ("waits", lambda world: world.run(30)),
    ("waits long", lambda world: world.run(400, 20)),
    ("waits very long", lambda world: world.run(9000, 120)),
    ("plugs in", lambda world: world.plug()),
    ("plugs in and charges", lambda world: world.plug(PowerDelivery.CHARGING)),
    ("unplugs", lambda world: world.unplug()),
    ("takes nothing", lambda world: world.plug(PowerDelivery.NO_POWER)),
    ("fault", lambda world: world.plug(PowerDelivery.FAULT)),
    ("starts", _press(start=True)),
    ("stops", _press(start=False)),
    ("turns deaf or back", _toggle("deaf")),
    ("is out of reach or back", _toggle("silent")),
    ("is stubborn or not", _toggle("stubborn")),
    ("tells its level or not", _toggle("tells_level")),
    ("is known or not", _toggle("paired")),
    ("drives", lambda world: setattr(world, "level", 20.0)),
    ("is full", lambda world: setattr(world, "level", 80.0)),
    ("gets another limit", lambda world: setattr(world, "limit", 30.0)),
    ("plans now", _window_now),
    ("plans nothing", _no_windows),
    ("has no planner", _mute),
    ("gets or loses prices", _prices),
    ("gets or loses a schedule", _schedule),
    ("asks to charge now", lambda world: world.override()),
    ("restarts", lambda world: world.restart()),
    ("restarts the machine", lambda world: world.restart(same_boot=False)),
    ("trusts its clock or not", _distrust),
    ("edits the deadline", lambda world: world.edit(policy(deadlines=(9 * 60,) * 7))),
    ("wants a minimum", lambda world: world.edit(policy(minimum_percent=60.0))),
    ("wants one window", lambda world: world.edit(policy(windows=Windows.SINGLE))),
    ("turns off", lambda world: world.edit(policy(enabled=False))),
    ("turns on", lambda world: world.edit(policy())),
)
deeds = st.lists(st.sampled_from(DEEDS), max_size=14)


class Watch:
    """What a plan has once told of itself."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], object] = {}
        self.state: SmartState | None = None

    def look(self, world: World) -> None:
        status = world.status
        assert isinstance(status.state, SmartState)
        self._edges(world)
        plan = status.plan
        assert status.state.executing is (plan is not None and plan.ended_at is None)
        if plan is not None:
            if status.state.ended:
                assert plan.final_state is status.state
            for name in ("stop_confirmed_at", "start_confirmed_at", "ended_at", "first_finish_at"):
                value = getattr(plan, name)
                before = self.seen.setdefault((plan.id, name), value)
                assert before is None or before == value, name
                self.seen[plan.id, name] = value
        if not status.state.executing and status.state is not SmartState.DEADLINE_CHANGED:
            assert GARAGE not in world.last.orders
        if status.state is SmartState.OVERRIDDEN or not world.now.trusted:
            assert world.last.orders == {}
            assert world.last.wanted == ()
        assert world.last.next_at is None or world.last.next_at > world.now.at
        assert sum(action.pending for action in world.actions) <= 1

    def _edges(self, world: World) -> None:
        for one, other in zip(world.states, world.states[1:], strict=False):
            assert other in EDGES[one]


def lived(what: list[Deed]) -> World:
    world, watch = World(policy()), Watch()
    for _, deed in what:
        deed(world)
        watch.look(world)
    return world


def test_two_plans_of_one_instant_are_two_plans() -> None:
    deeds_ = dict(DEEDS)
    plugs, known = ("plugs in", deeds_["plugs in"]), ("is known or not", deeds_["is known or not"])
    lived([plugs, known, ("restarts", deeds_["restarts"]), known, plugs])


@examples(60)
@given(deeds)
def test_any_stream_of_events_leaves_one_valid_state_reached_along_allowed_edges(
    what: list[Deed],
) -> None:
    lived(what)


@examples(25)
@given(deeds)
def test_what_is_remembered_on_disk_is_all_that_counts(what: list[Deed]) -> None:
    world = lived(what)
    tree = orjson.loads(orjson.dumps(world.memory.to_json()))
    again = SmartMemory.from_json(tree, same_boot=True, now_mono_s=world.now.mono_s)
    assert again.rates == world.memory.rates
    for seconds in (0.0, 60.0, 900.0, 40_000.0):
        now = world.now.later(seconds)
        one = step(world.policies, world.view(), world.memory, now)
        other = step(world.policies, world.view(), again, now)
        assert one.statuses == other.statuses
        assert (one.orders, one.wanted, one.released) == (
            other.orders,
            other.wanted,
            other.released,
        )


@examples(25)
@given(deeds)
def test_in_the_end_the_car_is_full_or_somebody_wanted_it_otherwise(what: list[Deed]) -> None:
    world = lived(what)
    world.deaf = world.silent = world.stubborn = False
    world.paired = world.tells_level = True
    world.running, world.scheduled, world.limit = {}, {}, 80.0
    world.now = replace(world.now, trusted=True)
    world.prices = {"home": prices(start=world.now.at)}
    world.unplug()
    world.edit(policy())
    world.run(120)
    world.level = min(world.level, 50.0)
    world.plug()
    world.run(24 * 3600, 300)
    assert world.level == 80
    assert world.status.state is SmartState.FULLY_CHARGED
