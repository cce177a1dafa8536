"""Where power meets a limit: per phase in both directions, and at the meter."""

from dataclasses import dataclass

from agent.backtest.control import Sight
from agent.backtest.scenario import Mains

SAME_W = 0.5
"""Less than this over a limit is rounding."""


@dataclass(frozen=True, slots=True)
class Over:
    """By how much a flow is over, in W; 0 = it is not.

    Args:
        fuse_w: over the fuse, on the worst phase. import_w, export_w: over what the meter may see.
    """

    fuse_w: float
    import_w: float
    export_w: float


def over(
    mains: Mains, grid_w: float, first_phase_w: float, import_limit_w: float, export_limit_w: float
) -> Over:
    """How far a flow is beyond limits.

    Args:
        grid_w: at the meter, + = import; the part `first_phase_w` is drawn from phase 1 alone.
    """
    evenly_w = (grid_w - first_phase_w) / mains.phases
    fuse_w = max(abs(evenly_w), abs(evenly_w + first_phase_w)) - mains.phase_w
    return Over(
        _beyond(fuse_w), _beyond(grid_w - import_limit_w), _beyond(-grid_w - export_limit_w)
    )


def too_much(sight: Sight, grid_w: float, first_phase_w: float) -> bool:
    """Whether too much is drawn for a phase or for the import limit; without any tolerance, for
    who steers by it."""
    evenly_w = (grid_w - first_phase_w) / sight.mains.phases
    phase_w = max(evenly_w, evenly_w + first_phase_w)
    return phase_w > sight.mains.phase_w or grid_w > sight.import_limit_w


def _beyond(over_w: float) -> float:
    return over_w if over_w > SAME_W else 0.0
