"""The other end of the sync protocol (docs/cloud-protocol.md), to play and to prove with.

It keeps what arrives, acks only what is on disk, asks for what is missing, gives commands, and
says at the end what was sent, stored, missing or there twice.
"""
