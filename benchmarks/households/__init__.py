"""Simulated households with cars, chargers and guests: what truly happens, and what is told."""
