"""Requests that schemathesis makes up from the OpenAPI document are answered as the document says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from bayesdx.analyses import ANALYSES
from bayesdx.web import fhir, hooks
from bayesdx.web.app import create_app
from bayesdx.web.models import Models
from bayesdx.web.rest import method_of, path_of
from bayesdx.web.settings import Settings

#: Addresses that are no analyses.
BESIDE = {**fhir.described(), **hooks.described()}
CHECKS = [
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def api(small_path: Path) -> Any:
    app = create_app(Models(str(small_path)), Settings(hosts=None))
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", [name for name, row in ANALYSES.items() if row.served])
def test_the_service_does_what_it_says(api: Any, name: str, mode: GenerationMode) -> None:
    check(api[path_of(ANALYSES[name])][method_of(ANALYSES[name])], mode)


@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, methods in BESIDE.items() for method in methods],
)
def test_so_does_it_beside_the_analyses(api: Any, path: str, method: str, mode: GenerationMode) -> None:
    check(api[path][method], mode)


def check(operation: Any, mode: GenerationMode) -> None:
    """Send what the document allows, or what it does not."""
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # nothing to get wrong

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    def answered(case: Any) -> None:
        if case.media_type in (None, "application/json", "application/fhir+json"):
            case.call_and_validate(checks=CHECKS, timeout=300)

    answered()
