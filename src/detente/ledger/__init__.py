"""The ledger: evidence of automated decisions that outsiders can check with their own tools.

`formats` knows bytes and nothing else: trees, tiles, notes, checkpoints, proofs, policies, entries.
`store` keeps them on a disk that may fail at any instruction. `check` tells from the bytes what holds
and what does not. `witness` is what others run, so that a log cannot show different faces to different people.
"""
