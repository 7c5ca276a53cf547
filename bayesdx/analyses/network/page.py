"""The page of ``networks show``."""

from __future__ import annotations

from collections.abc import Iterable

from bayesdx.analyses.network.numbers import LISTED, NetworkDescription
from bayesdx.codes import ANY, SYSTEMS, Code, codes_of
from bayesdx.document import NetworkDocument
from bayesdx.network import Array, Network, Variable
from bayesdx.report.blocks import Block, Cell, Lines, Page, Paragraph, Section, Table
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import clipped

NO_CODE = "no standard code"
_LEARNT = ("cases", "variable", "given", "before", "seen", "expected counts")


def page(result: NetworkDescription, *, learnt: bool = False, codes: bool = False) -> Page:
    """Diagnoses with their priors, findings with their states, prior sets with their populations.

    Or, of a network that has ``learnt``, the counts that came from cases; or the standard ``codes``.
    """
    if learnt:
        return _learnt(result)
    if codes:
        return _codes(result.document.network)
    document, network = result.document, result.document.network
    version = f" {network.version}" if network.version else ""
    size = f"{len(network.variables)} variables, {network.parameter_count} parameters"
    blocks: list[Block] = [
        Lines(((Cell(network.label or network.id), f" ({network.id}{version})"), (size,))),
        *_prior_sets(document),
    ]
    findings = tuple((v.id, v.examination or v.kind, ", ".join(v.states)) for v in network.findings)
    blocks.append(Table(("finding", "seen in", "states"), findings))
    latent = tuple((_latent(v, document),) for v in network.variables if v.kind == "latent")
    if latent:
        blocks.append(Lines(latent, verbatim=True))
    if document.vocabulary:
        unused = ", ".join(f"{name} ({', '.join(states)})" for name, states in document.vocabulary.items())
        blocks.append(Lines(((f"Not used by this network: {unused}",),), 2))
    return Page(None, (Section("", tuple(blocks)),), document.warnings)


def _learnt(result: NetworkDescription) -> Page:
    network = result.document.network
    head = Lines(((Cell(network.label or network.id), f" ({network.id} {network.version})"),))
    if not network.learnt:
        return Page(None, (Section("", (head, Paragraph("It has learnt from no cases."))),))
    rows = tuple(
        (
            clipped(one.name, 12),
            clipped(one.variable, 22),
            clipped(", ".join(state for _, state in one.given), 22),
            f"{one.before:.1f}",
            f"{one.held:.1f}",
            _largest(network.variable(one.variable), one.counts),
        )
        for one in result.learnt
    )
    return Page(None, (Section("", (head, Table(_LEARNT, rows, (3, 4)))),))


def _largest(variable: Variable, counts: Array) -> str:
    """The expected counts, the largest first, as many as there is room for."""
    order = sorted(range(len(counts)), key=lambda i: -counts[i])
    return clipped(", ".join(f"{variable.states[i]} {counts[i]:.1f}" for i in order if counts[i] >= LISTED), 32)


def _codes(network: Network) -> Page:
    """The codes of the diagnoses, the findings and their states, and under which notice they stand."""
    met: set[str] = set()

    def written(codes: Iterable[Code]) -> str:
        codes = tuple(codes)
        met.update(code.system for code in codes)
        return ", ".join(f"{code} {code.display}".rstrip() for code in codes)

    blocks: list[Block] = [Lines(((Cell(network.label or network.id), f" ({network.id} {network.version})"),))]
    if network.target:
        target = network.variable(network.target)
        rows = tuple((state, written(codes_of(target.id, state)) or NO_CODE) for state in target.states)
        blocks.append(Table((target.id, "codes"), rows))
    findings: list[tuple[str, str]] = []
    for v in network.findings:
        findings.append((v.id, written(codes_of(v.id)) or NO_CODE))
        for state in v.states:
            own = [code for code in codes_of(v.id, state) if code not in codes_of(ANY, state)]
            findings += [(f"  {state}", written(own))] if own else []
    everywhere = dict.fromkeys(state for v in network.findings for state in v.states if codes_of(ANY, state))
    findings += [(f"{state}, of any finding", written(codes_of(ANY, state))) for state in everywhere]
    blocks.append(Table(("finding, state", "codes"), tuple(findings)))
    blocks.append(Paragraph(f"{NO_CODE.capitalize()}: none was found that means exactly the same."))
    systems = tuple((one.name, one.notice) for key, one in SYSTEMS.items() if key in met)
    if systems:
        blocks.append(Table(("system", "notice"), systems))
    return Page(None, (Section("", tuple(blocks)),))


def _prior_sets(document: NetworkDocument) -> list[Table]:
    network, priors = document.network, list(document.prior_sets.values())
    tables = []
    if priors:
        tables.append(Table(("prior set", "population"), tuple((p.name, p.population) for p in priors)))
    if network.target:
        target = network.variable(network.target)
        rows = tuple(
            (state, target.state_label(i), *(percent(float(p.probabilities[i])) for p in priors))
            for i, state in enumerate(target.states)
        )
        heads = (target.id, "", *(p.name for p in priors))
        tables.append(Table(heads, rows, tuple(range(2, 2 + len(priors)))))
    return tables


def _latent(variable: Variable, document: NetworkDocument) -> str:
    children = ", ".join(document.network.children[variable.id])
    return f"Hidden: {variable.id} ({', '.join(variable.states)}), behind {children}"
