"""Bisecting of refused reads, and what is remembered of it."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.blocks import Read, Span, Terrain, Wanted, plan
from drivers.modbus.faults import Fault, fault_of_code
from drivers.modbus.model import Limits, Register, Table
from drivers.modbus.quarantine import REST_S, Quarantine
from drivers.modbus.refusals import Refusals
from tests.notebook import Notebook
from tests.virtual_time import run_virtual


def read_of(*addresses: int) -> Read:
    atoms = tuple(Span(1, Table.HOLDING, a, a + 1) for a in addresses)
    return Read(Span(1, Table.HOLDING, addresses[0], addresses[-1] + 1), atoms)


def wanted(addresses: list[int]) -> list[Wanted]:
    return [
        Wanted(1, Register(role="grid", name=f"at_{a}", address=a, type="u16")) for a in addresses
    ]


def planned(quarantine: Quarantine, addresses: list[int]) -> list[Read]:
    terrain = Terrain(
        limits=Limits(max_gap=2),
        barred=tuple(quarantine.resting),
        cuts=frozenset(quarantine.cuts),
    )
    return plan(wanted(addresses), terrain)


@given(
    st.sets(st.integers(0, 60), min_size=1, max_size=25).map(sorted),
    st.sets(st.integers(0, 62)),
)
def test_halving_finds_the_refused_registers_and_only_those(
    addresses: list[int], holes: set[int]
) -> None:
    quarantine, polls = Quarantine(), 0
    while True:
        reads = planned(quarantine, addresses)
        refused = [r for r in reads if holes & set(range(r.span.start, r.span.end))]
        if not refused:
            break
        quarantine.refuse(refused[0], now_s=0.0)  # one split per poll
        polls += 1
        assert polls < 500
    resting = {span.start for span in quarantine.resting}
    assert resting == holes & set(addresses)
    assert {a.start for r in reads for a in r.atoms} == set(addresses) - holes


def test_a_refused_register_is_tried_again_after_an_hour() -> None:
    quarantine = Quarantine()
    quarantine.refuse(read_of(7), now_s=100.0)
    quarantine.wake(100.0 + REST_S - 1)
    assert quarantine.resting
    quarantine.wake(100.0 + REST_S)
    assert not quarantine.resting


def test_a_note_with_nonsense_in_it_keeps_what_makes_sense() -> None:
    quarantine = Quarantine()
    entries = [[1, "holding", 5, 6], [1, "shelf", 5, 6], ["a"], 7, [1, "input", 9, 9]]
    quarantine.recall({"refused": entries}, now_s=0.0)
    assert list(quarantine.resting) == [Span(1, Table.HOLDING, 5, 6)]
    quarantine.recall({"refused": "nothing"}, now_s=0.0)


def test_refused_registers_survive_a_restart_but_not_new_firmware() -> None:
    async def main() -> None:
        pages = Notebook()
        before = Refusals("roof", pages)
        await before.recall(0.0)
        await before.firmware_is("V1")
        await before.add(read_of(7), fault_of_code(2), 0.0)

        after = Refusals("roof", pages)
        await after.recall(0.0)
        assert list(after.quarantine.resting) == [Span(1, Table.HOLDING, 7, 8)]
        await after.firmware_is("V1")
        assert after.quarantine.resting
        await after.firmware_is("V2")
        assert not after.quarantine.resting

        later = Refusals("roof", pages)
        await later.recall(0.0)
        assert not later.quarantine.resting

    run_virtual(main())


def test_an_unknown_exception_code_is_a_refusal_that_names_the_code() -> None:
    fault = fault_of_code(0)
    assert fault.fault is Fault.REFUSED
    assert "exception 0" in str(fault)
