"""The page without a browser: what it is made of, what it answers, and names that look like HTML."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from web_client import Client

from bayesdx.loading import load
from bayesdx.web.app import create_app
from bayesdx.web.models import Models
from bayesdx.web.page.form import SYNONYMS, search

EXAMPLES = Path(__file__).parents[2] / "examples"
STATIC = Path(__file__).parents[2] / "bayesdx" / "web" / "page" / "static"
FINDINGS = {"level": "cervical", "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2}, "mr_enhancement": "not homogeneous"}
PRIORS = ("uniform", "incidence", "surgical", "published")
EVIL = ['<script>alert(1)</script>"', "it's <b>bold</b> & more", "ünïcode ← 日本", "{{ 7 * 7 }}"]


class Elements(HTMLParser):
    """The elements of a piece of HTML, with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str | None]:
        return [attributes[name] for _, attributes in self.found if name in attributes]


def parts(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def regions(client: Client, findings: object, **more: object) -> dict[str, str]:
    """The regions as they stand in the end."""
    found: dict[str, str] = {}
    for part in parts(client.post("/page/answer", {"case": {"findings": findings}, **more})):
        found.update(part.get("regions", {}))
    return found


def view(client: Client, name: str, **more: object) -> str:
    """The HTML of a view as it stands in the end."""
    told = parts(client.post("/page/view", {"view": name, "case": {"findings": FINDINGS}, **more}))
    return str([part["html"] for part in told if "html" in part][-1])


def test_first_page_is_small_and_whole(shipped: Client) -> None:
    answer = shipped.get("/")
    page = Elements(answer.text)
    assert len(answer.content) + sum(len(file.read_bytes()) for file in STATIC.iterdir()) < 150_000
    loaded = [*page.values("src"), *page.values("href")]
    assert loaded
    assert not [address for address in loaded if not str(address).startswith(("static/", "#"))]
    assert page.values("style") == []
    assert [
        a for tag, a in page.found if tag == "script" and "src" not in a and a.get("type") != "text/plain"
    ] == []
    assert "For research and education; not a medical device." in page.text
    for address in loaded:
        if str(address).startswith("static/"):
            assert shipped.get(f"/{address}").status_code == 200


def test_static_files_name_no_other_host() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"^\s*//.*$", "", text, flags=re.M)), (
            file.name
        )


def test_every_finding_of_both_networks_can_be_stated(shipped: Client) -> None:
    page = Elements(shipped.get("/").text)
    offered: dict[str, set[str]] = {}
    for tag, attributes in page.found:
        if tag == "li" and "data-id" in attributes:
            states = offered.setdefault(str(attributes["data-id"]), set())
        elif "data-state" in attributes:
            states.add(str(attributes["data-state"]))
    for name in ("spine", "cranial"):
        for variable in load(name).network.findings:
            assert set(variable.states) <= offered[variable.id]
    groups = [a["data-group"] for tag, a in page.found if tag == "fieldset"]
    assert groups == ["history", "location", "ct", "mr", "mr_contrast", "mr_swi"]


def test_the_numbers_are_those_of_a_query(shipped: Client) -> None:
    told = regions(shipped, FINDINGS, whole=True)
    answer = load("spine").query({"findings": FINDINGS})
    text = Elements(told["differential"]).text
    for row in answer.posterior:
        assert f"{100 * row.probability:.1f}%" in text or row.probability < 0.0005
    assert f"{100 * answer.posterior[0].interval[1]:.1f}%" in text
    assert "it covers level 'cervical'" in Elements(told["head"]).text
    assert "no population" in Elements(told["head"]).text
    assert Elements(told["used"]).text.count("T2 signal: hyperintense 0.8, mixed 0.2") == 1


