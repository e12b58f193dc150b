"""What holds for all tests."""

import signal

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell that starts us in the background lets us ignore Ctrl-C, and what we start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
