from collections.abc import Iterator

import pytest

from limner.testing.faults import Faults
from tests.api.hostile import PAID, Target, Watch, watched
from tests.api.served import Site, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("api")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults_left_behind(request: pytest.FixtureRequest) -> None:
    if "site" in request.fixturenames:
        request.getfixturevalue("site").stand_in.faults = Faults()


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A server that bad input is sent to, and nothing else."""
    folder = tmp_path_factory.mktemp("hostile")
    with serving(folder) as site:
        profile = site.client.post("/api/v1/profiles", json={"name": "target", "model": PAID}).json()["id"]
        yield Target(site, folder, profile)


@pytest.fixture
def watch(target: Target) -> Iterator[Watch]:
    with watched(target) as found:
        yield found
