"""Figures that Hearth promises, each beside a named baseline from the same run."""
