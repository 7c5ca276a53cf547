"""The service below ``/v1``: one route an analysis, made from the table of analyses."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bayesdx.analyses import ANALYSES, Analysis
from bayesdx.analyses.answer import json_text
from bayesdx.cells import number_of
from bayesdx.codes import finding_meant
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.files import parse_json
from bayesdx.model import Model
from bayesdx.web.metrics import Metrics
from bayesdx.web.models import Models
from bayesdx.web.problems import Problem, error_of, pointer_to, refusal
from bayesdx.web.requests import BODIES
from bayesdx.web.requests.body import Asking
from bayesdx.web.requests.case import CaseBody
from bayesdx.web.requests.cases import CasesBody
from bayesdx.web.requests.networks import Named, Networks
from bayesdx.web.settings import Settings
from bayesdx.web.work import Advance, Work

JSON = "application/json"
Form = TypeVar("Form", bound=msgspec.Struct)
_AT = re.compile(r"(?P<message>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class Service:
    """What the routes share: the networks, the limits, the threads and the counters."""

    def __init__(self, models: Models, settings: Settings) -> None:
        self.models, self.settings, self.metrics = models, settings, Metrics()
        self.quick = Work(settings.threads, settings.waiting, settings.seconds)
        self.long = Work(settings.long_threads, settings.waiting, settings.seconds)

    def about(self, request: Request, model: Model, cases: int, findings: int | None) -> None:
        """Note what a request is about, and count its cases."""
        network = model.network
        note = {
            "network": network.id,
            "network_version": network.version,
            "prior": model.prior,
            "findings": findings,
        }
        request.scope["note"].update({key: value for key, value in note.items() if value is not None})
        if cases:
            self.metrics.query(network.id, model.prior, cases)


def path_of(analysis: Analysis) -> str:
    """The address of an analysis: its folder, below the network for what is asked of one by name."""
    body = BODIES.get(analysis.folder, CaseBody)
    if body is Networks:
        return "/v1/networks"
    if issubclass(body, Named):
        return "/v1/networks/{network}" + ("" if analysis.folder == "network" else f"/{analysis.folder}")
    return "/v1/" + analysis.folder.replace("_", "-")


def method_of(analysis: Analysis) -> str:
    """GET for what is asked of networks alone, else POST."""
    return "GET" if issubclass(BODIES.get(analysis.folder, CaseBody), (Networks, Named)) else "POST"


def routes(service: Service) -> list[Route]:
    """A route for every analysis of the table."""
    return [
        Route(path_of(analysis), endpoint(service, analysis), methods=[method_of(analysis)], name=analysis.folder)
        for analysis in ANALYSES.values()
        if analysis.served and analysis.folder != "batch"  # which also takes lines, in batch.py
    ]


def endpoint(service: Service, analysis: Analysis) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one analysis: reads what is asked, has it answered in a thread, and sends the JSON."""
    form = BODIES.get(analysis.folder, CaseBody)

    async def answer(request: Request) -> Response:
        written = chosen(request.headers.get("accept", "*/*"), [JSON, *form.forms()])
        asked = await from_body(service, request, form) if request.method == "POST" else from_query(request, form)

        def about(model: Model, number: int) -> None:
            one = isinstance(asked, CaseBody)
            cases = number if isinstance(asked, CasesBody) else int(one)
            service.about(request, model, cases, number if one else None)

        def work_out(advance: Advance) -> str:
            asking = Asking(analysis.folder, service.models, service.settings, about, advance)
            try:
                found = asked.answer(asking)
                return json_text(asked.to_dict(found)) if written == JSON else form.forms()[written](found)
            except InputError as error:
                raise wrong_input(error, asked) from None

        work = service.long if asked.long else service.quick
        return Response(await work.run(request.receive, work_out), media_type=written)

    return answer


def chosen(accept: str, offered: list[str]) -> str:
    """The media type that an Accept header likes best of those ``offered``; raises Problem when it likes none."""
    liked: list[tuple[float, str]] = []
    for part in accept.split(","):
        pattern, *parameters = (one.strip().lower() for one in part.split(";"))
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        liked.append((number_of(weight) or 0.0, pattern))
    for quality, pattern in sorted(liked, key=lambda one: -one[0]):
        for one in offered:
            if quality > 0 and pattern in (one, one.partition("/")[0] + "/*", "*/*"):
                return one
    raise Problem("not-acceptable", f"the answer is to be had as {' or '.join(offered)}")


