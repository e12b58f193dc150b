"""A headless Chromium without any library: pages are opened from a server of our own, and its logs are read."""

import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--virtual-time-budget=20000",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def find():
    """The browser's program, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Visit:
    """What a page became, what it asked for, and what it complained about."""

    dom: str
    requests: list[str]
    complaints: list[str]


def visit(url, folder, *flags):
    """Open a page, let it finish, and tell everything about it."""
    log = folder / "net.json"
    command = [
        find(), *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}", "--enable-logging=stderr",
        "--v=0", "--dump-dom", url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Visit(dom=done.stdout, requests=asked_for(log), complaints=complaints)


def asked_for(log):
    """Every address that the page had the browser fetch, from the browser's own log of the network.

    What the browser asks for by itself (the time, updates), and the page, have no origin as their initiator.
    """
    document = json.loads(log.read_text())
    kinds = document["constants"]["logEventTypes"]
    start = kinds["URL_REQUEST_START_JOB"]
    return [
        event["params"]["url"]
        for event in document["events"]
        if event["type"] == start
        and event.get("params", {}).get("initiator", "not an origin") != "not an origin"
    ]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Serve a folder on this machine; gives the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            running.join()


def write_phone(folder):
    """Write a page that shows the report `r.html` beside it as wide as a phone, and measures it: its title tells."""
    (folder / "phone.html").write_text(
        "<!DOCTYPE html><title>phone</title><body style='margin:0'>"
        "<iframe src=r.html style='border:0;width:390px;height:900px'></iframe><script>"
        "const frame = document.querySelector('iframe');"
        "frame.onload = () => setTimeout(() => {"
        "  const page = frame.contentDocument.documentElement;"
        "  document.title = `phone ${page.clientWidth} ${page.scrollWidth} ${page.dataset.drawn}`;"
        "}, 1000);</script>"
    )