def test_change_since_the_last_click(shipped: Client) -> None:
    model = load("spine")
    before = {"level": "cervical"}
    told = Elements(regions(shipped, FINDINGS, before={"findings": before})["differential"]).text
    now, past = (model.query({"findings": findings}, checks=False) for findings in (FINDINGS, before))
    earlier = {row.diagnosis: row.probability for row in past.posterior}
    change = 100 * (now.leader.probability - earlier[now.leader.diagnosis])
    assert f"{change:+.1f}".replace("-", "−") in told
    assert "change" in told
    assert "change" not in Elements(regions(shipped, FINDINGS)["differential"]).text


def test_the_prior_before_the_last_click_counts(shipped: Client) -> None:
    same = {"prior": "incidence", "before": {"findings": FINDINGS}}
    moved = regions(shipped, FINDINGS, **same, before_prior="uniform")["differential"]
    assert re.search(r"[+−]\d", Elements(moved).text)
    still = regions(shipped, FINDINGS, **same, before_prior="incidence")["differential"]
    assert not re.search(r"[+−]\d", Elements(still).text.partition("Conflict")[0])


def test_first_part_waits_for_no_examination(shipped: Client) -> None:
    first, *rest = parts(shipped.post("/page/answer", {"case": {"findings": FINDINGS}}))
    assert first["regions"].keys() == {"head", "warnings", "used", "differential", "next", "why"}
    assert {name for part in rest for name in part["regions"]} == {"next", "sentences"}
    assert first["findings"] == FINDINGS
    assert re.fullmatch(r".+ leads, \d+\.\d%", first["leader"])


def test_any_named_rival(shipped: Client) -> None:
    why = regions(shipped, FINDINGS, versus="chordoma")["why"]
    assert "rather than chordoma" in Elements(why).text
    weights = {
        row.finding: row.decibans for row in load("spine").explain({"findings": FINDINGS}, "chordoma").weights
    }
    for decibans in weights.values():
        assert f"{decibans:+.1f}".replace("-", "−").replace("−0.0", "0.0") in why


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ({}, "no findings"),
        ({"compartment": "intra_axial", "epicentre": "facet_joint", "fat_content": "present"}, "conflict"),
        (
            {
                "level": "sacral",
                "epicentre": "ventricle",
                "facet_degeneration": "present",
                "ct_calcification_pattern": "gyriform_or_linear",
            },
            "explains these findings",
        ),
    ],
)
def test_warnings_stand_in_a_place_of_their_own(shipped: Client, odd: dict[str, str], says: str) -> None:
    expected = load("spine").query({"findings": odd}).to_dict()["warnings"]
    told = Elements(regions(shipped, odd)["warnings"]).text.casefold()
    assert says in told
    assert all(str(warning).casefold() in told for warning in expected)


@pytest.mark.parametrize("name", ["sensitivity", "priors", "citations"])
def test_views(shipped: Client, name: str) -> None:
    page = Elements(view(shipped, name))
    assert page.values("style") == []
    links = [a for tag, a in page.found if tag == "a" and not str(a["href"]).startswith("#")]
    assert all(a["rel"] == "noreferrer noopener" and a["target"] == "_blank" for a in links)
    if name == "citations":
        assert links
    if name == "priors":
        for prior in ("uniform", "incidence", "surgical"):
            leader = load("spine", prior).query({"findings": FINDINGS}, checks=False).leader
            assert f"{100 * leader.probability:.1f}% leads" in page.text


def test_ledger_and_comparison(shipped: Client) -> None:
    ledger = view(shipped, "ledger", finding="mr_dural_tail", diagnosis="meningioma")
    for reference in load("spine").cite_likelihood("mr_dural_tail", "meningioma").references.values():
        assert reference in Elements(ledger).text
    compared = Elements(view(shipped, "compare", before={"findings": {"level": "cervical"}})).text
    assert "Enhancement: not stated → not homogeneous" in compared
    assert "→" in compared
    assert not re.search(r"->|-\d+\.\d|[+−]0\.0\b|mr_", compared)
    found = Elements(ledger)
    for words in ("Dural tail", "absent", "Grade of a source"):
        assert words in found.text
    assert "mr_dural_tail" not in found.text
    assert any("How good the source is" in str(title) for title in found.values("title"))


