"""A ledger on a disk that may be full, fail, tear a write, flip a bit, or lose power at any instruction."""
