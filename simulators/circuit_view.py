"""The circuit behind whose breaker the cars hang, as a meter in it sees it."""

from simulators.house_view import HouseView
from simulators.plant import Phases


class CircuitView(HouseView):
    """A Plant whose grid is the cable that feeds the circuit; its counters stand still."""

    @property
    def grid_w(self) -> float:
        return sum(self.grid_phases_w)

    @property
    def grid_phases_w(self) -> Phases:
        return self.house.circuit_phases_w
