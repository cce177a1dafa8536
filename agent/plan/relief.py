"""More flows than a limit allows: every car falls at once, by all that is too much. Pure.

Cars take seconds to follow, each its own. Where each would be enough alone, the quickest brings the
house inside, and nobody waits for the slowest. What was cut too deep is given back as soon as the
meters show that there is room. Nobody is paused for that: it ends at the minimum.
"""

from collections.abc import Iterator, Mapping, Sequence

from agent.model.readings import DeviceId
from agent.plan.allocation import Want, round_down
from agent.plan.lines import Room


def relieved(
    wants: Sequence[Want], given: Mapping[DeviceId, float], space: Room
) -> dict[DeviceId, float]:
    """The same, but on lines that are over so much less that each car alone would be enough."""
    found = dict(given)
    for want in wants:
        alone_a = min(_alone_a(want, space), default=None)
        if alone_a is not None and given[want.device] > want.min_a:
            most_a = max(round_down(alone_a), want.min_a)
            found[want.device] = min(given[want.device], most_a)
    return found


def _alone_a(want: Want, space: Room) -> Iterator[float]:
    """What it may have for each line that is over to be inside though nobody else follows."""
    for name, each in want.loads.items():
        line = space.lines[name]
        if line.excess > 0 and want.device in line.had:
            yield (line.had[want.device] - line.excess) / each
