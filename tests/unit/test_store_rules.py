import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.driver import Transaction
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceId, DeviceKind
from agent.model.targets import Reason, ReasonCode
from agent.store import SecondPendingAction, StoreFull, migrations
from agent.store.pending import PendingRule
from agent.store.retention import Steadiness
from agent.store.rows import (
    Key,
    Row,
    decode_action,
    decode_charge,
    decode_entry,
    decode_session,
    encode,
)
from agent.store.transactions import Transactions, first_id
from tests.examples import examples
from tests.virtual_time import run_virtual

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
GARAGE = DeviceId("garage")


def action(name: str, device: str, state: ActionState = ActionState.PENDING) -> Action:
    return Action(
        id=name,
        device=DeviceId(device),
        device_kind=DeviceKind.CHARGER,
        kind=ActionKind.START,
        state=state,
        created_at=NOON,
        updated_at=NOON,
        device_commanded=DeviceId(device),
        created_mono_s=0.0,
        boot_id="boot",
        window_s=300.0,
    )


actions = st.builds(
    action,
    name=st.sampled_from("abcdef"),
    device=st.sampled_from(["garage", "barn"]),
    state=st.sampled_from(ActionState),
)


class OnePendingAction(RuleBasedStateMachine):
    """Whatever is taken, the table that results has at most one pending action per device."""

    def __init__(self) -> None:
        super().__init__()
        self.rule_ = PendingRule()
        self.table: dict[str, Action] = {}

    @rule(together=st.lists(actions, max_size=4))
    def take(self, together: list[Action]) -> None:
        after = self.table | {a.id: a for a in together}
        allowed = self._pending_once(after)
        try:
            self.rule_.take(together)
        except SecondPendingAction:
            assert not allowed
        else:
            assert allowed
            self.table = after

    @rule()
    def restart(self) -> None:
        self.rule_ = PendingRule(a for a in self.table.values() if a.pending)

    @invariant()
    def one_pending(self) -> None:
        assert self._pending_once(self.table)

    @staticmethod
    def _pending_once(table: Mapping[str, Action]) -> bool:
        devices = [a.device for a in table.values() if a.pending]
        return len(devices) == len(set(devices))


OnePendingAction.TestCase.settings = examples(50)
TestOnePendingAction = OnePendingAction.TestCase


def test_the_database_itself_refuses_a_second_pending_action() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for number in migrations.SCRIPTS:
        migrations.apply(db, number)
    row = "INSERT INTO action (id, device, state, doc) VALUES (?, ?, ?, '{}')"
    db.execute(row, ("a", "garage", "PENDING"))
    db.execute(row, ("b", "barn", "PENDING"))
    db.execute(row, ("c", "garage", "FAILED"))
    with pytest.raises(sqlite3.IntegrityError):
        db.execute(row, ("d", "garage", "PENDING"))
    db.close()


def test_records_come_back_as_they_were() -> None:
    failed = replace(
        action("a", "garage", ActionState.FAILED),
        completed_at=NOON + timedelta(microseconds=5),
        failure=Failure(type=FailureType.NO_RESPONSE, detail="Käfer did not react"),
        value="IDLE",
    )
    assert decode_action(encode(failed)) == failed
    session = Session(id="s", charger=GARAGE, plugged_in_at=NOON, energy_wh=None)
    assert decode_session(encode(session)) == session
    charge = Transaction(
        id=7, charger=GARAGE, id_tag="tag", started_at=NOON, meter_start_wh=1.5, stopped_at=NOON
    )
    assert decode_charge(encode(charge)) == charge
    reason = Reason(
        code=ReasonCode.SURPLUS,
        sentence="sun",
        inputs=MappingProxyType({"power_w": 1.5, "known": None}),
        changes_at=NOON,
    )
    entry = JournalEntry(at=NOON, device=GARAGE, reason=reason, does="pause")
    assert decode_entry(encode(entry)) == entry


