"""What holds and what does not: bytes and numbers in, a verdict out; no disk, no clock, no network."""
