"""The answers of a template: *oedema - none*, *dural tail (-)*, *syrinx no*."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bayesdx.reading.tokens import HYPHENS, Token

_SIGNS = {"-": "negative", "–": "negative", "−": "negative", "+": "positive"}
_DASHES = HYPHENS | {"—", "?"}
#: So many dots lead from a label to its answer: *oedema.....none*.
_LEADER = "....."
_ENDS = frozenset((",", ";", ")", "."))
#: Without one of these, and without an answer, a sentence has no label.
_MARKS = _DASHES | {"(", ":"}
_CHOICES = (frozenset("yn"), frozenset(("yes", "no")), frozenset(("present", "absent")))
_SEEN = ("seen", "identified", "noted", "detected")


def answered(tokens: Sequence[Token], answers: Collection[str], no_labels: Collection[str]) -> list[Token]:
    """The tokens with a colon before each answer that stands behind its label, and signs as words.

    ``answers`` are the words for one; a bare one is an answer where its part of the sentence ends with it, and none
    of ``no_labels`` stands before it (*is negative*).
    """
    words = {token.norm for token in tokens}
    marked = not words.isdisjoint(_MARKS) or any(word.startswith(_LEADER) for word in words)
    if not marked and words.isdisjoint(answers):
        return list(tokens)
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token, *others = tokens[at : at + 3]
        following = [one.norm for one in others]
        sign = _SIGNS.get(following[0], "") if following else ""
        labelled = bool(found) and found[-1].norm[0].isalnum()
        if labelled and (past := _choice(tokens, at)):
            at = past
            continue
        if labelled and token.norm == "(" and following[1:] == [")"] and (sign or following[0] in answers):
            word, end = others
            found += [token._replace(norm=":"), word._replace(norm=sign or word.norm), end._replace(norm=",")]
            at += 3
            continue
        if token.norm == ":" and sign and (at + 2 == len(tokens) or following[1] in _ENDS):
            found += [token, others[0]._replace(norm=sign)]
            at += 2
            continue
        leads = token.norm.startswith(_LEADER)
        if labelled and following and (leads or token.norm in _DASHES):
            if following[0] == "ve" and token.norm in _SIGNS:
                found += [token._replace(norm=":", end=token.start), token._replace(norm=_SIGNS[token.norm])]
                at += 2
                continue
            spaced = token.start > found[-1].end or token.norm == "?"
            if leads or (spaced and following[0] in answers and _ends(tokens, at + 2)):
                token = token._replace(norm=":")
        elif labelled and token.norm in answers and found[-1].norm not in no_labels and _ends(tokens, at + 1):
            found.append(Token(":", token.start, token.start))
        found.append(token)
        at += 1
    return found


def _choice(tokens: Sequence[Token], at: int) -> int:
    """Where the choices end that a form offers behind a label, *(Y/N)*; 0 where it offers none."""
    norms = [one.norm for one in tokens[at : at + 5]]
    offered = len(norms) == 5 and norms[0] == "(" and norms[2] == "/" and norms[4] == ")"
    return at + 5 if offered and frozenset((norms[1], norms[3])) in _CHOICES else 0


def _ends(tokens: Sequence[Token], at: int) -> bool:
    """Whether a part of the sentence ends before ``at``, but for *seen*."""
    at += at < len(tokens) and tokens[at].norm in _SEEN
    return at == len(tokens) or tokens[at].norm in _ENDS
