"""Where power meets a limit: per phase in both directions, and at the meter."""

from dataclasses import dataclass
from math import inf

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
        fuse_w if fuse_w > SAME_W else 0.0,
        grid_w - import_limit_w if grid_w - import_limit_w > SAME_W else 0.0,
        -grid_w - export_limit_w if -grid_w - export_limit_w > SAME_W else 0.0,
    )


def too_much(sight: Sight, grid_w: float, first_phase_w: float) -> bool:
    """Whether less may be drawn only: the fuse or the import limit is passed by drawing."""
    found = over(sight.mains, grid_w, first_phase_w, sight.import_limit_w, inf)
    evenly_w = (grid_w - first_phase_w) / sight.mains.phases
    drawn = max(evenly_w, evenly_w + first_phase_w) > 0
    return found.import_w > 0 or (found.fuse_w > 0 and drawn)
