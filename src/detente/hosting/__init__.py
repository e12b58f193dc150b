"""Listening on the network, the same way for every service of ours: where, encrypted or not, how long, how much, how often."""
