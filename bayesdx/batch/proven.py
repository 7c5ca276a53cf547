"""What was proven of the cases in a record batch, taken apart from what is asked of them."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdx.batch.encoding import CASE_JSON, SOURCES, Encoded
from bayesdx.batch.scoring import arrow
from bayesdx.cells import is_missing, shown
from bayesdx.errors import InputError
from bayesdx.formats.case_table import Encoder
from bayesdx.formats.proven_table import proven
from bayesdx.formats.table import cells_of, json_row
from bayesdx.network import Network

#: Said of a row that does not state what was proven.
UNPROVEN = "no diagnosis; evaluate needs the proven one"


def parted(batch: Any, encoder: Encoder) -> tuple[Any, list[object]]:
    """The batch, as ``read_part`` gives it, without the target, and what each row says of it: None for nothing."""
    pa = arrow()
    target, names = str(encoder.network.target), batch.schema.names
    own = {name: batch.column(name) for name in SOURCES if name in names}
    if CASE_JSON in names:
        texts = cells_of(batch.column(CASE_JSON))
        pairs = [_taken(json_row(str(text)), target, str(text)) for text in texts]
    elif "findings" in names and "findings" not in encoder.network:
        pairs = [_taken(row, target, None) for row in _rows(batch, own)]
    elif encoder.export.holds(dict.fromkeys(names)):
        return batch, [_exported(row, encoder) for row in _rows(batch, own)]
    elif target in names:
        return batch.drop_columns([target]), cells_of(batch.column(target))
    else:
        return batch, [None] * batch.num_rows
    return pa.record_batch({**own, CASE_JSON: pa.array([text for text, _ in pairs])}), [told for _, told in pairs]


def _rows(batch: Any, own: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    cells = {name: cells_of(batch.column(name)) for name in batch.schema.names if name not in own}
    for row in zip(*cells.values(), strict=True):
        yield dict(zip(cells, row, strict=True))


def _taken(row: Mapping[str, object] | InputError, target: str, text: str | None) -> tuple[str, object]:
    """A case as JSON without what it says of the target, and that; ``text`` where it says nothing."""
    if isinstance(row, InputError):
        return text or "", None
    inside = row.get("findings")
    within = isinstance(inside, Mapping) and target in inside
    if text is not None and not within and target not in row:
        return text, None
    rest = {key: value for key, value in row.items() if key != target}
    told = row.get(target)
    if isinstance(inside, Mapping) and within:
        told = inside[target] if is_missing(told) else told
        rest["findings"] = {key: value for key, value in inside.items() if key != target}
    return json.dumps(rest, default=str), told


def _exported(row: Mapping[str, object], encoder: Encoder) -> object:
    try:
        return encoder.export.plain(row).get(str(encoder.network.target))
    except InputError:  # which is said of the row when it is encoded
        return None


def reader_of(encoder: Encoder) -> Encoder:
    """Reads cells of the target as ``learn`` does: as those of one more finding."""
    return Encoder(replace(encoder.network, target=None), encoder.vocabulary)


def truths(told: Sequence[object], network: Network, reader: Encoder, encoded: Encoded) -> NDArray[np.intp]:
    """The proven state (n,) of each row; a row that states none, or no state alone, is refused.

    ``network`` has the target, ``reader`` is that of ``reader_of``.
    """
    known: dict[tuple[type, object], int | str] = {}
    found = np.zeros(len(told), dtype=np.intp)
    faults: dict[str, list[int]] = {}
    for i, value in enumerate(told):
        plain = isinstance(value, Hashable) and not is_missing(value)
        state = known.get((type(value), value)) if plain else None
        if state is None:
            state = _state(value, network, reader)
            if plain:
                known[type(value), value] = state
        if isinstance(state, str):
            faults.setdefault(state, []).append(i)
        else:
            found[i] = state
    for message, rows in faults.items():
        mask = np.zeros(len(told), dtype=bool)
        mask[rows] = True
        encoded.refuse(mask, message)
    return found


def _state(value: object, network: Network, reader: Encoder) -> int | str:
    """The number of the state that a cell proves, or what is wrong with it."""
    target = str(network.target)
    try:
        _, code, weights, warnings = reader.cell(target, proven(value, network))
    except InputError as error:
        return str(error)
    if weights is not None:
        return f"the proven '{target}' {shown(value)} is not one state"
    return code if code >= 0 else next(iter(warnings), UNPROVEN)
