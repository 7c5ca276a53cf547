"""What is refused, how it is said, and that nothing of a case leaves a trace."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from web_client import Client

from bayesdx.errors import InputError
from bayesdx.web import rest
from bayesdx.web.problems import TYPES
from bayesdx.web.settings import add_key, read_keys

Serve = Callable[..., Client]
CASE = {"findings": {"level": "cervical"}}
JSON = {"Content-Type": "application/json"}


def query(client: Client, **options: Any) -> Any:
    return client.post("/v1/query", {"case": CASE}, **options)


@pytest.mark.parametrize(
    ("body", "status", "kind", "pointers"),
    [
        (b"{", 400, "bad-json", []),
        (b"\xff", 400, "bad-json", []),
        (b"", 400, "bad-json", []),
        (b'{"case": {}, "case": {}}', 400, "bad-json", []),
        (b'{"case": {"findings": {"level": ' + b"[" * 50 + b"]" * 50 + b"}}}", 400, "bad-json", []),
        (b'{"case":' + b"[" * 100_000, 400, "bad-json", []),
        (b'{"case": {"age": ' + b"9" * 5000 + b"}}", 400, "bad-json", []),
        (b'{"case": {"age": NaN}}', 400, "bad-json", []),
        (b"[]", 422, "wrong-input", [""]),
        (b"{}", 422, "wrong-input", [""]),
        (b'{"case": 3}', 422, "wrong-input", ["/case"]),
        (b'{"case": {}, "caes": 1}', 422, "wrong-input", ["/caes"]),
        (b'{"case": {}, "network": "smal"}', 422, "wrong-input", ["/network"]),
        (b'{"case": {}, "network": "/etc/passwd"}', 422, "wrong-input", ["/network"]),
        (b'{"case": {}, "prior": "unifrom"}', 422, "wrong-input", ["/prior"]),
        (b'{"case": {"age": 200}}', 422, "wrong-input", ["/case/age"]),
        (b'{"case": {"findings": []}}', 422, "wrong-input", ["/case"]),
        (
            b'{"case": {"sex": "x", "findings": {"levl": "a", "mr_t2_signal": "hypr", "a/b~": 1}}}',
            422,
            "wrong-input",
            ["/case/findings/levl", "/case/findings/mr_t2_signal", "/case/findings/a~1b~0", "/case/sex"],
        ),
        (b'{"case": {"findings": {"size_mm": {"<10": -1}}}}', 422, "wrong-input", ["/case/findings/size_mm"]),
        (
            b'{"case": {"findings": {"ct_calcification": "absent", "ct_calcification_pattern": "punctate"}}}',
            422,
            "impossible-findings",
            ["/case/findings/ct_calcification", "/case/findings/ct_calcification_pattern"],
        ),
    ],
)  # fmt: skip
def test_problems_say_what_and_where(
    small_client: Client, body: bytes, status: int, kind: str, pointers: list[str]
) -> None:
    answer = small_client.post("/v1/query", content=body, headers=JSON)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert problem["type"] == f"/v1/docs#{kind}"
    assert problem["title"] == TYPES[kind][1]
    assert problem["status"] == status
    assert [error["pointer"] for error in problem.get("errors", [])] == pointers
    assert problem["instance"].endswith(answer.headers["x-request-id"])


def test_the_nearest_choice_is_named(small_client: Client) -> None:
    wrong = {"case": {"findings": {"levl": "cervical"}}}
    (error,) = small_client.post("/v1/query", wrong).json()["errors"]
    assert error["suggestion"] == "level"
    assert "mr_t2_signal" in error["choices"]
    (error,) = small_client.post("/v1/explain", {"case": CASE, "versus": "capnn"}).json()["errors"]
    assert (error["pointer"], error["suggestion"]) == ("/versus", "capnon")
    (error,) = small_client.post("/v1/ask", {"case": CASE, "answers": [{"finding": "sexx", "value": 1}]}).json()[
        "errors"
    ]
    assert (error["pointer"], error["suggestion"]) == ("/answers/0/finding", "sex")


def test_little_is_said_again(small_client: Client) -> None:
    """A wrong name is repeated, cut and on one line; what else was sent is not."""
    long = "\u202ex\n" + "y" * 10_000
    findings = {long: "secret-state", "level": "cervical"}
    answer = small_client.post(
        "/v1/query", {"case": {"id": "secret-id", "note": "secret-note", "findings": findings}}
    )
    assert answer.status_code == 422
    assert "secret" not in answer.text
    assert max(map(len, answer.json()["errors"][0]["message"].split())) < 200
    assert not re.search("[\u202e\x00-\x09\x0b-\x1f]", json.dumps(answer.json(), ensure_ascii=False))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/networks/nothing", 404),
        ("GET", "/v1/networks/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/networks/small/coverage", 404),
        ("GET", "/v1/query", 405),
        ("PUT", "/v1/query", 405),
        ("BREW", "/v1/query", 405),
        ("GET", "/v1/networks/small?prior=nothing", 422),
        ("GET", "/v1/networks/small?color=red", 422),
        ("GET", "/v1/networks/small/export?format=exe", 422),
    ],
)
def test_addresses_that_are_not_there(small_client: Client, method: str, path: str, status: int) -> None:
    answer = small_client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_other_media_types(small_client: Client, headers: dict[str, str]) -> None:
    answer = small_client.post("/v1/query", content=b'{"case": {}}', headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/v1/docs#wrong-media-type")


def test_sizes(serve: Serve) -> None:
    client = serve(body=1000, findings=5)
    much = b'{"case": {"note": "' + b"x" * 1000 + b'"}}'
    assert client.post("/v1/query", content=much, headers=JSON).status_code == 413

    async def pieces() -> Any:  # without a length in front
        for start in range(0, len(much), 100):
            yield much[start : start + 100]

    assert client.post("/v1/query", content=pieces(), headers=JSON).status_code == 413
    many = {"case": {"findings": {f"f{number}": 1 for number in range(6)}}}
    answer = client.post("/v1/query", many)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/case/findings")


def test_headers(small_client: Client) -> None:
    for answer in (query(small_client), small_client.get("/"), small_client.get("/v1/nothing")):
        headers = answer.headers
        policy = headers["content-security-policy"]
        assert {"default-src 'self'", "connect-src 'self'", "base-uri 'none'"} <= set(policy.split("; "))
        assert {"frame-ancestors 'none'", "form-action 'self'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not {"server", "access-control-allow-origin", "set-cookie"} & set(headers)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST.", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ],
)
def test_host_names(small_client: Client, host: str, status: int) -> None:
    assert query(small_client, headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "http://127.0.0.1:9000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_pages_of_other_hosts(small_client: Client, headers: dict[str, str], status: int) -> None:
    answer = query(small_client, headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers
    reads = small_client.get("/v1/networks", headers=headers)
    assert reads.status_code == status  # nor is it asked to work for them
    link = {**headers, "Sec-Fetch-Mode": "navigate"}
    assert small_client.get("/", headers=link).status_code == 200
    asked = {**headers, "Access-Control-Request-Method": "POST"}
    assert small_client.request("OPTIONS", "/v1/query", headers=asked).status_code in (403, 405)


def test_keys(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    key = add_key(str(file), "reading-room")
    file.write_text(file.read_text().rstrip("\n"))  # as an editor may leave it
    other = add_key(str(file), "other")
    assert file.stat().st_mode & 0o077 == 0
    assert key not in file.read_text()
    assert read_keys(str(file)) == {
        name: hashlib.sha256(one.encode()).hexdigest() for name, one in (("reading-room", key), ("other", other))
    }
    client = serve(keys=read_keys(str(file)))
    basic = base64.b64encode(f"anyone:{other}".encode()).decode()
    for sent, status in (
        (None, 401),
        (f"Bearer {key}", 200),
        (f"bearer {other}", 200),
        (f"Basic {basic}", 200),
        (f"Bearer {key}x", 401),
        (f"Bearer {read_keys(str(file))['other']}", 401),
        ("Bearer", 401),
        ("Basic %%%", 401),
        ("Basic /////w==", 401),
        ("Digest x", 401),
    ):
        headers = {} if sent is None else {"Authorization": sent}
        answer = query(client, headers=headers)
        assert answer.status_code == status, sent
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert client.get("/", headers=headers).status_code == status
        assert client.get("/metrics", headers=headers).status_code == status
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("# none\n", "holds no key"),
        ("abc\n", "line 1"),
        (f"a:{'0' * 64}\na:{'1' * 64}\n", "line 2: key 'a'"),
    ],
)
def test_key_files_that_are_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "keys").write_text(text)
    with pytest.raises(InputError, match=said):
        read_keys(str(tmp_path / "keys"))


def test_the_log_holds_nothing_of_a_case(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    client = serve(audit=True)
    secret = {
        "id": "SECRET",
        "age": 47,
        "sex": "female",
        "note": "SECRET",
        "findings": {"level": "cervical", "mr_t2_signal": "hyper"},
    }
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.post(
        "/v1/query?case=SECRET",
        {"case": secret, "prior": "uniform"},
        headers={"traceparent": trace, "X-Request-ID": "abcdef-12"},
    )
    client.post(
        "/v1/query", {"case": {**secret, "findings": {"SECRET": "hyper"}}}, headers={"X-Request-ID": 'SECRET "}'}
    )
    client.get("/SECRET/hyper")
    client.request(
        "SECRET", "/v1/query", headers={"traceparent": "SECRET", "User-Agent": "SECRET", "Referer": "SECRET"}
    )
    out, err = capfd.readouterr()
    assert out == ""
    assert not re.search("SECRET|female|cervical|hyper", err)
    lines = [json.loads(line) for line in err.splitlines()]
    known = {"time", "request", "traceparent", "method", "route", "status", "milliseconds"}
    assert set().union(*lines) == known | {"network", "network_version", "prior", "findings"}
    assert [line["status"] for line in lines] == [200, 422, 404, 405]
    assert [line["route"] for line in lines] == ["/v1/query", "/v1/query", "unmatched", "/v1/query"]
    first = lines[0]
    assert (first["traceparent"], first["request"], first["method"]) == (trace, "abcdef-12", "POST")
    assert (first["network"], first["network_version"], first["prior"]) == ("small", "1", "uniform")
    assert first["findings"] == 2
    assert {"time", "milliseconds"} <= first.keys()


def test_a_defect_is_a_problem_without_its_words(
    serve: Serve, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("SECRET")

    monkeypatch.setattr(rest, "converted", broken)
    answer = query(serve(audit=True))
    assert (answer.status_code, answer.json()["type"]) == (500, "/v1/docs#defect")
    err = capfd.readouterr().err
    assert "SECRET" not in err + answer.text
    assert "RuntimeError in test_walls.py" in json.loads(err)["defect"]


def test_metrics_are_openmetrics_without_labels_of_clients(serve: Serve) -> None:
    client = serve()
    query(client)
    client.post("/v1/batch", {"cases": [CASE, CASE]})
    client.get("/SECRET")
    client.request("SECRET", "/v1/query")
    text = client.get("/metrics").text
    assert "SECRET" not in text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    durations = families["http_server_request_duration_seconds"]
    counts = {
        (s.labels["http_request_method"], s.labels["http_route"], s.labels["http_response_status_code"]): s.value
        for s in durations.samples
        if s.name.endswith("_count")
    }
    assert counts == {
        ("POST", "/v1/query", "200"): 1,
        ("POST", "/v1/batch", "200"): 1,
        ("GET", "unmatched", "404"): 1,
        ("_OTHER", "/v1/query", "405"): 1,
    }
    (asked,) = families["bayesdx_queries"].samples
    assert (asked.labels, asked.value) == ({"network": "small", "prior": "surgical"}, 3)
