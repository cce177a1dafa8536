"""Simulated households with cars, chargers and guests: what truly happens, and what is told.

Smaller and kinder than those of benchmarks/pairing, which judges both (`--second`).
"""
