"""What holds of pairing whatever devices say."""

from datetime import timedelta
from typing import Any, TypeAlias

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent import pairing
from agent.model.pairs import Belief, Observation, PairStage
from agent.model.readings import DeviceId, PowerDelivery
from agent.pairing.runs import Runs, push, thinned
from tests.examples import examples
from tests.unit.pairing_world import at
from tests.unit.pairing_world import settings as house

# Of each: the device, minutes after the one before, minutes of age, what it says.
Messages: TypeAlias = list[tuple[str, float, float, dict[str, Any]]]

CARS, CHARGERS = "a b c", "box pole"
CONTACT = {"plug-in", "transition", "token", "carried", "state", "energy"}

said = st.fixed_dictionaries(
    {},
    optional={
        "plugged_in": st.booleans(),
        "charging": st.booleans(),
        "power_delivery": st.sampled_from(list(PowerDelivery)),
        "power_w": st.floats(allow_nan=True, allow_infinity=True),
        "soc_percent": st.floats(-50, 200),
        "energy_wh": st.floats(0, 1e6),
        "latitude_deg": st.floats(-100, 100),
        "longitude_deg": st.floats(-200, 200),
        "reachable": st.booleans(),
        "session": st.sampled_from(["1", "2"]),
        "id_token": st.sampled_from(["x", "AABBCCDDEEFF"]),
    },
)
message = st.tuples(
    st.sampled_from([*CARS.split(), *CHARGERS.split(), "nobody"]),
    st.floats(0, 30),
    st.floats(-5, 60),
    said,
)
stream = st.lists(message, max_size=40)


def run(messages: Messages) -> list[pairing.Step]:
    memory, minutes, steps = pairing.begin(house(CARS, CHARGERS)), 0.0, []
    for device, pause, age, values in messages:
        minutes += pause
        now = at(minutes)
        word = Observation(
            device=DeviceId(device),
            seen=now,
            at=now.at - timedelta(minutes=age),
            **values,
        )
        steps.append(pairing.step((word,), memory, now))
        memory = steps[-1].memory
    return steps


@given(stream)
@examples(40)
def test_a_car_is_on_one_charger_and_a_charger_has_one_car(
    messages: Messages,
) -> None:
    for step in run(messages):
        named = [belief.vehicle for belief in step.beliefs.values() if belief.vehicle]
        assert len(named) == len(set(named))
        active = [p for p in step.pairs if p.stage is PairStage.ACTIVATED]
        assert {(p.vehicle, p.charger) for p in active} == {
            (b.vehicle, b.charger) for b in step.beliefs.values() if b.vehicle
        }


@given(stream)
@examples(40)
def test_no_car_is_named_without_something_that_ties_it_to_the_charger(
    messages: Messages,
) -> None:
    for step in run(messages):
        for belief in step.changed:
            if belief.vehicle is not None:
                assert any(e.kind in CONTACT and e.points > 0 for e in belief.evidence)
                assert belief.confidence >= 0.99


@given(stream)
@examples(30)
def test_what_is_due_lies_ahead(
    messages: Messages,
) -> None:
    minutes = 0.0
    for step, (_, pause, _, _) in zip(run(messages), messages, strict=True):
        minutes += pause
        assert step.due_mono_s is None or step.due_mono_s > at(minutes).mono_s


@given(stream, st.integers(0, 60))
@examples(30)
def test_the_beginning_of_a_stream_leads_to_the_beginning_of_what_the_whole_leads_to(
    messages: Messages, length: int
) -> None:
    def told(steps: list[pairing.Step]) -> list[Belief]:
        return [belief for step in steps for belief in step.changed]

    part, whole = told(run(messages[:length])), told(run(messages))
    assert whole[: len(part)] == part


@given(stream)
@examples(30)
def test_memory_survives_the_disk(
    messages: Messages,
) -> None:
    steps = run(messages)
    if not steps:
        return
    memory, now = steps[-1].memory, steps[-1].memory.now
    assert now is not None
    tree = orjson.loads(orjson.dumps(memory.to_json()))
    again = pairing.Memory.from_json(tree, memory.settings, now, same_boot=True)
    assert again.cars == memory.cars
    assert again.chargers == memory.chargers
    after = pairing.step((), again, now)
    assert {c: b.vehicle for c, b in after.beliefs.items()}.keys() == memory.held.keys()


def test_memory_is_bounded_however_long_a_stream_is() -> None:
    words: Messages = [
        (device, 0.7, 0.1, values | {"power_w": float(n % 9) * 1000, "soc_percent": n % 97})
        for n in range(900)
        for device, values in (
            ("a", {"plugged_in": n % 7 < 4, "charging": n % 5 < 3, "latitude_deg": n % 50,
                   "longitude_deg": 4.0}),
            ("box", {"plugged_in": n % 11 < 8, "charging": n % 3 < 2, "energy_wh": n * 100.0,
                     "session": str(n)}),
        )
    ]  # fmt: skip
    sizes = [len(orjson.dumps(step.memory.to_json())) for step in run(words)[1000::300]]
    assert max(sizes) < 1.1 * min(sizes)
    assert max(sizes) < 40_000


samples = st.lists(st.tuples(st.booleans(), st.integers(0, 5000)), max_size=40)


@given(samples)
@examples(300)
def test_runs_stay_in_order_and_no_sample_is_contradicted(
    rows: list[tuple[bool, int]],
) -> None:
    runs: Runs = ()
    for value, at_s in rows:
        runs = push(runs, value, float(at_s))
    flat = [instant for run in runs for instant in (run.since_s, run.until_s)]
    assert flat == sorted(flat)
    assert len(runs) <= 24
    last_at: dict[int, set[bool]] = {}
    for value, at_s in rows:
        last_at.setdefault(at_s, set()).add(value)
    for run in runs:
        inside = [values for at_s, values in last_at.items() if run.since_s < at_s < run.until_s]
        assert all(run.value in values for values in inside)


def test_thinning_keeps_the_first_and_the_newest() -> None:
    runs: Runs = ()
    for n in range(60):
        runs = thinned(push(runs, n * 1000.0, n * 60.0, keep=100), 40)
    assert runs[0].value == 0.0
    assert [run.value for run in runs[-20:]] == [n * 1000.0 for n in range(40, 60)]
    assert len(runs) <= 40
