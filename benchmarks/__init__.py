"""Speed beside other programs, measured side by side in one run: `make bench`."""
