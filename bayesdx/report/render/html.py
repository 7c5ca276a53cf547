"""Sections as HTML: for a page that stands alone, and for notebooks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from bayesdx.report.blocks import (
    DISCLAIMER,
    AnyCell,
    Bar,
    Block,
    Bullets,
    Cell,
    Entries,
    Figure,
    Lines,
    Page,
    Paragraph,
    References,
    Section,
    Sentence,
    Table,
    Track,
)
from bayesdx.report.render.svg import svg

_MARK = re.compile(r"\[(\d+)\]")

STYLE = """
:root { color-scheme: light; }
body { font: 10.5pt/1.45 "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif; color: #1b1f24;
  max-width: 48rem; margin: 2rem auto; padding: 0 1.25rem; background: #fff; }
header { border-bottom: 2.5px solid #1f4e79; padding-bottom: .6rem; margin-bottom: 1rem; }
header h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 .2rem; color: #1f4e79; }
header p { margin: 0; color: #4a5560; }
.notice { border: 1px solid #b9770e; border-left-width: 5px; background: #fdf6e7; padding: .35rem .7rem;
  margin: .9rem 0; font-weight: 600; }
.warning { border-left: 5px solid #b03a2e; background: #fbeeec; padding: .35rem .7rem; margin: .5rem 0; }
h2 { font-size: 12.5pt; color: #1f4e79; border-bottom: 1px solid #c9d3dc; padding-bottom: .15rem;
  margin: 1.6rem 0 .5rem; break-after: avoid; }
h3 { font-size: 11pt; margin: 1.1rem 0 .35rem; break-after: avoid; }
p { margin: .4rem 0; }
ul { margin: .3rem 0 .6rem; padding-left: 1.15rem; }
li { margin: .3rem 0; break-inside: avoid; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 .8rem; font-size: 9.5pt; }
th { text-align: left; vertical-align: bottom; border-bottom: 1.5px solid #1b1f24; padding: .2rem .55rem .2rem 0;
  font-weight: 600; }
td { border-bottom: 1px solid #dfe5ea; padding: .2rem .55rem .2rem 0; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr { break-inside: avoid; }
figure { margin: .7rem 0 .9rem; break-inside: avoid; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { font-size: 9pt; color: #4a5560; margin-top: .15rem; }
a { color: #1f4e79; text-decoration: none; }
sup { line-height: 0; font-size: 75%; }
small.sources { display: block; font-size: 8.5pt; line-height: 1.35; color: #4a5560; }
.references { columns: 2; column-gap: 1.6rem; padding-left: 1.6rem; }
.references li { font-size: 8pt; line-height: 1.3; margin: .15rem 0; overflow-wrap: anywhere; }
footer { border-top: 1px solid #c9d3dc; margin-top: 1rem; padding-top: .3rem; font-size: 8pt; color: #4a5560; }
@page { size: A4; margin: 16mm 15mm 18mm; }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 9.5pt; } a { color: inherit; }
  .notice, .warning, figure svg { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
""".strip()


def fragment(page: Page) -> str:
    """A page for a notebook: its sections, warnings and the disclaimer."""
    warnings = "".join(f'<p class="warning">{escape(warning)}</p>' for warning in page.warnings)
    small = f"<p><small>{DISCLAIMER}</small></p>" if page.disclaimer else ""
    return f"{sections_html(page.sections, level=4)}{warnings}{small}"


def whole(
    title: str,
    sections: Sequence[Section],
    warnings: Sequence[str],
    about: str = "",
    notice: str = "",
    style: str = "",
) -> str:
    """A whole page that needs nothing beside itself: no script, no address to load from.

    ``about`` stands below the title and at the foot, ``notice`` above the warnings; ``style`` adds rules.
    """
    said = f"<p>{escape(about)}</p>\n" if about else ""
    told = "".join(
        f'<p class="{kind}">{escape(words)}</p>\n'
        for kind, words in (*((("notice", notice),) if notice else ()), *(("warning", one) for one in warnings))
    )
    foot = " · ".join(["bayesdx", *([about] if about else []), DISCLAIMER])
    body = (
        f"<header>\n<h1>{escape(title)}</h1>\n{said}</header>\n{told}"
        f"<main>\n{sections_html(sections)}\n</main>\n<footer>{escape(foot)}</footer>"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}{style}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def sections_html(sections: Sequence[Section], level: int = 2) -> str:
    """Sections with headings of the given level; citations such as [3] become links to ``#ref-3``."""
    parts = []
    for section in sections:
        if section.blocks:
            blocks = "\n".join(map(block_html, section.blocks))
            title = f"<h{level}>{escape(section.title)}</h{level}>\n" if section.title else ""
            parts.append(f"<section>\n{title}{blocks}\n</section>")
    return "\n".join(parts)


def block_html(block: Block) -> str:
    """One block; everything but the pictures is escaped."""
    match block:
        case Paragraph(words):
            return f"<p>{inline(words)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{_sentence(item)}</li>\n" for item in items) + "</ul>"
        case Lines(items):
            return "".join(f"<p>{''.join(map(_cell, line))}</p>" for line in items)
        case Entries(rows):
            listed = "".join(f"<dt>{escape(name)}</dt><dd>{_said(words)}</dd>" for name, words in rows)
            return f"<dl>{listed}</dl>"
        case Table():
            return _table(block)
        case Figure(chart, caption, _):
            return f"<figure>{svg(chart)}<figcaption>{escape(caption)}</figcaption></figure>"
        case References(items):
            listing = "".join(f'<li id="ref-{i}">{escape(item)}</li>\n' for i, item in enumerate(items, 1))
            return f'<ol class="references">\n{listing}</ol>'


def _table(block: Table) -> str:
    right = block.right
    title = "" if block.title is None else f"<caption>{_cell(block.title)}</caption>"
    heads = "".join(f"<th{_number(i, right)}>{inline(cell)}</th>" for i, cell in enumerate(block.heads))
    notes = block.notes or ((),) * len(block.rows)
    rows = []
    for row, note in zip(block.rows, notes, strict=True):
        rows.append("".join(f"<td{_number(i, right)}>{_cell(cell)}</td>" for i, cell in enumerate(row)))
        said = " ".join(_cell(cell) for cell in note if not isinstance(cell, Track)).strip()
        if said:
            rows.append(f'<td colspan="{len(row)}"><small class="sources">{said}</small></td>')
    body = "".join(f"<tr>{cells}</tr>\n" for cells in rows)
    below = f"<p>{'<br>'.join(map(inline, block.below))}</p>" if block.below else ""
    head = f"<thead><tr>{heads}</tr></thead>\n" if any(block.heads) else ""
    return f"<table>\n{title}{head}<tbody>\n{body}</tbody>\n</table>{below}"


def _said(words: str | Sequence[str | Cell]) -> str:
    return inline(words) if isinstance(words, str) else "".join(map(_cell, words))


def _cell(cell: AnyCell) -> str:
    match cell:
        case Cell(words, "strong" | "leads"):
            return f"<strong>{inline(words)}</strong>"
        case Cell(words):
            return f"<em>{inline(words)}</em>"
        case Bar():
            return _strip(0.0, 10 * min(max(cell.share, 0.0), 1.0), height=0.8)
        case Track(low, high):
            return _strip(10 * min(low, high), 10 * max(abs(high - low), 0.01), height=0.3)
        case _:
            return inline(cell)


def _strip(start: float, width: float, height: float) -> str:
    """A bar of some ems in a line of ten; without a style of its own, which a strict page would not let through."""
    shape = f'<rect x="{start:.2f}em" width="{width:.2f}em" height="100%" fill="#2f6f9f"/>'
    return f'<svg class="strip" width="10em" height="{height}em" aria-hidden="true">{shape}</svg>'


def inline(words: str) -> str:
    """Escaped text with numbered citations as links."""
    return _MARK.sub(r'<sup><a href="#ref-\1">\1</a></sup>', escape(words, quote=False))


def _sentence(sentence: Sentence) -> str:
    sources = f' <small class="sources">{inline(sentence.sources)}</small>' if sentence.sources else ""
    return inline(sentence.claim) + sources


def _number(column: int, right: Sequence[int]) -> str:
    return ' class="number" align="right"' if column in right else ""
