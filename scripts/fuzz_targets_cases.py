"""Fuzz targets for what people hand in about patients: case files, tables and ``-f`` options.

Each target tries one input, made of a valid one by random changes, and lets every error out but InputError.
"""

from __future__ import annotations

import json
import math
import os
import random
import tempfile
from collections.abc import Callable
from functools import lru_cache

from bayesdx.cli.common import parse_findings
from bayesdx.errors import InputError
from bayesdx.formats.case_file import read_cases, write_case
from bayesdx.loading import load
from bayesdx.model import Model

_CASES = (
    "id: a1\nage: 68\nsex: male\ndiagnosis: capnon\nsource: {doi: 10.1/x, year: 2019}\nfindings:\n"
    "  level: cervical\n  mr_t2_signal: {hyper: 0.8, mixed: 0.2}\n  mr_enhancement: not homogeneous\n",
    "- {id: 0012345, findings: {level: lumbar, size_mm: 12.5}}\n- {id: b, findings: {mr_dural_tail: yes}}\n",
    '{"id": "a", "age": 31, "findings": {"level": "lumbar", "mr_t2_signal": {"hyper": 1, "iso": 0.5}}}',
    '[{"id": 7, "sex": "female", "findings": {"ct_calcification": true}}, {"id": null}]',
    '{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Observation", '
    '"status": "final", "effectiveDateTime": "2026-03-14", "subject": {"reference": "Patient/p"}, '
    '"code": {"coding": [{"system": "urn:bayesdx:finding", "code": "size_mm"}]}, '
    '"valueQuantity": {"value": 1.5, "unit": "cm"}}}, '
    '{"resource": {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1990-02-03"}}]}',
    "base: &base {level: lumbar}\nfindings:\n  <<: *base\n  mr_t2_signal: !!str hyper\n",
)
_TABLES = (
    (".csv", "id,age,sex,level,mr_t2_signal,note\na,68,male,cervical,hyper,x\nb,,,lumbar,not hyper,\n"),
    (".csv", 'sep=;\nid;age;level;mr_t2_signal;\nc;31;lumbar;"hyper:0.8,mixed:0.2";\n;;;;\n'),
    (".csv", '\ufefflevel\tsize_mm\tremark\nlumbar\t12,5\t"two\nlines"\nNA\t*\t?\n'),
    (
        ".jsonl",
        '{"id": "a", "age": 3, "findings": {"level": "lumbar"}}\n{"id": "b", "level": "lumbar", "sex": null}\n',
    ),
)
_OPTIONS = ("level=lumbar", "mr_t2_signal=hyper:0.8,mixed:0.2", "mr_t2_signal=not hyper", "size_mm=12.5", "age=31")
_PIECES = (
    *"\n\r\t ,;:=|'\"{}[]&*!?#%~-+.0\0\\\ufeff\u2028éß患\ud800",
    *("NA", "NaN", "inf", "1e400", "-1", "9" * 5000, "0o17", "1:30", "yes", "null", "true", "not ", "<<: *base"),
    *(
        "id",
        "age",
        "findings",
        "level",
        "lumbar",
        "hyper",
        "diagnosis",
        "region",
        "!!binary ",
        "!!float ",
        "&a ",
        "*a",
    ),
    *("x" * 140_000, "[" * 3000, "\n,,,\n", "\r\n", '""', "sep=,\n", "2024-13-41", "{}", "[]"),
)


@lru_cache(maxsize=1)
def _model() -> Model:
    return load("spine")


def changed(text: str, rng: random.Random) -> str:
    """The text after a few random changes: parts cut out, doubled, swapped, or put in."""
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 8))):
        a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + rng.choice((0, 1, 3, 30)))
        put = rng.choice(("", rng.choice(_PIECES), chr(rng.randrange(0x3000)), text[a:b] * 2, text[b : b + 20]))
        text = text[:a] + put + text[b:]
    return text


def _as_bytes(text: str, rng: random.Random) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        at = rng.randrange(len(data) + 1)
        data = data[:at] + rng.randbytes(rng.choice((1, 2, 20))) + data[at:]
    if rng.random() < 0.03:
        data = text.encode(rng.choice(("utf-16", "utf-8-sig", "latin-1")), "replace")
    return data


def _try(data: bytes, suffix: str, ask: Callable[[str], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"input{suffix}")
        with open(path, "wb") as file:
            file.write(data)
        try:
            ask(path)
        except InputError:
            return


def case_file(rng: random.Random) -> None:
    """Read a case file, ask about each case, and write the case and read it back."""
    text = changed(rng.choice(_CASES), rng)

    def ask(path: str) -> None:
        for case in read_cases(path):
            question = _model().question(case)
            assert math.isfinite(_model().engine.log_likelihood(question.findings))
            for ending in (".yaml", ".json"):
                copy = f"{path}.copy{ending}"
                write_case(copy, case)
                again = _model().question(read_cases(copy)[0])
                assert dict(again.stated) == dict(question.stated), "a case written says something else"
                assert again.case == question.case, "a case written has another id"

    _try(_as_bytes(text, rng), rng.choice((".yaml", ".json", ".txt")), ask)


def table(rng: random.Random) -> None:
    """Score a table: what is scored is a distribution over the diagnoses."""
    suffix, text = rng.choice(_TABLES)

    def ask(path: str) -> None:
        result = _model().query_batch(path)
        json.dumps(result.to_dict(), allow_nan=False)
        if result.lines:
            assert abs(result.probabilities.sum(axis=1) - 1).max() < 1e-9
            _model().write_batch(path, f"{path}.out{rng.choice(('.csv', '.jsonl', '.parquet'))}")

    _try(
        _as_bytes(changed(text, rng), rng), rng.choice((suffix, suffix, suffix, ".csv", ".jsonl", ".parquet")), ask
    )


def finding_option(rng: random.Random) -> None:
    """Ask with ``-f`` options."""
    try:
        findings = parse_findings([changed(rng.choice(_OPTIONS), rng) for _ in range(rng.randint(1, 3))])
        question = _model().question({"findings": findings})
        assert math.isfinite(_model().engine.log_likelihood(question.findings))
    except InputError:
        return
