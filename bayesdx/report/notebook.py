"""How answers look in a notebook."""

from __future__ import annotations

from html import escape

from bayesdx.analyses.query.numbers.differential import QueryResult
from bayesdx.analyses.query.page import interval
from bayesdx.report.render.terminal import DISCLAIMER, percent


def differential_html(result: QueryResult) -> str:
    """The ranked diagnoses as an HTML table, for notebooks."""
    rows = "".join(
        f"<tr><td>{escape(row.label)}</td><td style='text-align:right'>{percent(row.probability)}</td>"
        f"<td><div style='background:#4c78a8;height:0.8em;width:{row.probability * 10:.2f}em'></div></td>"
        f"<td>{escape(interval(row))}</td><td style='text-align:right'>{percent(row.prior)}</td></tr>"
        for row in result.posterior
    )
    notes = "".join(f"<p>{escape(warning)}</p>" for warning in result.warnings)
    heads = "".join(f"<th>{head}</th>" for head in ("diagnosis", "", "", "95% interval", "prior"))
    return f"<table><tr>{heads}</tr>{rows}</table>{notes}<p><small>{DISCLAIMER}</small></p>"
