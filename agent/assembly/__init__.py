"""Builds every part of Hearth from the installer's file; what nobody configured is not imported."""
