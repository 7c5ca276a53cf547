"""bayesdx: ranks the diagnoses behind a calcified lesion of the spine, skull base or brain, with its sources.

>>> import bayesdx
>>> model = bayesdx.load("spine")
>>> result = model.query({"age": 31, "sex": "female", "findings": {"level": "craniocervical"}})
>>> result.leader.probability >= result.posterior[1].probability
True

For research and education; not a medical device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesdx.lazy import lazily

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.errors import ImpossibleFindings, InputError, MissingExtra
    from bayesdx.formats.case_file import read_cases
    from bayesdx.loading import board, learn, load
    from bayesdx.model import Model
    from bayesdx.network import Network, Variable
    from bayesdx.reports import Reports, read_report

__version__ = "0.1.0"

_HOMES = {
    "Case": "case",
    "ImpossibleFindings": "errors",
    "InputError": "errors",
    "MissingExtra": "errors",
    "Model": "model",
    "Network": "network",
    "Variable": "network",
    "board": "loading",
    "learn": "loading",
    "load": "loading",
    "Reports": "reports",
    "read_cases": "formats.case_file",
    "read_report": "reports",
}

__all__ = [
    "Case",
    "ImpossibleFindings",
    "InputError",
    "MissingExtra",
    "Model",
    "Network",
    "Reports",
    "Variable",
    "board",
    "learn",
    "load",
    "read_cases",
    "read_report",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
