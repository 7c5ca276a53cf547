"""Feed the readers spoilt files: ``python scripts/fuzz.py --seconds 60 [TARGET …]``.

A reader may refuse a file with InputError and nothing else, and what it accepts must be a sound answer. Prints how
many inputs each target was tried with, and the first ones that break this; exits 1 when there are any.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from fuzz_targets_cases import case_file, finding_option, table

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.files import parse_json
from bayesdx.formats.bif import bif_document, bif_text
from bayesdx.formats.draft import naming
from bayesdx.formats.net import net_document
from bayesdx.formats.network_json import network_from_dict, network_text
from bayesdx.formats.plain_names import Renaming
from bayesdx.formats.uai import parse_evidence, parse_uai, uai_document
from bayesdx.formats.xdsl import xdsl_document
from bayesdx.formats.xmlbif import xmlbif_document, xmlbif_text
from bayesdx.inference import compile_network
from bayesdx.learnt import Learning, LearntSet
from bayesdx.network import Network, Variable

#: A reader of text, and the texts to spoil.
Target = tuple[Callable[[str], object], Sequence[str]]

#: What breaks readers: marks of the formats, numbers at the edges, characters of several kinds.
_SPANNERS = (
    *(
        '"',
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "|",
        ";",
        ",",
        "/*",
        "*/",
        "//",
        "%",
        "#",
        "&amp;",
        "&#0;",
        "\\",
    ),
    *(
        "0",
        "-1",
        "1e308",
        "1e-320",
        "nan",
        "inf",
        "-0.0",
        "0.5",
        "1e999",
        "99999999999",
        "1_0",
        "٣",
        "0x1",
        "4294967296",
    ),
    *(
        "\n",
        "\0",
        "\ufeff",
        "\u2028",
        "é",
        "良",
        "\ud800",
        "null",
        "true",
        "[]",
        "{}",
        '""',
        "table",
        "default",
        "property",
    ),
)


def spoil(text: str, rng: random.Random, others: Sequence[str]) -> str:
    """The text with a few random changes: cut, doubled, moved, replaced, or spliced with another text."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((0, 1, 1, 3, 10, 40)))
        kind = rng.randrange(6)
        if kind == 0:
            text = text[:start] + text[end:]
        elif kind == 1:
            text = text[:end] + text[start:end] * rng.choice((1, 2, 30)) + text[end:]
        elif kind == 2:
            other = rng.choice(others)
            text = text[:start] + other[rng.randrange(len(other) + 1) :]
        elif kind == 3:
            word, words = rng.choice(_SPANNERS), text.split(" ")
            words[rng.randrange(len(words))] = word
            text = " ".join(words)
        elif kind == 4:
            words = text.split(" ")
            i, j = rng.randrange(len(words)), rng.randrange(len(words))
            words[i], words[j] = words[j], words[i]
            text = " ".join(words)
        else:
            text = text[:start] + rng.choice(_SPANNERS) + text[end if rng.random() < 0.5 else start :]
    return text


def sound_network(document: NetworkDocument) -> None:
    """Rows that sum to 1, and a posterior that is finite and sums to 1."""
    network = document.network
    for name, cpt in network.cpts.items():
        assert (cpt >= 0).all(), f"CPT of {name}"
        assert np.abs(cpt.sum(axis=-1) - 1.0).max() < 2e-6, f"CPT of {name}"
    if network.parameter_count < 10**5:
        for variable in (network.variables[0], network.variables[-1]):
            posterior = compile_network(network).posterior({}, variable.id).probabilities
            assert abs(posterior.sum() - 1.0) < 1e-9, f"P({variable.id})"  # false for NaN


def _network() -> Network:
    a, b, c = Variable("a", ("y", "n")), Variable("b b", ("<1", "1-2", "良")), Variable("c", ("0", "1"))
    cpts = {
        "a": np.array([0.3, 0.7]),
        "b b": np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]),
        "c": np.linspace(0, 1, 6).reshape(2, 3, 1) * [1.0, -1.0] + [0.0, 1.0],
    }
    return Network("n", (a, b, c), {"b b": ("a",), "c": ("a", "b b")}, cpts, target="a")


def learnt_network(network: Network) -> Network:
    """The network with what it says it has learnt."""
    before = {"a": np.array([3.0, 7.0])}
    one = LearntSet("here", 4.0, {"a": np.array([1.0, 3.0])}, {"a": np.array(0.5)}, "0")
    return replace(network, learning=Learning("N", "1", "", 0.8, ("a",), before, (one,)))


def _reader(read: Callable[[str], NetworkDocument]) -> Callable[[str], object]:
    return lambda text: sound_network(read(text))


def bif() -> Target:
    names = Renaming({"b b": '"b b"'}, {"b b": {"<1": '"<1"', "1-2": '"1,2"'}})
    old = """network "N" { property "a; b" ; }
variable "d" { //2 values
 type discrete[2] { "ill" "well" }; property position = (1, 2) ; }
variable t { /* two */ type discrete[2] { pos, neg }; }
probability ( "d" ) { table 0.3 0.7 ; }
probability ( t "d" ) { (ill) 0.8 0.2 ; default 0.1 0.9 ; }"""
    return _reader(bif_document), (bif_text(_network(), names), old)


