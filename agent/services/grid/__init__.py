"""The grid operator's word as it comes into the house: a contact, a register, a topic."""

from agent.services.grid.input import GridInput
from agent.services.grid.meaning import Meaning, least_w

__all__ = ["GridInput", "Meaning", "least_w"]
