"""What the service is asked: one class a form of body. Its fields are the options of the command line."""

from __future__ import annotations

from bayesdx.web.requests.body import Body
from bayesdx.web.requests.case import (
    Ask,
    Cite,
    CiteCase,
    Compare,
    Explain,
    Impression,
    Query,
    Report,
    Sensitivity,
    WhatIf,
)
from bayesdx.web.requests.cases import Batch, Benchmark, Board, Evaluate, Learn
from bayesdx.web.requests.factors import Marginals
from bayesdx.web.requests.networks import Codebook, Coverage, Export, Named, Network, Networks
from bayesdx.web.requests.reports import Read, ReadFolder

#: The body of each analysis by its folder; an analysis that is not here is asked about a case, without options.
BODIES: dict[str, type[Body]] = {
    "query": Query,
    "explain": Explain,
    "what_if": WhatIf,
    "compare": Compare,
    "ask": Ask,
    "sensitivity": Sensitivity,
    "impression": Impression,
    "board": Board,
    "report": Report,
    "cite": Cite,
    "cite_case": CiteCase,
    "batch": Batch,
    "evaluate": Evaluate,
    "benchmark": Benchmark,
    "learn": Learn,
    "networks": Networks,
    "network": Network,
    "coverage": Coverage,
    "check": Named,
    "export": Export,
    "read": Read,
    "read_folder": ReadFolder,
    "codebook": Codebook,
    "marginals": Marginals,
}
