"""AuthZEN Authorization API 1.0 over the gate, and the Access Request and Approval profile, draft 1.

The two-valued reading is honest: only `allow` is true. What is held is false and, where the profile is on, requestable; what is
throttled is false with a time to come back. The four-valued answer and its reasons stand in `context`.
"""
