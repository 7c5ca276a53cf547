"""Clients of a server in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from web_client import Client

from bayesdx.web.app import create_app
from bayesdx.web.models import Models
from bayesdx.web.settings import Settings

SETTINGS = Settings(idle=2.0)


Serve = Callable[..., Client]


@pytest.fixture
def serve(small_path: Path) -> Serve:
    """Serve the small network, with other settings where they are named."""

    def begin(**settings: Any) -> Client:
        return Client(create_app(Models(str(small_path)), replace(SETTINGS, **settings)))

    return begin


@pytest.fixture(scope="module")
def small_client(small_path: Path) -> Client:
    """A client of the small network."""
    return Client(create_app(Models(str(small_path)), SETTINGS))


@pytest.fixture(scope="module")
def shipped() -> Client:
    """A client of the shipped networks."""
    return Client(create_app(Models(), SETTINGS))
