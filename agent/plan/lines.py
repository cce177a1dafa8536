"""Everything that has a limit and that several devices share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.model.targets import ReasonCode
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan.allocation import LineId
from agent.plan.meters import PHASES


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a set of chargers may take together: ampere on one phase, or watts.

    Args:
        room, safe: with what a meter shows now, and if it has not seen the last changes.
        phase: of the mains, 1..3; 0 = the power of all phases, in watts.
        chargers: those that take of it.
        mains: whether all that is taken from the grid takes of it.
        batteries: what batteries that charge by our word take of it now; they are cut first, so
            `room` counts it as free and `safe` does not. batteries_least: the same where the
            meter may not have seen their last change.
        one_phase_only: only chargers that do not load all phases alike take of it.
        code: the reason where it limits; words: the limit itself, e.g. "the main fuse of 25 A".
        flows_a: what flows there now, + = import; None where nobody measures.
        excess: by how much it flows too much for the limit and its margin, batteries that charge
            by our word aside; 0 while the limit itself is kept. had: the most that each charger
            may have in that; empty where no meter tells. needs_help: whether the limit itself would
            be passed without what batteries lend for a moment.
        lost: its meter cannot be believed. stuck: not since it is silent, but since it repeats
            itself while chargers change.
    """

    room: float
    safe: float
    phase: int
    chargers: frozenset[DeviceId]
    mains: bool = False
    batteries: float = 0.0
    batteries_least: float = 0.0
    one_phase_only: bool = False
    code: ReasonCode = ReasonCode.FUSE_LIMIT
    words: str = ""
    flows_a: float | None = None
    excess: float = 0.0
    needs_help: bool = False
    had: Mapping[DeviceId, float] = field(default_factory=nothing)
    lost: DeviceId | None = None
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Args:
    lines: every limit there is; empty = no guard at all.
    settled: whether the meters have seen the last changes.
    grid_a: what flows at the connection per phase, + = import, for the explanation.
    """

    lines: Mapping[LineId, Line] = field(default_factory=nothing)
    settled: bool = True
    grid_a: Mapping[int, float] = field(default_factory=nothing)

    @property
    def room(self) -> dict[LineId, float]:
        return {name: line.room for name, line in self.lines.items()}

    @property
    def safe(self) -> dict[LineId, float]:
        return {name: line.safe for name, line in self.lines.items()}


def loads_of(
    device: DeviceId, phases: Collection[int], room: Room, *, sure: bool = True, crowd: int = 1
) -> Mapping[LineId, float]:
    """What one ampere per phase of a charger takes of each line.

    Args:
        phases: of the mains, that it loads.
        sure: whether it loads all of them; else it may be any of them alone.
        crowd: how many times its current one phase may carry, if all goes through that one.
    """
    found: dict[LineId, float] = {}
    for name, line in room.lines.items():
        if device not in line.chargers or (
            line.one_phase_only and sure and len(phases) == len(PHASES)
        ):
            continue
        if line.phase == 0:
            found[name] = NOMINAL_VOLTAGE_V * len(phases)
        elif line.phase in phases:
            found[name] = float(crowd)
    return MappingProxyType(found)
