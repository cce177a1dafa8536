"""A house to play with: independent programs that know only the wire.

They import neither the agent nor its drivers, so that a register or a message misread there
is not misread the same way here.
"""
