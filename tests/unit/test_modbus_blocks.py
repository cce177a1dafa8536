"""Planning of block reads."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.blocks import Read, Span, Terrain, Wanted, cut_of, plan, spans_of
from drivers.modbus.model import Limits, Register, Table

TYPES = {"u16": 1, "s32": 2, "f64": 4, "str8": 8}


def register(address: int, type_: str = "u16", **more: object) -> Register:
    fields = {"role": "grid", "name": f"at_{address}", "table": Table.HOLDING, **more}
    return Register(address=address, type=type_, **fields)  # type: ignore[arg-type]


def wanted(*registers: Register, unit: int = 1) -> list[Wanted]:
    return [Wanted(unit, r) for r in registers]


def span(start: int, end: int, *, table: Table = Table.HOLDING, unit: int = 1) -> Span:
    return Span(unit, table, start, end)


def runs(reads: Iterable[Read]) -> list[tuple[int, int]]:
    return [(read.span.start, read.span.count) for read in reads]


def test_neighbours_are_read_together_and_a_wide_gap_parts_them() -> None:
    terrain = Terrain(limits=Limits(max_gap=3))
    found = plan(wanted(register(10), register(12, "s32"), register(18), register(30)), terrain)
    assert runs(found) == [(10, 4), (18, 1), (30, 1)]


def test_without_a_known_gap_no_unlisted_register_is_touched() -> None:
    found = plan(wanted(register(10), register(11), register(13)), Terrain(limits=Limits()))
    assert runs(found) == [(10, 2), (13, 1)]


def test_a_read_is_never_longer_than_the_device_bears() -> None:
    terrain = Terrain(limits=Limits(max_registers_per_read=5))
    found = plan(wanted(*(register(a, "s32") for a in range(0, 12, 2))), terrain)
    assert runs(found) == [(0, 4), (4, 4), (8, 4)]


def test_tables_and_units_are_never_mixed() -> None:
    terrain = Terrain(limits=Limits(max_gap=50))
    mixed = [
        *wanted(register(10), register(11, table=Table.INPUT)),
        *wanted(register(12), unit=2),
    ]
    assert len(plan(mixed, terrain)) == 3


def test_a_value_and_its_scale_factor_are_one_read_whatever_the_gap() -> None:
    terrain = Terrain(limits=Limits())
    found = plan(wanted(register(10, "s16", sf_address=60)), terrain)
    assert runs(found) == [(10, 51)]


def test_inside_a_sunspec_model_gaps_do_not_matter() -> None:
    terrain = Terrain(limits=Limits(), solid=(span(0, 60),))
    assert runs(plan(wanted(register(2), register(50)), terrain)) == [(2, 49)]


def test_a_block_known_to_work_is_used_as_it_stands() -> None:
    terrain = Terrain(limits=Limits(), known_good=(span(0, 20), span(40, 50)))
    found = plan(wanted(register(3), register(17), register(30)), terrain)
    assert runs(found) == [(0, 20), (30, 1)]


def test_a_block_known_to_work_elsewhere_gives_way_to_a_refused_register() -> None:
    terrain = Terrain(limits=Limits(max_gap=9), known_good=(span(0, 20),), barred=(span(5, 6),))
    found = plan(wanted(register(3), register(5), register(8)), terrain)
    assert runs(found) == [(3, 1), (8, 1)]


def test_a_forbidden_range_is_never_crossed() -> None:
    terrain = Terrain(limits=Limits(max_gap=50), barred=(span(12, 14),))
    assert runs(plan(wanted(register(10), register(16)), terrain)) == [(10, 1), (16, 1)]


def test_a_gap_between_two_readable_ranges_is_not_crossed() -> None:
    limits = Limits(max_gap=50, ranges={Table.HOLDING: ((0, 11), (14, 40))})
    found = plan(wanted(register(10), register(15), register(20)), Terrain(limits=limits))
    assert runs(found) == [(10, 1), (15, 6)]


def test_a_meter_that_wants_even_counts_gets_them() -> None:
    terrain = Terrain(limits=Limits(even_counts=True), barred=(span(21, 22),))
    assert runs(plan(wanted(register(10), register(20)), terrain)) == [(10, 2), (19, 2)]


def test_words_that_are_not_adjacent_are_all_read() -> None:
    split = register(78, "u32", words=(78, 148))
    near = Terrain(limits=Limits(max_registers_per_read=125))
    far = Terrain(limits=Limits(max_registers_per_read=50))
    assert runs(plan(wanted(split), near)) == [(78, 71)]
    assert runs(plan(wanted(split), far)) == [(78, 1), (148, 1)]


def test_a_refused_read_is_cut_in_the_middle_of_its_values() -> None:
    (read,) = plan(wanted(*(register(a) for a in range(4))), Terrain(limits=Limits()))
    assert cut_of(read) == span(2, 4)
    (single,) = plan(wanted(register(9, "s32")), Terrain(limits=Limits()))
    assert cut_of(single) is None


REGISTERS = st.lists(
    st.builds(
        register,
        st.integers(0, 300),
        st.sampled_from(sorted(TYPES)),
        table=st.sampled_from([Table.HOLDING, Table.INPUT]),
        sf_address=st.none() | st.integers(0, 300),
    ),
    max_size=30,
)
SPANS = st.builds(
    lambda start, count, table: span(start, start + count, table=table),
    st.integers(0, 300),
    st.integers(1, 40),
    st.sampled_from([Table.HOLDING, Table.INPUT]),
)
TERRAINS = st.builds(
    Terrain,
    limits=st.builds(
        Limits,
        max_registers_per_read=st.integers(8, 125),
        max_gap=st.integers(0, 40),
        even_counts=st.booleans(),
    ),
    known_good=st.lists(SPANS, max_size=3).map(tuple),
    barred=st.lists(SPANS, max_size=3).map(tuple),
    cuts=st.frozensets(
        st.tuples(st.just(1), st.sampled_from(list(Table)), st.integers(0, 300)), max_size=5
    ),
)


@given(REGISTERS, TERRAINS)
def test_any_plan_reads_every_readable_value_whole_and_nothing_forbidden(
    registers: list[Register], terrain: Terrain
) -> None:
    reads = plan(wanted(*registers), terrain)
    limits = terrain.limits
    for read in reads:
        assert read.span.count <= limits.max_registers_per_read + limits.even_counts
        assert not any(read.span.overlaps(barred) for barred in terrain.barred)
        assert all(read.span.contains(atom) for atom in read.atoms)
    for want in wanted(*registers):
        for atom in spans_of(want, terrain):
            barred = any(atom.overlaps(b) for b in terrain.barred)
            assert barred or any(read.span.contains(atom) for read in reads)


@given(REGISTERS, TERRAINS)
def test_any_plan_is_in_order_and_bridges_no_gap_wider_than_allowed(
    registers: list[Register], terrain: Terrain
) -> None:
    reads = plan(wanted(*registers), terrain)
    assert [r.span for r in reads] == sorted(r.span for r in reads)
    for read in reads:
        if read.span in terrain.known_good:
            continue
        reached = read.atoms[0].end
        for before, atom in pairwise(read.atoms):
            reached = max(reached, before.end)
            assert atom.start - reached <= terrain.limits.max_gap
            if atom.start > before.start:
                assert (1, atom.table, atom.start) not in terrain.cuts
