"""What holds for all tests."""

import os
import signal

os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # tests run side by side: threads of theirs only wait for each other

from hypothesis import HealthCheck, settings

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a test does not depend on how fast it runs
settings.load_profile("any machine")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell that starts us in the background lets us ignore Ctrl-C, and what we start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails for being slow: what else the machine does is not what is tested.
settings.register_profile("detente", deadline=None)
settings.load_profile("detente")
