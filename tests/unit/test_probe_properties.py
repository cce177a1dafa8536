"""Whatever happens in the house: one probe a plug-in, one at a time, limits kept, always over."""

from collections.abc import Callable

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from agent.model.actions import ActionKind
from agent.model.intents import AskProbe, ChargeCommand, ChargerMode, CurrentLimit, ModeChoice
from agent.model.readings import DeviceId
from agent.plan.probe_rules import FOLLOW_S, MOST_S
from tests.examples import examples
from tests.unit.house import GARAGE
from tests.unit.probe_house import CHARGERS, STEP_S, ProbeHouse

BOX = st.sampled_from(CHARGERS)
EVENTS = st.tuples(
    st.sampled_from(
        [
            "wait",
            "wait",
            "wish",
            "wish",
            "ask",
            "leave",
            "plug",
            "deaf",
            "hears",
            "restart",
            "start",
            "stop",
            "limit",
            "fast",
        ]
    ),
    BOX,
    st.integers(1, 40),
)
"""What happens, at which charger, and how much of it."""


class Watch:
    """Looks at the house after every step."""

    def __init__(self, house: ProbeHouse) -> None:
        self.house = house
        self.of: dict[str, tuple[str, str]] = {}

    def passes(self, steps: int) -> None:
        for _ in range(steps):
            ticked = self.house.tick()
            capped = {d for d, t in ticked.targets.items() if t.reason.code == "pair-probe"}
            self.look(capped)

    def look(self, capped: set[DeviceId]) -> None:
        state = self.house.state
        pending = [a for a in state.ledger.pending.values() if a.kind is ActionKind.PROBE]
        assert len(pending) <= 1
        for action in pending:
            age_s = self.house.now.mono_s - action.created_mono_s
            assert age_s <= FOLLOW_S + MOST_S + 2 * STEP_S
            session = state.tally.sessions[action.device].id
            self.of.setdefault(action.id, (action.device, session))
        plug_ins = list(self.of.values())
        assert len(plug_ins) == len(set(plug_ins))
        for box in CHARGERS:
            assert self.house.given_a[box] <= 16.0
        assert capped <= {action.device for action in pending}


def happen(watch: Watch, what: str, box: DeviceId, much: int) -> None:
    house = watch.house
    by_name: dict[str, Callable[[], object]] = {
        "wait": lambda: watch.passes(much),
        "ask": lambda: house.take(AskProbe(device=box)),
        "leave": lambda: house.leave(box),
        "deaf": lambda: house.deaf.add(box),
        "hears": lambda: house.deaf.discard(box),
        "start": lambda: house.take(ChargeCommand(device=box, charging=True)),
        "stop": lambda: house.take(ChargeCommand(device=box, charging=False)),
        "limit": lambda: house.take(CurrentLimit(device=box, max_current_a=6.0 + much % 11)),
        "fast": lambda: house.take(ModeChoice(device=box, mode=ChargerMode.FAST)),
    }
    if what == "restart":
        watch.house = house.restarted()
    elif what == "plug":
        house.cars[house.truth[box]].on = box
    elif what == "wish":
        if box in house.state.tally.sessions:
            house.wish(box)
            for car in house.cars.values():
                car.every_s = 60.0 + much * 30.0
    else:
        by_name[what]()
    watch.passes(2)


@examples(10, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=15))
def test_a_probe_is_made_once_a_plug_in_one_at_a_time_within_limits_and_ends(
    events: list[tuple[str, DeviceId, int]],
) -> None:
    watch = Watch(ProbeHouse())
    watch.house.come()
    watch.passes(20)
    watch.house.wish(GARAGE)
    for event in events:
        happen(watch, *event)
    watch.passes(round((FOLLOW_S + MOST_S) / STEP_S) + 2)
