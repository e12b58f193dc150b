"""The gate: whether an automated action may go ahead now, and why."""
