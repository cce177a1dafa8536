"""How often pairing is right, on households whose truth is known.

`things` and `profiles` say what a household is made of, `world` and `people` live its month,
`car_lines` and `charger_lines` tell of it as imperfectly as real devices do, `household` puts a
stream together. Then `rule`, `table` and `ours` read the same stream, and `scoring`, `report` and
`plots` say who was right. Nothing in the generator knows how Hearth infers.
"""
