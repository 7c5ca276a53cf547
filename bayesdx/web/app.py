"""The application: the page and the service behind one set of walls."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from bayesdx.web.models import Models
from bayesdx.web.settings import Settings


def create_app(models: Models, settings: Settings | None = None) -> Starlette:
    """The application that answers about ``models``."""
    settings = settings or Settings()
    routes: list[BaseRoute] = [Route("/healthz", lambda request: PlainTextResponse("ok\n"))]
    try:
        from bayesdx.web.page import routes as page_routes

        routes += page_routes(models)
    except ImportError:
        pass
    return Starlette(routes=routes)
