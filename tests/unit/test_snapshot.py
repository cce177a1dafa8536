from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import FORGET_AFTER_S, Seen, fold, power_delivery, seen
from tests.unit.house import GARAGE, NOON


def said(mono_s: float, **more: object) -> ChargerReading:
    at = NOON.later(mono_s - NOON.mono_s).at
    return ChargerReading(device=GARAGE, at=at, mono_s=mono_s, **more)  # type: ignore[arg-type]


def test_what_a_message_does_not_say_stays_known() -> None:
    state = fold(seen(said(1, power_w=7000.0)), said(2, session_wh=500.0))
    assert (state.value.power_w, state.value.session_wh) == (7000.0, 500.0)
    assert state.age_s("power_w", 10) == 9


def test_late_news_of_one_field_does_not_touch_a_newer_one_but_another_field_it_does() -> None:
    state = seen(said(10, power_delivery=PowerDelivery.CHARGING))
    state = fold(state, said(5, power_delivery=PowerDelivery.STOPPED, power_w=0.0))
    assert state.value.power_delivery is PowerDelivery.CHARGING
    assert state.value.power_w == 0.0
    assert state.value.mono_s == 10
    assert not state.said_after("power_w", 5)


def test_nothing_new_gives_the_very_same_state() -> None:
    state = seen(said(10, power_w=1.0))
    assert fold(state, said(9, power_w=2.0)) is state


samples = st.builds(
    said,
    st.integers(0, 20).map(float),
    power_w=st.none() | st.floats(0, 22000),
    session_wh=st.none() | st.floats(0, 90000),
)


@given(st.lists(samples, min_size=1, max_size=12))
def test_each_field_ends_with_the_newest_word_about_it(readings: list[ChargerReading]) -> None:
    state: Seen[ChargerReading] | None = None
    for reading in readings:
        state = fold(state, reading)
    assert state is not None
    for name in ("power_w", "session_wh"):
        words = [r for r in readings if getattr(r, name) is not None]
        newest = max((r.mono_s for r in words), default=None)
        expected = next((getattr(r, name) for r in reversed(words) if r.mono_s == newest), None)
        assert getattr(state.value, name) == expected
    assert {f.name for f in fields(state.value)} >= set(state.said_mono_s)


def test_what_changed_did_so_between_two_words() -> None:
    state = seen(said(10, power_delivery=PowerDelivery.UNPLUGGED))
    state = fold(state, said(40, power_delivery=PowerDelivery.UNPLUGGED))
    assert state.otherwise_mono_s == {}
    state = fold(state, said(100, power_delivery=PowerDelivery.STOPPED))
    assert state.otherwise_mono_s["power_delivery"] == 40
    state = fold(state, said(200, power_delivery=PowerDelivery.STOPPED, power_w=0.0))
    assert state.otherwise_mono_s == {"power_delivery": 40}


def test_a_plug_state_that_nobody_renewed_for_a_week_is_unknown() -> None:
    state = seen(said(10, power_delivery=PowerDelivery.STOPPED))
    assert power_delivery(state, 10 + FORGET_AFTER_S) is PowerDelivery.STOPPED
    assert power_delivery(state, 11 + FORGET_AFTER_S) is PowerDelivery.UNKNOWN
    assert power_delivery(None, 0) is PowerDelivery.UNKNOWN
    assert power_delivery(seen(said(10, power_w=1.0)), 10) is PowerDelivery.UNKNOWN
