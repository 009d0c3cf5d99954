"""`python -m benchmarks`: measures, prints one table, and writes the numbers of docs/benchmarks.md."""

import sys

from benchmarks.command import main

if __name__ == "__main__":
    sys.exit(main())
