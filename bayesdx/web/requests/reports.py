"""Bodies that hold radiology reports."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from bayesdx.analyses.answer import Answer
from bayesdx.case import Case
from bayesdx.cells import clipped
from bayesdx.errors import InputError, nearest
from bayesdx.reports import Reports
from bayesdx.web.requests.body import Asking, Body

NetworkId = Annotated[
    str | None, Meta(description="Id of a network. Default: read in the terms of all that are served.")
]
Text = Annotated[str, Meta(description="The report, as plain text.")]


class Read(Body, kw_only=True):
    """A radiology report. Nothing of it is kept or logged."""

    report: Text
    network: NetworkId = None

    def answer(self, asking: Asking) -> Answer:
        try:
            found = _reports(asking, self.network).read(self.report)
        except InputError as error:
            raise InputError(error.message, error.hint, error.place.replace("report", "/report", 1)) from None
        asking.about(asking.models.model(self.network, None, found.case), len(found.case.findings))
        return found


class NamedReport(Struct, forbid_unknown_fields=True, kw_only=True):
    """A report with the id of its case."""

    id: str
    report: Text


class ReadFolder(Body, kw_only=True):
    """Radiology reports. Nothing of them is kept or logged."""

    reports: Annotated[list[NamedReport], Meta(min_length=1, description="Reports, each with the id of its case.")]
    network: NetworkId = None

    @property
    def long(self) -> bool:
        return True

    def answer(self, asking: Asking) -> Answer:
        reader = _reports(asking, self.network)
        asking.about(asking.models.model(self.network, None, Case()), len(self.reports))
        return reader.several([(one.id, one.report) for one in self.reports])


def _reports(asking: Asking, network: str | None) -> Reports:
    if network is not None and network not in asking.models.names:
        raise InputError(f"no network '{clipped(network)}'", nearest(network, asking.models.names), "/network")
    return asking.models.reports(network)
