"""Scenarios on virtual time: what would this tariff, this battery, this deadline have cost?

A scenario is a file; see docs/backtest.md. It reads files and nothing else: no clock, no network.
"""
