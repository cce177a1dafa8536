"""What one device is asked for at each rhythm."""

from collections.abc import Iterable, Mapping, Sequence

from drivers.modbus.blocks import Read, Span, Terrain, Wanted, as_span, plan, spans_of
from drivers.modbus.model import Block, DeviceModel, Register, Tier
from drivers.modbus.quarantine import Quarantine

TIERS = (Tier.FAST, Tier.NORMAL, Tier.SLOW, Tier.ONCE)


def terrain_of(
    model: DeviceModel, unit: int, quarantine: Quarantine, solid: Iterable[Span] = ()
) -> Terrain:
    """What may be read of a device now: facts of its model, and what it refused."""
    return Terrain(
        limits=model.limits,
        known_good=_spans(model, unit, model.blocks),
        barred=(*_spans(model, unit, model.forbidden), *quarantine.resting),
        solid=tuple(solid),
        cuts=frozenset(quarantine.cuts),
    )


def plan_tiers(
    answered_by: Sequence[tuple[int, Register]], terrain: Terrain
) -> Mapping[Tier, list[Read]]:
    """The reads of each tier; what a faster tier reads along anyway is not read again."""
    plans: dict[Tier, list[Read]] = {}
    read_along: list[Span] = []
    for tier in TIERS:
        wanted = [Wanted(unit, r) for unit, r in answered_by if r.tier is tier and r.readable]
        missing = [want for want in wanted if not covered(spans_of(want, terrain), read_along)]
        plans[tier] = plan(missing, terrain)
        read_along += [read.span for read in plans[tier]]
    return plans


def _spans(model: DeviceModel, unit: int, blocks: Iterable[Block]) -> tuple[Span, ...]:
    units = ((block, model.unit_of(block, unit)) for block in blocks)
    return tuple(as_span(block, its) for block, its in units if its is not None)


def covered(spans: Iterable[Span], by: Sequence[Span]) -> bool:
    """Whether each span lies in one of the others."""
    return all(any(cover.contains(span) for cover in by) for span in spans)