def xmlbif() -> Target:
    text = xmlbif_text(_network(), Renaming())
    return _reader(xmlbif_document), (
        text,
        text.replace("<BIF", "<!DOCTYPE BIF [ <!ELEMENT BIF ( NETWORK )*> ]>\n<BIF"),
    )


def network_json() -> Target:
    counts = {"a": np.array([3.0, 7.0])}
    network = _network()
    texts = (
        network_text(network),
        network_text(Network("m", network.variables, network.parents, network.cpts, counts)),
        network_text(learnt_network(network)),
    )
    return _reader(lambda text: network_from_dict(parse_json(text, "fuzz"), "fuzz")), texts


def net() -> Target:
    text = """net { node_size = (80 40); }
node a { states = ("y" "n"); label = "A \\"one\\""; }
node b { states = (1 2 3); } % a comment
potential (a) { data = (0.3 0.7); }
potential (b | a) { data = ((0.2 0.3 0.5)(0.1 0.1 0.8)); }"""
    return _reader(net_document), (text,)


def uai() -> Target:
    texts = ("BAYES 2 2 3 2 1 0 2 0 1 2 0.3 0.7 6 0.2 0.3 0.5 0.1 0.1 0.8", "MARKOV 2 2 2 1 2 0 1 4 1 2 3 4")

    def read(text: str) -> None:
        if parse_uai(text).kind == "BAYES":
            sound_network(uai_document(text))

    return read, (*texts, "c x\nBAYES\n1\n2\n1\n1 0 # a\n\n2\n 0.5 0.5\n")


def evidence() -> Target:
    return parse_evidence, ("2 1 0 2 1", "1\n2 1 0 2 1\n", "0")


def xdsl() -> Target:
    text = """<?xml version="1.0" encoding="UTF-8"?><smile version="1.0" id="n"><nodes>
<cpt id="a"><state id="y"/><state id="n"/><probabilities>0.3 0.7</probabilities></cpt>
<cpt id="b"><state id="y"/><state id="n"/><parents>a</parents><probabilities>0.2 0.8 0.4 0.6</probabilities></cpt>
<deterministic id="c"><state id="y"/><state id="n"/><parents>a b</parents><resultingstates>y n n y</resultingstates>
</deterministic></nodes><extensions><genie><node id="a"><name>A</name></node></genie></extensions></smile>"""
    return _reader(xdsl_document), (text,)


#: Tries one input; raises InputError where it is refused, anything else where it is not handled.
Attempt = Callable[[random.Random], object]


def _spoilt(name: str, target: Callable[[], Target]) -> Attempt:
    read, texts = target()
    for text in texts:
        read(text)  # what is spoilt must be sound before

    def attempt(rng: random.Random) -> object:
        with naming(name):
            return read(spoil(rng.choice(texts), rng, texts))

    return attempt


READERS: dict[str, Callable[[], Target]] = {
    "bif": bif,
    "xmlbif": xmlbif,
    "network_json": network_json,
    "net": net,
    "uai": uai,
    "evidence": evidence,
    "xdsl": xdsl,
}
#: What people hand in about patients; a refusal counts as accepted here.
CASES: dict[str, Attempt] = {"case_file": case_file, "table": table, "finding_option": finding_option}
TARGETS = (*READERS, *CASES)


def fuzz(name: str, seconds: float, seed: int) -> bool:
    """Try a target for some seconds; print the tally and the first failures; True when there are none."""
    attempt = CASES[name] if name in CASES else _spoilt(name, READERS[name])
    rng = random.Random(seed)
    tried = accepted = 0
    failures: dict[str, str] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tried += 1
        try:
            attempt(rng)
            accepted += 1
        except InputError as error:
            if len(str(error).splitlines()) != 1:
                failures.setdefault("a message of several lines", f"{error}")
        except Exception as error:  # whatever it is, it is a find
            place = traceback.extract_tb(error.__traceback__)[-1]
            said = f"input {tried} of seed {seed}: {error}"
            failures.setdefault(f"{type(error).__name__} in {place.name}, line {place.lineno}", said)
    print(f"{name}: {tried:,} inputs, {accepted:,} of them accepted, {len(failures)} kinds of failure", flush=True)
    for kind, example in list(failures.items())[:5]:
        print(f"  {kind}:\n    {example.encode('ascii', 'backslashreplace').decode()}")
    return not failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="in all, shared by the targets; default 60")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {unknown[0]}; choose from {', '.join(TARGETS)}")
    warnings.simplefilter("error")  # numpy's warnings are finds
    chosen = options.targets or list(TARGETS)
    sound = [fuzz(name, options.seconds / len(chosen), options.seed) for name in chosen]
    return 0 if all(sound) else 1


if __name__ == "__main__":
    sys.exit(main())
