"""Build networks/*.json, their index and their ledgers (networks/ledger/*.jsonl) from networks/*.yaml and priors/*.

``python scripts/build_networks.py`` writes the files; ``--check`` only says whether they are up to date, and
exits with 1 when they are not. A number may differ by a part in 10⁹: the last digits depend on the processor.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from math import isclose
from pathlib import Path

from bayesdx.formats.network_json import document_text
from bayesdx.knowledge.ledger import ledger_text
from bayesdx.knowledge.library import NETWORKS, Library

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file is out of date")
    check = parser.parse_args().check
    library = Library(ROOT / "networks", ROOT / "priors")
    folder = ROOT / "networks"
    texts: dict[Path, str] = {}
    levels = {}
    for name in sorted(NETWORKS):
        definition = library.definition(name)
        learnt = library.learnt(definition)
        document = library.document(definition, learnt)
        texts[folder / f"{name}.json"] = document_text(document)
        texts[folder / "ledger" / f"{name}.jsonl"] = ledger_text(library.ledger(definition, learnt))
        levels[name] = document.levels
    texts[folder / "index.json"] = json.dumps(levels) + "\n"
    stale = [path for path, text in texts.items() if not path.is_file() or not same(path.read_text("utf-8"), text)]
    if not check:
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(texts[path], "utf-8")
    if not stale:
        print("up to date:", ", ".join(NETWORKS))
    else:
        print("out of date:" if check else "written:", ", ".join(path.name for path in stale))
    return int(check and bool(stale))


def same(written: str, built: str) -> bool:
    """Whether two texts say the same: equal words, and numbers that are equal but for rounding."""
    if written == built:
        return True
    if NUMBER.sub("#", written) != NUMBER.sub("#", built):
        return False
    pairs = zip(NUMBER.findall(written), NUMBER.findall(built), strict=True)
    return all(isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12) for one, other in pairs)


if __name__ == "__main__":
    sys.exit(main())
