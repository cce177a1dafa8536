"""A linear programme, column by column, as HiGHS takes it. Pure; no solver is imported here."""

from dataclasses import dataclass, field

INFINITE = float("inf")


@dataclass(slots=True)
class Model:
    """minimise cost x, lower <= x <= upper, row_lower <= A x <= row_upper; A column-wise."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    rows: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)

    def row(self, lower: float, upper: float) -> int:
        """A new row without entries; returns its number."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1

    def column(
        self, cost: float, lower: float, upper: float, entries: list[tuple[int, float]]
    ) -> int:
        """A new variable with its (row, value) entries; returns its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        for row, value in entries:
            self.rows.append(row)
            self.values.append(value)
        self.starts.append(len(self.rows))
        return len(self.cost) - 1
