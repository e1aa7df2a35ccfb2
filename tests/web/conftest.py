from collections.abc import Iterator

import pytest

from limner.testing.faults import Faults
from tests.api.served import Site, serving


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("web")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults_left_behind(request: pytest.FixtureRequest) -> None:
    if "site" in request.fixturenames:
        request.getfixturevalue("site").stand_in.faults = Faults()
