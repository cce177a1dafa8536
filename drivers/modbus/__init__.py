"""Inverters, batteries and meters over Modbus; start reading at building.py.

Nothing is imported here: a house without such devices loads their settings, config.py, alone.
"""
