"""What reads reports in the terms of the shipped networks, and of a small one of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bayesdx.reports import Reports

Read = Callable[[str], dict[str, object]]


@pytest.fixture(scope="session")
def reports() -> Reports:
    return Reports()


@pytest.fixture(scope="session")
def read(reports: Reports) -> Read:
    """The findings of a report as a case states them."""

    def findings(text: str) -> dict[str, object]:
        return dict(reports.read(text).case.findings)

    return findings
