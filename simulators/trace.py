"""A household and its roof as somebody measured them.

A CSV file with the columns start_utc, load_w, pv_w; each row holds from its start to the next
row's. An empty load is held from the row before, an empty solar value is 0; both are counted.
Times outside the file wrap around to it, so that any clock finds data.
"""

import csv
import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(slots=True)
class Trace:
    """Args:
    starts_s: ascending Unix times of N rows; the last row is as long as the one before.
    loads_w, pvs_w: N values each.
    gaps: rows in which something was not measured.
    """

    starts_s: list[float]
    loads_w: list[float]
    pvs_w: list[float]
    gaps: frozenset[int] = frozenset()
    _met: set[int] = field(default_factory=set)

    @property
    def gap_steps(self) -> int:
        """Rows met so far in which something was not measured."""
        return len(self._met)

    @property
    def end_s(self) -> float:
        last_s = self.starts_s[-1] - self.starts_s[-2] if len(self.starts_s) > 1 else 3600.0
        return self.starts_s[-1] + last_s

    def _row(self, at_s: float) -> tuple[int, float]:
        """Row index at a time, and the seconds by which that time was wrapped."""
        first_s, length_s = self.starts_s[0], self.end_s - self.starts_s[0]
        shift_s = math.floor((at_s - first_s) / length_s) * length_s
        row = max(0, bisect_right(self.starts_s, at_s - shift_s) - 1)
        if row in self.gaps:
            self._met.add(row)
        return row, shift_s

    def load_w(self, at_s: float) -> float:
        return self.loads_w[self._row(at_s)[0]]

    def pv_w(self, at_s: float) -> float:
        return self.pvs_w[self._row(at_s)[0]]

    def holds_until_s(self, at_s: float) -> float:
        """The next instant at which something jumps; physics steps end there."""
        row, shift_s = self._row(at_s)
        end_s = self.starts_s[row + 1] if row + 1 < len(self.starts_s) else self.end_s
        return end_s + shift_s


def read_trace(path: Path) -> Trace:
    """Read a file of measurements.

    Raises:
        ValueError: a column is missing, a cell is no number or the times do not ascend; the
            message has file and line.
    """
    starts: list[float] = []
    loads: list[float] = []
    pvs: list[float] = []
    gaps: set[int] = set()
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = {"start_utc", "load_w", "pv_w"} - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path}:1: no column {', '.join(sorted(missing))}")
        for row in rows:
            where = f"{path}:{rows.line_num}"
            try:
                start = datetime.fromisoformat(row["start_utc"])
                load_w = float(row["load_w"]) if row["load_w"] else None
                pv_w = float(row["pv_w"]) if row["pv_w"] else None
            except (TypeError, ValueError) as error:
                raise ValueError(f"{where}: {error}") from error
            if load_w is None or pv_w is None:
                gaps.add(len(starts))
            starts.append((start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp())
            if len(starts) > 1 and starts[-1] <= starts[-2]:
                raise ValueError(f"{where}: {row['start_utc']} is not after the row before")
            loads.append(load_w if load_w is not None else (loads[-1] if loads else 0.0))
            pvs.append(pv_w or 0.0)
    if not starts:
        raise ValueError(f"{path}: no rows of measurements")
    return Trace(starts, loads, pvs, frozenset(gaps))
