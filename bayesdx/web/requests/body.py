"""What every request has in common: who is asked, and what an answer is to be had as."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct, StructMeta

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.answer import Answer
from bayesdx.case import Case
from bayesdx.cells import clipped
from bayesdx.errors import InputError, nearest
from bayesdx.model import Model
from bayesdx.web.models import Models
from bayesdx.web.settings import Settings
from bayesdx.web.work import Advance

Fraction = Annotated[float, Meta(gt=0, le=1)]
Json = dict[str, Any]
#: Asks for the standard codes of what an answer names.
Codes = Annotated[bool, Meta(description="Also the standard codes of the diagnoses and findings named.")]


@dataclass(frozen=True)
class Asking:
    """One request: the folder of its analysis, what it is asked of, and what is told on the way.

    ``about`` is told the model and the number of findings or cases as soon as they are known, ``advance`` the
    steps.
    """

    analysis: str
    models: Models
    settings: Settings
    about: Callable[[Model, int], object]
    advance: Advance


def faced(asking: Asking, answer: Any) -> Answer:
    """A result with the face of its analysis."""
    found: Answer = answer.faced(ANALYSES[asking.analysis])
    return found


class Form(StructMeta, ABCMeta):
    """Bodies are structs, and abstract until they know their answer."""


class Body(Struct, metaclass=Form, forbid_unknown_fields=True):
    """A body that asks something."""

    @property
    def long(self) -> bool:
        """Whether the answer takes seconds: such work has threads of its own."""
        return False

    @abstractmethod
    def answer(self, asking: Asking) -> Answer:
        """The answer; raises InputError, its place a pointer into the body, or Problem."""

    def to_dict(self, answer: Answer) -> dict[str, object]:
        """The JSON object of the answer."""
        return answer.to_dict()

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        """What an answer is to be had as beside JSON, by media type."""
        return {}


class OfNetwork(Struct, metaclass=Form, forbid_unknown_fields=True, kw_only=True):
    """Which network is asked, and under which prior set."""

    network: Annotated[str | None, Meta(description="Id of a network. Default: chosen by the finding 'level'.")] = (
        None
    )
    prior: Annotated[str | None, Meta(description="Prior set. Default: the network's own default.")] = None

    def model(self, models: Models, case: Case) -> Model:
        """The model that is asked; raises InputError for a network or a prior set that there is not."""
        if self.network is not None and self.network not in models.names:
            raise InputError(
                f"no network '{clipped(self.network)}'", nearest(self.network, models.names), "/network"
            )
        try:
            return models.model(self.network, self.prior, case)
        except InputError as error:
            raise error.at("/prior") from None
