"""The networks that a server answers about, compiled once and kept."""

from __future__ import annotations

from threading import Lock

from bayesdx.case import Case
from bayesdx.catalogue import chosen_for, read_document
from bayesdx.data import network_names
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError, nearest
from bayesdx.loading import model_of
from bayesdx.model import Model
from bayesdx.reports import Reports


class Models:
    """The shipped networks, or one: a shipped one by name, or that of a file.

    ``names`` are the ids of the networks that are served, and ``shipped`` says whether they come with bayesdx.
    ``only`` is the id of the one that is served, None for all that are shipped. Safe to use from threads. Raises
    InputError for an unknown name, a file that cannot be read, and a network without a target.
    """

    def __init__(self, network: str | None = None, target: str | None = None) -> None:
        if network is None and target is not None:
            raise InputError("--target needs --network: it names a variable of a network file")
        self.shipped = network is None or network in network_names()
        self.only: str | None = None
        self._target = target
        self._lock = Lock()
        self._documents: dict[str, NetworkDocument] = {}
        self._models: dict[tuple[str, str], Model] = {}
        self._reports: dict[str | None, Reports] = {}
        self.names = network_names()
        if network is not None:
            document = read_document(network)
            self.only, self._file = document.network.id, network
            self.names = (self.only,)
            self._documents[self.only] = document
            if self._model(self.only, None).network.target is None:
                raise InputError(f"network '{self.only}' has no target: name the variable to ask for (--target)")

    def document(self, name: str) -> NetworkDocument:
        """The network ``name`` under its default prior set; raises InputError for one that is not served."""
        return self._model(name, None).document

    def reports(self, name: str | None) -> Reports:
        """What reads reports in the terms of a network, of the shipped ones where none is named.

        Raises InputError for a network that is not served.
        """
        name = name or self.only
        document = None if name is None else self.document(name)
        with self._lock:
            if name not in self._reports:
                self._reports[name] = Reports(document=document)
            return self._reports[name]

    def source(self, name: str) -> str:
        """The file of a network, or its name where it is a shipped one."""
        return name if self.only is None else self._file

    def model(self, name: str | None, prior: str | None, case: Case) -> Model:
        """The model that the command line would ask: by name, else by the level that the case states.

        Whoever asks a network under the same prior set shares its engine. Raises InputError for an unknown name or
        prior set.
        """
        if name is None and self.only is None:
            chosen, choice = chosen_for(case)
            return self._model(chosen, prior).chosen(choice)
        return self._model(name or self.names[0], prior)

    def _model(self, name: str, prior: str | None) -> Model:
        if name not in self.names:
            raise InputError(f"no network '{name}'", nearest(name, self.names))
        with self._lock:
            if name not in self._documents:
                self._documents[name] = read_document(name)
            model = model_of(self._documents[name], prior, self._target, "named by the user")
            return self._models.setdefault((name, model.prior), model)
