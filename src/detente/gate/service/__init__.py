"""A gate over HTTP: native JSON, AuthZEN 1.0, events, metrics.

desk = desk_of(gate, Identities(folder / identities.FILE), Settings(), secret=service_secret(folder))
serve_gate(desk, place, listen(place))
"""