def check_media_type(request: Request, *known: str) -> str:
    """The media type of the body; raises Problem for one that is not ``known``, and for a compressed body."""
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    media_type = media_type.strip().lower()
    said = set(parameters.lower().replace(" ", "").replace('"', "").split(";"))
    if media_type not in known or said - {"", "charset=utf-8", "fhirversion=4.0"}:
        raise Problem("wrong-media-type", f"send {' or '.join(known)} in UTF-8")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("wrong-media-type", "send the body as it is, not compressed")
    return media_type


async def from_body(service: Service, request: Request, form: type[Form]) -> Form:
    """What the body asks; raises Problem for what is no JSON, nested too deeply, or of another form."""
    check_media_type(request, JSON)
    sent = await request.body()

    def decode(advance: Advance) -> Form:
        value = parsed(sent, service.settings.depth)
        if not isinstance(value, dict):
            what = [{"pointer": "", "message": "is no JSON object"}]
            raise Problem("wrong-input", "the body is a JSON object", what)
        return converted(value, form)

    return await service.quick.run(None, decode)


def parsed(sent: bytes, depth: int) -> Any:
    """The JSON value of some bytes."""
    try:
        value = parse_json(sent.decode("utf-8"), "", strict=True)
    except UnicodeDecodeError:
        raise Problem("bad-json", "is not UTF-8") from None
    except InputError as error:
        raise Problem("bad-json", error.message) from None
    if _nested(value, depth):
        raise Problem("bad-json", f"is nested more than {depth} deep")
    return value


def _nested(value: Any, depth: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(part, dict | list) and (depth <= 1 or _nested(part, depth - 1)) for part in inner)


def from_query(request: Request, form: type[Form]) -> Form:
    """What the address asks."""
    pairs = request.query_params.multi_items()
    value: dict[str, str] = dict(pairs)
    if len(value) < len(pairs):
        raise Problem("wrong-input", "a parameter is given twice")
    if value.keys() & request.path_params.keys():
        raise Problem("wrong-input", "the network stands in the path, not among the parameters")
    return converted({**value, **request.path_params}, form, strict=False)


def converted(value: dict[str, Any], form: type[Form], strict: bool = True) -> Form:
    """A JSON object as the form of a request; raises Problem that says where it is not."""
    names = [field.encode_name for field in msgspec.structs.fields(form)]
    for key in value:
        if key not in names:
            raise refusal("wrong-input", InputError("there is no such key", nearest(key, names)), pointer_to(key))
    try:
        return msgspec.convert(value, form, strict=strict)
    except msgspec.ValidationError as error:
        match = _AT.fullmatch(str(error))
        assert match is not None
        steps = [name or int(number) for name, number in _STEP.findall(match["path"] or "")]
        raise refusal("wrong-input", InputError(match["message"]), pointer_to(*steps)) from None


def wrong_input(error: InputError, asked: msgspec.Struct) -> Problem:
    """What an analysis refuses. Its place is a pointer, or it is an option that the message quotes."""
    if isinstance(error, ImpossibleFindings):
        stated = asked.case.get("findings") if isinstance(asked, CaseBody) else None
        keys = [key for key in stated or () if key in error.findings or finding_meant(key) in error.findings]
        pointers = [pointer_to("case", "findings", key) for key in keys] or [error.place]
        return Problem("impossible-findings", error.message, [error_of(error, pointer) for pointer in pointers])
    pointer = error.place.partition(": ")[0]
    if not pointer.startswith("/"):
        quoted = [
            name
            for name in type(asked).__struct_fields__
            if any(f"'{part}'" in error.message for part in _texts(getattr(asked, name)))
        ]
        pointer = pointer_to(*quoted[:1])
    return refusal("wrong-input", error, pointer)


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list | tuple | dict) else [value]
    return [part for part in parts if isinstance(part, str)]
