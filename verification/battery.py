"""Streams lineage-derived 64-bit words to standard output for an outside battery of tests.

Run from the repository root, for example::

    python -m verification.battery --order lineage | dieharder -g 200 -d 0
    python -m verification.battery --order siblings | RNG_test stdin64

The stream ends when the reader closes it.
"""

import argparse
import sys

from verification.lineages import ORDERS, words

BLOCK = 192 * 8192  # words at a time: whole crises, 12 MiB


def main() -> None:
    parser = argparse.ArgumentParser(description="lineage-derived 64-bit words on standard output")
    parser.add_argument("--order", choices=sorted(ORDERS), default="lineage", help="order of asking")
    parser.add_argument("--seed", type=int, default=1, help="ensemble seed")
    asked = parser.parse_args()
    block = 0
    try:
        while True:
            sys.stdout.buffer.write(words(asked.order, BLOCK, seed=asked.seed, block=block).tobytes())
            block += 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader has enough; nothing is left to flush into


if __name__ == "__main__":
    main()
