"""Numbers in words."""

from __future__ import annotations

#: From 0 and from 1, a share up to this far is not told by one decimal: 0.0005, and what rounding adds to it.
_EDGE = 0.0005 + 1e-12
#: What is nearer to 1 differs from it by rounding.
_ROUNDING = 1e-12


def percent(probability: float) -> str:
    """A probability as a percentage with one decimal; what would round to 0 or 100 keeps its side of it.

    >>> percent(0.41234), percent(0.0005), percent(0.9995), percent(0.0), percent(1 - 1e-16)
    ('41.2%', '<0.1%', '>99.9%', '0%', '100%')
    """
    if probability == 0.0 or probability > 1.0 - _ROUNDING:
        return f"{probability:.0%}"
    if probability < _EDGE:
        return "<0.1%"
    return ">99.9%" if 1.0 - probability < _EDGE else f"{probability:.1%}"


def bits(information: float, error: float = 0.0) -> str:
    """Information in bits, three decimals, with a standard error that does not round to nothing.

    >>> bits(0.1234), bits(0.1234, 0.004), bits(0.1234, 0.0004), bits(0.0002), bits(0.0)
    ('0.123', '0.123 ± 0.004', '0.123', '<0.001', '0')
    """
    if information <= 1e-12:
        return "0"
    shown = f"{information:.3f}" if information >= 0.0005 else "<0.001"
    return f"{shown} ± {error:.3f}" if error >= 0.0005 else shown


def simulated(share: float, error: float) -> str:
    """A percentage with its standard error, where that does not round to nothing.

    >>> simulated(0.41234, 0.011), simulated(0.0, 0.0), simulated(1.0, 0.0)
    ('41.2% ± 1.1%', '0%', '100%')
    """
    return f"{percent(share)} ± {error:.1%}" if error >= 0.0005 else percent(share)


def rows(n: int) -> str:
    """How many rows.

    >>> rows(1), rows(1234)
    ('1 row', '1,234 rows')
    """
    return f"{n:,} {'row' if n == 1 else 'rows'}"


def more_wrong(n: int) -> str:
    """How many rows are wrong beside those that are shown.

    >>> more_wrong(1), more_wrong(1234)
    ('… 1 more row that is wrong', '… 1,234 more rows that are wrong')
    """
    return f"… {n:,} more {'row that is' if n == 1 else 'rows that are'} wrong"


def span(low: float, high: float) -> str:
    """An interval of probabilities.

    >>> span(0.02, 0.5)
    '2.0% – 50.0%'
    """
    return f"{percent(low)} – {percent(high)}"
