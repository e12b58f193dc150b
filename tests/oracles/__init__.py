"""Slow, obvious implementations to compare with; no tests in here."""
