"""The JSON of ``marginals`` (schema marginals/1), and the answer lines of the UAI competitions."""

from __future__ import annotations

from bayesdx.analyses.marginals.numbers import ModelMarginals


def to_dict(result: ModelMarginals) -> dict[str, object]:
    """The object that ``bayesdx marginals --json`` prints."""
    passes = result.passes
    return {
        "schema": "marginals/1",
        "model": result.name,
        "kind": result.graph.kind,
        "evidence": {f"x{v}": state for v, state in result.evidence.items()},
        "marginals": {f"x{v}": found.tolist() for v, found in enumerate(result.marginals)},
        "log_z": result.log_z,
        "induced_width": passes.width,
        "multiplications": passes.flops,
        "bytes": passes.bytes,
        "passes": passes.slices,
        "warnings": list(result.graph.warnings),
    }


def uai_text(result: ModelMarginals) -> str:
    """The answer as the competitions of 2010 to 2014 want it: MAR, then the variables, each with its numbers."""
    rows = (" ".join((str(len(found)), *(f"{p:.9g}" for p in found))) for found in result.marginals)
    return " ".join(("MAR\n" + str(len(result.marginals)), *rows)) + "\n"