def test_a_record_of_a_newer_hearth_with_more_fields_is_readable() -> None:
    session = Session(id="s", charger=GARAGE, plugged_in_at=NOON)
    assert decode_session(encode(session)[:-1] + ',"colour":"red"}') == session


def test_text_that_is_no_unicode_is_repaired_at_any_depth() -> None:
    assert encode({"a": ["\ud800", Failure(type=FailureType.CONFLICT, detail="\udfff")]}) == (
        '{"a":["?",{"type":"CONFLICT","detail":"?"}]}'
    )


def test_what_json_cannot_carry_is_refused() -> None:
    with pytest.raises(TypeError):
        encode({"x": object()})


def now(at: datetime, mono_s: float, *, trusted: bool = True) -> Now:
    return Now(at=at, mono_s=mono_s, trusted=trusted)


def test_a_clock_is_steady_at_once_when_it_goes_on_where_it_stopped() -> None:
    assert Steadiness(None).see(now(NOON, 0.0))
    assert Steadiness(NOON.timestamp()).see(now(NOON + timedelta(hours=20), 0.0))


@pytest.mark.parametrize("away", [timedelta(days=2), timedelta(hours=-1)])
def test_a_clock_that_comes_back_elsewhere_must_prove_itself(away: timedelta) -> None:
    steadiness = Steadiness(NOON.timestamp())
    assert not steadiness.see(now(NOON + away, 0.0))
    assert not steadiness.see(now(NOON + away + timedelta(minutes=59), 3540.0))
    assert steadiness.see(now(NOON + away + timedelta(minutes=61), 3660.0))


def test_a_jump_of_hours_is_steady_and_one_of_days_is_not() -> None:
    steadiness = Steadiness(NOON.timestamp())
    assert steadiness.see(now(NOON, 0.0))
    assert steadiness.see(now(NOON + timedelta(hours=7), 10.0))
    assert not steadiness.see(now(NOON + timedelta(days=200), 20.0))
    assert steadiness.last_at_s == (NOON + timedelta(hours=7)).timestamp()
    assert not steadiness.see(now(NOON, 30.0))
    assert steadiness.see(now(NOON + timedelta(hours=2), 7230.0))


def test_an_untrusted_clock_is_never_steady() -> None:
    steadiness = Steadiness(None)
    for mono_s in (0.0, 7200.0):
        assert not steadiness.see(now(NOON, mono_s, trusted=False))


@pytest.mark.parametrize(
    ("highest", "at", "first"),
    [
        (0, datetime(2020, 1, 1, 0, 1, tzinfo=UTC), 60),
        (0, datetime(1970, 1, 1, tzinfo=UTC), 1),
        (500, datetime(1970, 1, 1, tzinfo=UTC), 501),
        (0, datetime(2199, 1, 1, tzinfo=UTC), 2_000_000_000),
        (2_000_000_005, NOON, 2_000_000_006),
    ],
)
def test_the_first_transaction_id_is_above_all_earlier_ones(
    highest: int, at: datetime, first: int
) -> None:
    assert first_id(highest, now(at, 0.0)) == first


def test_on_a_full_disk_a_transaction_is_given_its_id_and_tried_again_when_repeated() -> None:
    tries = list[Key]()

    async def full(rows: dict[Key, Row]) -> None:
        tries.extend(rows)
        raise StoreFull("no room")

    async def nothing_found(_: int | None, __: str | None) -> None:
        return None

    async def main() -> None:
        book = Transactions(full, nothing_found, lambda _: {}, {}, 10)
        for _ in range(2):
            begun = await book.open_transaction(
                charger=GARAGE, id_tag="t", started_at=NOON, meter_start_wh=0.0
            )
            assert begun.id == 10
        assert await book.open_transactions() == [begun]

    run_virtual(main())
    assert tries == [("charge", 10), ("charge", 10)]
