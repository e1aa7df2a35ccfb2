from collections.abc import Iterator

import pytest

from tests.api.served import Site, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("clients")) as found:
        yield found
