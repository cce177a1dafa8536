"""Chargers that speak OCPP 1.6J; start reading at listener.py."""
