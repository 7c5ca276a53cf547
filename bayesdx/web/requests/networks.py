"""Bodies about networks alone: their fields stand in the address."""

from __future__ import annotations

from typing import Literal

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.answer import Answer
from bayesdx.case import Case
from bayesdx.cells import clipped
from bayesdx.errors import InputError
from bayesdx.model import Model
from bayesdx.web.problems import Problem
from bayesdx.web.requests.body import Asking, Body, Codes, faced


class Networks(Body, kw_only=True):
    """The networks that are served."""

    def answer(self, asking: Asking) -> Answer:
        from bayesdx.analyses.networks.numbers import NetworkList

        return faced(asking, NetworkList(tuple(map(asking.models.document, asking.models.names))))


class Named(Body, kw_only=True):
    """The network in the address."""

    network: str

    def model(self, asking: Asking, prior: str | None = None) -> Model:
        """The network under a prior set; raises Problem for a network that is not served."""
        if self.network not in asking.models.names:
            names = ", ".join(asking.models.names)
            raise Problem("not-found", f"no network '{clipped(self.network)}'; there are: {names}")
        try:
            found = asking.models.model(self.network, prior, Case())
        except InputError as error:
            raise error.at("/prior") from None
        asking.about(found, 0)
        return found

    def answer(self, asking: Asking) -> Answer:
        return faced(asking, ANALYSES[asking.analysis].run(self.model(asking).document))


class Network(Named, kw_only=True):
    """How a network is described."""

    prior: str | None = None
    codes: Codes = False

    def answer(self, asking: Asking) -> Answer:
        return faced(asking, ANALYSES["network"].run(self.model(asking, self.prior).document))

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return answer.to_dict(codes=self.codes)


class Coverage(Named, kw_only=True):
    """The literature behind a shipped network."""

    @property
    def long(self) -> bool:
        return True

    def answer(self, asking: Asking) -> Answer:
        self.model(asking)
        if not asking.models.shipped:
            raise Problem("not-found", "the literature is known of shipped networks only")
        return faced(asking, ANALYSES["coverage"].run(self.network))


class Export(Named, kw_only=True):
    """How a network is written."""

    prior: str | None = None
    format: Literal["bif", "xmlbif"] = "bif"

    def answer(self, asking: Asking) -> Answer:
        return self.model(asking, self.prior).export(self.format)


class Codebook(Named, kw_only=True):
    """The network as the data dictionary of a study."""

    def answer(self, asking: Asking) -> Answer:
        return self.model(asking).codebook()
