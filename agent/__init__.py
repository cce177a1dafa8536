"""Hearth: the home-energy agent that runs inside the house."""

__version__ = "0.1.0"
