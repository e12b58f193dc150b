"""What others run, so that a log cannot show different faces to different people (c2sp.org/tlog-witness).

A witness answers `add-checkpoint` and remembers one head for each log. A client collects cosignatures until a policy is met.
A monitor compares two views of a log, and turns a fork into evidence that a third person can check alone.
"""
