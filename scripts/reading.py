"""How well reports are read: findings of passages and of whole reports against those that people coded.

``python scripts/reading.py PASSAGES.yaml`` takes a list of passages, each with ``id``, ``region`` (spine or
cranial), ``text``, and ``findings`` as a case file has them. Those in tests/reading/passages/ were invented. Others
in docs/reading.md are 589 passages of publications, quoted as they stand and therefore no part of this project. One
half of these, by publication (``--half writing``), was there to write rules from; the other (``--half kept``) was
not looked at before they were first measured. Their codings were made from longer texts than the passages: what is
coded may not be said in the passage, and what is said may not be coded.

``--list KIND`` names the disagreements: ``wrong``, ``extra`` (read, not coded and not marked as implied) or
``missed``.

``python scripts/reading.py FOLDER`` takes whole reports: NAME.txt beside NAME.yaml with ``findings`` that are
plainly stated, ``uncertain`` ones that are stated with doubt, and ``allowed`` inferences, right where they are
read.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import yaml

from bayesdx.case import Case, encode
from bayesdx.errors import InputError
from bayesdx.reports import Reports

_PART = re.compile(r"_[a-z0-9]{1,4}$")


def half(name: str) -> str:
    """``writing`` or ``kept``, the same for all passages of a publication."""
    return ("writing", "kept")[hashlib.sha256(_PART.sub("", name).encode()).digest()[0] % 2]


@dataclass
class Tally:
    """How often a finding was coded, read too, read with the state that was coded, and read without being coded."""

    coded: int = 0
    both: int = 0
    right: int = 0
    extra: int = 0
    denial: int = 0  # read as present for absent, or the other way round
    implied: int = 0  # read without being coded, and marked as implied or uncertain
    plain: int = 0  # read with the state that was coded, and not so marked
    plainly: int = 0  # coded, read and not so marked
    listed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def tally(passages: list[dict[str, Any]]) -> dict[str, Tally]:
    """Tallies by finding."""
    readers = {network: Reports(network) for network in ("spine", "cranial")}
    found: dict[str, Tally] = defaultdict(Tally)
    for one in passages:
        reader = readers[one["region"]]
        document = reader.document
        try:
            reading = reader.read(one["text"])
        except InputError as error:
            print(f"{one['id']}: {error}", file=sys.stderr)
            reading = reader.read("-")
        coded = encode(Case(one["findings"]), document.network, document.vocabulary)
        read = encode(Case(dict(reading.case.findings)), document.network, document.vocabulary)
        words = {
            mention.finding: one["text"][mention.words.start : mention.words.end]
            for mention in reversed(reading.passages.mentions)
        }
        for name, weights in coded.weights.items():
            row = found[name]
            row.coded += 1
            at = f"{one['id']}: coded {coded.stated[name]}, read {read.stated.get(name)} | {one['text']}"
            if name not in read.weights:
                row.listed["missed"].append(at)
                continue
            row.both += 1
            top = np.flatnonzero(read.weights[name] == read.weights[name].max())
            right = len(top) == 1 and weights[top[0]] == weights.max()
            row.right += right
            marked = isinstance(read.stated[name], dict)
            row.plainly += not marked
            row.plain += right and not marked
            states = document.network.variable(name).states
            no = {state for state in ("absent", "none") if state in states}
            said = {states[int(i)] for i in top}
            row.denial += not right and len(no & said) != len(no & {states[int(weights.argmax())]})
            if not right:
                row.listed["wrong"].append(at)
        for name in read.weights.keys() - coded.weights.keys():
            if isinstance(read.stated[name], dict):
                found[name].implied += 1
                continue
            found[name].extra += 1
            found[name].listed["extra"].append(
                f"{one['id']}: read {read.stated[name]} from “{words.get(name, '')}” | {one['text']}"
            )
    return found


def lines(found: dict[str, Tally]) -> Iterator[str]:
    """A row a finding, and the sum."""
    total = Tally(
        *(
            sum(getattr(row, name) for row in found.values())
            for name in ("coded", "both", "right", "extra", "denial", "implied", "plain", "plainly")
        )
    )
    yield f"{'finding':36} {'coded':>6} {'read':>6} {'right':>6} {'extra':>6}"
    for name, row in sorted(found.items(), key=lambda pair: -pair[1].coded):
        yield f"{name:36} {row.coded:6} {row.both:6} {row.right:6} {row.extra:6}"
    yield f"{'all':36} {total.coded:6} {total.both:6} {total.right:6} {total.extra:6}"
    yield ""
    yield f"of the coded findings are read        {total.both / total.coded:6.1%}"
    yield f"of these with the state that is coded {total.right / total.both:6.1%}"
    yield f"of these with a denial mistaken       {total.denial / total.both:6.2%}"
    yield f"read and not marked as implied        {total.plainly + total.extra:6}"
    yield f"of these coded, with this state       {total.plain / (total.plainly + total.extra):6.1%}"


@dataclass
class Whole:
    """Whole reports: what is stated, and what became of it."""

    reports: int = 0
    stated: int = 0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    invented: int = 0
    seconds: list[float] = field(default_factory=list)


def whole(folder: Path) -> Whole:
    """Tally the reports of a folder; a state that is only likely is right where it is the likeliest."""
    reader, total = Reports(), Whole()
    for text in sorted(folder.glob("*.txt")):
        coding = yaml.safe_load(text.with_suffix(".yaml").read_text(encoding="utf-8"))
        report = text.read_text(encoding="utf-8")
        begun = perf_counter()
        case = reader.read(report).case
        total.seconds.append(perf_counter() - begun)
        read = {**case.findings, **{key: value for key, value in (("age", case.age), ("sex", case.sex)) if value}}
        stated = {**coding.get("findings", {}), **{key: coding[key] for key in ("age", "sex") if key in coding}}
        doubted = {*coding.get("uncertain", ()), *coding.get("allowed", {})}
        total.reports += 1
        total.stated += len(stated)
        for name, value in stated.items():
            if name not in read:
                total.missed += 1
            elif any(_agrees(read[name], one) for one in (value, *_several(coding.get("allowed", {}).get(name)))):
                total.right += 1
            else:
                total.wrong += 1
        total.invented += len(read.keys() - stated.keys() - doubted)
    return total


def _several(allowed: object) -> list[object]:
    """What else is right: a state, or a list of them."""
    return allowed if isinstance(allowed, list) else [] if allowed is None else [allowed]


def _agrees(read: object, stated: object) -> bool:
    if isinstance(read, dict):
        return bool(max(read, key=lambda state: float(read[state])) == stated)
    if isinstance(read, (int, float)) and isinstance(stated, (int, float)):
        return abs(read - stated) <= 0.5
    return str(read) == str(stated) or (str(read).startswith("not ") and read != f"not {stated}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages")
    parser.add_argument("--half", choices=("writing", "kept"), help="of passages of publications")
    parser.add_argument("--list", dest="kind", choices=("wrong", "extra", "missed"))
    arguments = parser.parse_args()
    if Path(arguments.passages).is_dir():
        found = whole(Path(arguments.passages))
        print(
            f"{found.reports} reports, {found.stated} findings stated: {found.right} right, {found.wrong} wrong, "
            f"{found.missed} missed; {found.invented} read that are not stated; "
            f"{1000 * median(found.seconds):.1f} ms a report"
        )
        return
    with open(arguments.passages, encoding="utf-8") as file:
        passages = [one for one in yaml.safe_load(file) if arguments.half in (None, half(one["id"]))]
    rows = tally(passages)
    if arguments.kind:
        for name, row in sorted(rows.items()):
            for at in row.listed[arguments.kind]:
                print(f"{name} | {at}")
        return
    print(f"{len(passages)} passages")
    print("\n".join(lines(rows)))


if __name__ == "__main__":
    main()
