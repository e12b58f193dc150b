import pytest

from tests.gate.service.build import REVIEWED, calling, policy


@pytest.fixture
def ask():
    with calling() as client:
        yield client


@pytest.fixture
def reviewed():
    """A gate at which people approve from degrade up."""
    with calling(decides=policy(REVIEWED)) as client:
        yield client