def test_case_files_and_reports(shipped: Client) -> None:
    text = (EXAMPLES / "c7-radiculopathy.yaml").read_text()
    read = shipped.post("/page/read", {"text": text}).json()
    assert read["findings"] == load("spine").query(EXAMPLES / "c7-radiculopathy.yaml").to_dict()["findings"]
    assert "68" not in json.dumps(read["findings"])
    assert text in Elements(shipped.get("/").text).text  # the page begins with that case
    case = {"case": {"findings": read["findings"]}}
    for form in ("yaml", "json"):
        written = shipped.post("/page/write", {**case, "format": form}).text
        assert shipped.post("/page/read", {"text": written}).json()["findings"] == read["findings"]
    report = shipped.post("/v1/report", case, headers={"Accept": "text/markdown"})
    assert report.headers["content-type"].startswith("text/markdown")
    assert "## References" in report.text


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("answer", {"case": {"findings": {"levle": "cervical"}}}, 422, "did you mean 'level'?"),
        ("answer", {"case": {"findings": {"level": "cervial"}}}, 422, "did you mean 'cervical'?"),
        ("answer", {"case": {"findings": []}}, 422, "'findings' is a mapping"),
        ("answer", {"case": {}, "network": "spin"}, 422, "did you mean 'spine'?"),
        ("answer", {"case": {}, "prior": "x"}, 422, "no prior set 'x'"),
        ("answer", {"case": {}, "versus": 3}, 422, "Expected `str | null`, got `int`"),
        ("answer", {"case": {}, "verus": "x"}, 422, "did you mean 'versus'?"),
        ("answer", [], 422, "the body is a JSON object"),
        ("view", {"view": "sensitivty"}, 422, "did you mean 'sensitivity'?"),
        ("view", {"view": "compare"}, 422, "no case to compare with"),
        ("view", {"view": "ledger"}, 422, "name a finding and a diagnosis"),
        ("view", {"view": "ledger", "finding": "x", "diagnosis": "y"}, 422, "no variable 'x'"),
        ("read", {"text": "a: [1"}, 422, "line 2"),
        ("read", {"text": "[{}, {}]"}, 422, "2 cases"),
        ("read", {}, 422, "missing required field `text`"),
        ("rows", {"search": 3}, 422, "Expected `str`, got `int`"),
    ],
)
def test_bad_input_is_told_in_one_line(shipped: Client, path: str, body: object, status: int, says: str) -> None:
    answer = shipped.post(f"/page/{path}", body)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_impossible_findings_are_named(shipped: Client) -> None:
    findings = {"ct_calcification": "absent", "ct_calcification_pattern": "central"}
    answer = shipped.post("/page/answer", {"case": {"findings": findings}})
    assert answer.status_code == 422
    assert "ct_calcification=absent and ct_calcification_pattern=central are impossible together" in answer.text
    html, brief = Elements(answer.json()["html"]), answer.json()["brief"]
    assert "Calcification on CT: absent and Calcification pattern: central" in html.text
    assert html.values("data-id") == list(findings)
    assert "undo" in html.values("data-do")
    assert brief == "No answer, impossible together: Calcification on CT and Calcification pattern"


