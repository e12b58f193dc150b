"""What holds for all tests."""

import signal

from hypothesis import settings

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell that starts us in the background lets us ignore Ctrl-C, and what we start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No example fails for being slow: what else the machine does is not what is tested.
settings.register_profile("detente", deadline=None)
settings.load_profile("detente")
