"""The body that brings a model of its own: nothing but factors."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.answer import Answer
from bayesdx.errors import InputError
from bayesdx.formats.uai import checked_states, parse_states, parse_uai
from bayesdx.web.requests.body import Asking, Body, faced

#: Bytes and multiplications of an answer: a few seconds of a thread that cannot be stopped.
MEMORY_LIMIT, WORK_LIMIT = 2**28, 2**30


class Marginals(Body, kw_only=True):
    """A Bayesian or Markov network of the UAI competitions."""

    model: Annotated[str, Meta(description="The text of a UAI file.")]
    evidence: Annotated[str, Meta(description="The text of a UAI evidence file.")] = "0"

    @property
    def long(self) -> bool:
        return True

    def answer(self, asking: Asking) -> Answer:
        try:
            graph = parse_uai(self.model)
        except InputError as error:
            raise error.at("/model") from None
        try:
            states = checked_states(parse_states(self.evidence), graph)
        except InputError as error:
            raise error.at("/evidence") from None
        run = ANALYSES["marginals"].run
        return faced(asking, run(graph, states, "model", memory_limit=MEMORY_LIMIT, work_limit=WORK_LIMIT))
