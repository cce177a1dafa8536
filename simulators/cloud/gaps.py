"""When to ask for what is missing: when a gap stood for 10 s, and then ever more rarely."""

from collections.abc import Iterable
from dataclasses import dataclass

PATIENCE_S = 10.0
LONGEST_PATIENCE_S = 300.0


@dataclass(slots=True)
class _Gap:
    first: int
    ask_at_s: float
    patience_s: float


class Gaps:
    """Args:
    patience_s: how long a gap may stand before the first question.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._open: dict[str, _Gap] = {}

    def due(self, behind: Iterable[tuple[str, int]], now_s: float) -> list[str]:
        """Agents to ask now.

        Args:
            behind: agents of whom something is missing, with the first seq that is.
            now_s: monotonic.
        """
        still = dict(behind)
        self._open = {a: g for a, g in self._open.items() if still.get(a) == g.first}
        asked = []
        for agent, first in still.items():
            gap = self._open.get(agent)
            if gap is None:
                self._open[agent] = _Gap(first, now_s + self._patience_s, self._patience_s)
            elif now_s >= gap.ask_at_s:
                gap.patience_s = min(2 * gap.patience_s, LONGEST_PATIENCE_S)
                gap.ask_at_s = now_s + gap.patience_s
                asked.append(agent)
        return asked
