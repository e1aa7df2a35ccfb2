"""The description of the interface, and the interface held against it with made-up requests."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from schemathesis.checks import load_all_checks
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source
from schemathesis.transport.requests import ManagedCookiesSession

from limner.api.dialects import SURFACES
from limner.api.surfaces import Target
from limner.server import create_app
from tests.api.brushes import broad_brush
from tests.api.served import Site, serving, settings_for


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of their own: what made-up requests set going disturbs no other test. Nobody looks at its pictures."""
    with broad_brush(), serving(tmp_path_factory.mktemp("described")) as found:
        yield found


@pytest.fixture(scope="module")
def document(site: Site) -> Any:
    return site.client.get("/openapi.json").json()


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(path, method, each) for path, methods in document["paths"].items() for method, each in methods.items()]


@pytest.mark.req("S4-020")
def test_the_documentation_is_there_without_a_network(site: Site, document: Any) -> None:
    page = site.client.get("/docs")
    assert page.status_code == 200
    text = page.text.replace("<wbr>", "")  # where a long path may break
    for path, _, operation in operations(document):
        assert f"<code>{path}</code>" in text
        assert f'id="{operation["operationId"]}"' in page.text
    assert not re.findall(r"(?:src|href|action)=.?https?://|url\(.?https?://", page.text.replace(site.url, ""))


def test_every_route_says_what_it_may_answer(document: Any) -> None:
    assert len(operations(document)) >= 20
    for path, method, operation in operations(document):
        statuses, is_native = set(operation["responses"]), SURFACES.of(Target(path, method.upper())) is None
        assert {"421", "500", "503"} <= statuses, path
        assert ("422" in statuses) is is_native, path
        assert "404" in statuses or "{" not in path, path
        if method != "get":
            assert {"400", "403", "413"} <= statuses, path
        shape = "application/problem+json" if is_native else "application/json"
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and status != "416":
                assert list(answer["content"]) == [shape], (path, status)


def test_names_of_operations_are_tidy_and_unique(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert {"create_quote", "create_job", "get_job", "follow_job", "list_images", "get_image_file"} <= set(names)


def test_every_reference_leads_somewhere(document: Any) -> None:
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert "#/$defs/" not in text
    for part in text.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in schemas


AT_HAND = {"model": "sketch", "provider": "sketch"}
"""Who paints where a made-up request names nobody: the stand-in takes one request a second."""

DOCUMENT = create_app(settings_for(Path("unused"))).openapi()
LABELS = [f"{method.upper()} {path}" for path, method, _ in operations(DOCUMENT)]


@pytest.fixture(scope="module")
def schema() -> Any:
    load_all_checks()
    return schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def line() -> Iterator[ManagedCookiesSession]:
    """One line to the server, which keeps no cookies and asks no environment for a proxy."""
    with ManagedCookiesSession() as session:
        session.trust_env = False
        yield session


@pytest.mark.timeout(300)  # the surfaces of documents wait for the pictures of whatever they accept
@pytest.mark.parametrize("label", LABELS)
def test_made_up_requests_are_answered_as_described(label: str, schema: Any, site: Site, line: Any) -> None:
    """The requests are made up here as schemathesis' own `parametrize` does while tests are collected: there every
    process that runs tests would make up those of all operations, and keep them. One schema serves all labels: a clone
    for each would read the whole document anew, and its configuration would keep every clone (12 MB each).
    """
    schema.coverage_unexpected_methods_seen.clear()  # else of the operations on a path only the first tries the others
    answered = build_operation_test(
        config=schema.config,
        operation=schema.find_operation_by_label(label),
        test_func=is_answered_as_described,
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(schema)),
    )
    answered(site=site, line=line)


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def is_answered_as_described(case: Any, site: Site, line: Any) -> None:
    if case.headers:
        case.headers.pop("Prefer", None)
    if isinstance(case.body, dict) and isinstance(case.body.get("count"), int):
        case.body["count"] = min(case.body["count"], 2)
    if isinstance(case.body, dict) and SURFACES.of(Target(case.path, case.method.upper())) is not None:
        case.body |= {name: value for name, value in AT_HAND.items() if case.body.get(name) is None}
    if isinstance(case.body, dict) and isinstance(case.body.get("n"), int):
        case.body["n"] = min(case.body["n"], 2)
    if isinstance(case.body, dict) and case.path.endswith("/validate-key"):
        case.body["provider"] = "OPENAI"  # here is a stand-in for no other service
    if isinstance(case.body, dict) and "size" in case.body:
        case.body["size"] = "64x64"
    answer = case.call(base_url=site.url, session=line, timeout=120)
    no_text_model = answer.status_code == 503 and answer.json().get("code") == "no_text_model"  # none is set up here
    case.validate_response(
        answer,
        checks=[
            *([] if no_text_model else [checks.not_a_server_error]),
            checks.CHECKS.get_one("status_code_conformance"),
            checks.CHECKS.get_one("content_type_conformance"),
            checks.CHECKS.get_one("response_schema_conformance"),
        ],
    )