def test_a_state_of_the_other_network_is_told_by_its_label(shipped: Client) -> None:
    told = Elements(regions(shipped, {"level": "posterior_fossa", "pain": "present"}, network="spine")["warnings"])
    assert "Posterior fossa" in told.text or "posterior fossa" in told.text
    assert "level" in told.values("data-id")
    assert "'level'" not in told.text
    refused = shipped.post("/page/answer", {"case": {"findings": {"level": {"cervical": "<b>"}}}})
    assert refused.status_code == 422
    assert refused.json()["html"]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("gadolinium", "mr_enhancement"),
        ("contrast", "mr_enhancement"),
        ("ADC", "mr_restricted_diffusion"),
        ("dwi", "mr_restricted_diffusion"),
        ("GRE", "mr_swi_blooming"),
        ("nf2", "history_neurofibromatosis"),
        ("size", "size_mm"),
        ("rim", "ct_calcification_pattern"),
        ("susceptibility", "mr_swi_blooming"),
        ("zzz", None),
    ],
)
def test_search_by_other_words(words: str, first: str | None) -> None:
    documents = [load(name).document for name in ("spine", "cranial")]
    assert next(iter(search(documents, words)), None) == first
    assert SYNONYMS.keys() <= {variable.id for one in documents for variable in one.network.findings}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A network whose names, states and labels look like HTML, script and templates."""
    network = {
        "format": "bayesdx-network/1",
        "id": EVIL[0],
        "label": EVIL[1],
        "target": EVIL[0],
        "variables": [
            {"id": name, "states": EVIL[:3], "label": name * 2, "state_labels": EVIL[1:4], "examination": EVIL[1]}
            for name in EVIL
        ],
        "parents": {name: [EVIL[0]] for name in EVIL[1:]},
        "counts": {name: [[1, 2, 3], [3, 2, 1], [2, 5, 2]] if i else [[3, 4, 5]] for i, name in enumerate(EVIL)},
        "prior_sets": {EVIL[2]: {"label": EVIL[0], "population": EVIL[1], "probabilities": [0.2, 0.3, 0.5]}},
    }
    file = tmp_path_factory.mktemp("hostile") / "hostile.json"
    file.write_text(json.dumps(network))
    return Client(create_app(Models(str(file))))


def test_names_that_look_like_html_are_text(hostile: Client) -> None:
    findings = {EVIL[1]: EVIL[0], EVIL[2]: {EVIL[0]: 0.5, EVIL[1]: 2}, EVIL[3]: f"not {EVIL[2]}"}
    case = {"case": {"findings": findings}, "before": {"findings": {EVIL[1]: EVIL[0]}}}
    told = parts(hostile.post("/page/answer", {**case, "whole": True}))
    html = [html for part in told for html in part["regions"].values()]
    for name in ("sensitivity", "priors", "compare"):
        html += [part.get("html", "") for part in parts(hostile.post("/page/view", {"view": name, **case}))]
    html += [hostile.get("/").text, hostile.post("/page/rows", {"search": "", "names": EVIL}).json()["html"]]
    for one in html:
        elements = Elements(one)
        scripts = [attributes for tag, attributes in elements.found if tag == "script" and "src" not in attributes]
        assert scripts == []
        assert not [
            attributes for _, attributes in elements.found if any(name.startswith("on") for name in attributes)
        ]
        assert "<b>bold" not in one
    assert EVIL[0] * 2 not in html[-1]
    assert all(name * 2 in Elements(html[-1]).text for name in EVIL[1:])


def test_a_network_of_a_stranger_has_no_literature(small_client: Client, shipped: Client) -> None:
    assert "tab-citations" in shipped.get("/").text
    assert "tab-citations" not in small_client.get("/").text


def test_the_variable_that_is_asked_for_is_named(tmp_path: Path, shipped: Client) -> None:
    file = tmp_path / "alarm.bif"
    file.write_text(
        "network alarm { }\n"
        "variable Shock { type discrete [ 2 ] { yes, no }; }\n"
        "variable Pulse { type discrete [ 2 ] { fast, slow }; }\n"
        "probability ( Shock ) { table 0.4, 0.6; }\n"
        "probability ( Pulse | Shock ) { (yes) 0.8, 0.2; (no) 0.3, 0.7; }\n"
    )
    client = Client(create_app(Models(str(file), "Shock")))
    home = client.get("/").text
    told = regions(client, {"Pulse": "fast"})
    first = parts(client.post("/page/answer", {"case": {"findings": {"Pulse": "fast"}}}))[0]
    assert "<title>bayesdx: Shock</title>" in home
    assert first["leader"] == "Shock: yes leads, 64.0%"  # 0.4 * 0.8 / (0.4 * 0.8 + 0.6 * 0.3)
    assert "Shock: probability of each state" in told["head"]
    assert "Why Shock is yes rather than no" in Elements(told["why"]).text
    assert "findings: {Pulse: fast}" in home
    assert "tab-priors" not in home
    assert "tab-priors" in shipped.get("/").text
    for html in (home, *(one for name, one in told.items() if name != "sentences")):
        shown = html.partition("<dialog")[0]
        assert not re.search("(?<!data-)diagnosis|with sources|its group|>Answer<|The sources of", shown, re.I)


def test_prior_sets_with_another_leader_are_told(shipped: Client) -> None:
    findings = {"level": "cervical", "compartment": "extradural"}
    leads = {prior: load("spine", prior).query({"findings": findings}, checks=False).leader for prior in PRIORS}
    now = parts(shipped.post("/page/answer", {"case": {"findings": findings}, "prior": "uniform"}))[0]
    text = " ".join(Elements(now["regions"]["differential"]).text.split()).casefold()
    others = {prior for prior in PRIORS if leads[prior].diagnosis != leads["uniform"].diagnosis}
    assert others
    for prior in PRIORS:
        label = re.escape(leads[prior].label.casefold())
        assert bool(re.search(f"'{prior}'(?: and '[a-z]+')* '?{label}", text)) == (prior in others)
    assert "Under" not in Elements(regions(shipped, {})["differential"]).text


def test_help_says_where_a_case_goes(serve: Callable[..., Client]) -> None:
    assert "nothing leaves this machine" in serve().get("/").text
    assert "nothing leaves this machine" not in serve(behind_proxy=True).get("/").text
    assert "is sent to this server, which stores nothing" in serve(hosts=None).get("/").text


def test_of_many_findings_only_those_searched_for_are_sent(tmp_path: Path) -> None:
    names = [f"v{i}" for i in range(1000)]
    cpt = "".join(
        f"probability ( {name} | {names[(i - 1) // 3]} ) {{ (a) 0.8, 0.2; (b) 0.3, 0.7; }}\n" if i
        else f"probability ( {name} ) {{ table 0.4, 0.6; }}\n"
        for i, name in enumerate(names)
    )  # fmt: skip
    variables = "".join(f"variable {name} {{ type discrete [ 2 ] {{ a, b }}; }}\n" for name in names)
    file = tmp_path / "many.bif"
    file.write_text(f"network many {{ }}\n{variables}{cpt}")
    client = Client(create_app(Models(str(file), "v0")))
    page = client.get("/")
    assert len(page.content) < 60_000
    assert "Search 999 findings" in page.text
    found = Elements(client.post("/page/rows", {"search": "v99", "names": ["v5"]}).json()["html"])
    rows = [attributes["data-id"] for tag, attributes in found.found if tag == "li"]
    assert rows == ["v5", "v99", *(f"v99{i}" for i in range(10))]
    told = regions(client, {"v5": "a"})
    assert "v1" in Elements(told["next"]).text


@pytest.mark.parametrize("messages", [0, 1, 2])
def test_who_has_gone_holds_up_nobody(small_client: Client, messages: int) -> None:
    """Two may have a sensitivity analysis at once; three who go before or after some messages leave their place."""
    body = json.dumps({"view": "sensitivity", "case": {"findings": {"level": "cervical"}}}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/page/view",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"content-length", str(len(body)).encode()),
            (b"content-type", b"application/json"),
        ],
    }

    async def go() -> None:
        sent, asked = 0, iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in asked:
                return message
            while sent < messages:
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            nonlocal sent
            sent += 1

        await small_client.app(dict(scope), receive, send)

    async def last() -> httpx.Response:
        await asyncio.wait_for(asyncio.gather(go(), go(), go()), 60)
        transport = httpx.ASGITransport(small_client.app)
        async with httpx.AsyncClient(transport=transport, base_url=small_client.host) as client:
            asked = client.post("/page/view", content=body, headers={"Content-Type": "application/json"})
            return await asyncio.wait_for(asked, 60)

    assert parts(asyncio.run(last()))[-1] == {"progress": 1.0}
