"""schemathesis over the served description: no answer that it does not have, for any role. Skipped where it is not installed.

`pip install schemathesis` in an environment of its own and its `bin` on PATH is enough: it speaks HTTP.
"""

import os
import shutil
import subprocess

import pytest

from detente.gate.service.call import Settings
from detente.gate.service.rates import Rate
from tests.gate.service.build import REVIEWED, desk, policy, running, token

PROGRAM = shutil.which("schemathesis") or shutil.which("st")
EXAMPLES = os.environ.get("DETENTE_SCHEMATHESIS_EXAMPLES", "5")


@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="schemathesis is not on PATH: pip install schemathesis")
@pytest.mark.parametrize("who", ["avalon-shield", "ben", "olga", "audrey", "pep"])
def test_what_is_served_is_what_is_described(who, tmp_path):
    served = desk(policy(REVIEWED), Settings(people=Rate(1e9, 10**9), access_requests=True))
    with running(served) as port:
        command = [
            PROGRAM, "run", f"http://127.0.0.1:{port}/openapi.json", "-H", f"Authorization: Bearer {token(who)}",
            "--max-examples", EXAMPLES, "--seed", "11", "--exclude-path", "/v1/events", "--no-color",
            "--checks", ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
            "response_headers_conformance,negative_data_rejection,missing_required_header,unsupported_method,ignored_auth"),
        ]  # fmt: skip
        found = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=600, check=False
        )
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
