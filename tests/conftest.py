"""What holds for all tests."""

import os
import signal

# Tests run side by side: threads of each for the same processors would only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell that starts us in the background lets us ignore Ctrl-C, and what we start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails for being slow: what else the machine does is not what is tested.
settings.register_profile("detente", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("detente")
