"""Thousands of light agents that speak the sync protocol (docs/cloud-protocol.md), in one
process."""
