"""The gate: may this automated action go ahead now, and why?"""
