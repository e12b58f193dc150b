"""The cheapest safeguards that keep a stated risk."""
