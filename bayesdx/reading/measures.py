"""What a report says in numbers: lengths, ages, durations, vertebrae."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

_N = r"\d+(?:[.,]\d+)?"
_UNIT = r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?)\b"
#: Which dimension it is: *5.1 (AP) x 3.8 (TR) cm*, *AP 51 x TR 38 mm*.
_DIMENSION = r"\(?\b(?:cc|ap|trv?|transverse|ml|si|lr|rl)\b\)?"
_AXIS = rf"(?:\s*{_DIMENSION})?"
_ONE = rf"({_N}){_AXIS}[\s—–-]*({_UNIT})?{_AXIS}"
_BY = rf"(?:\s*(?:x|×|\*|by)\s*(?:{_DIMENSION}[\s:]*)?{_ONE})?"
_LENGTH = re.compile(rf"(?<![\w.,]){_ONE}{_BY}{_BY}", re.IGNORECASE)
#: What stands after or before a number that is a distance, or of the scan.
_NOT_AFTER = re.compile(
    r"\s*(?:-?\s*thick|slice|section|interval|gap|from|away|distal|proximal|above|below|inferior|superior|"
    r"(?:of )?(?:shift|disp)|midline|isotropic|collimation|margin|deep to|anterior to|posterior to|lateral to|"
    r"syrinx|syringo|hydromyelia|(?:previously|earlier|before)\b|in (?:19|20)\d\d|"
    r"needle|catheter|incision|screw|/\s*(?:h|hr|hour|s|min)\b|per hour|in the first hour)",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"(?:(?:(?<!maximum )(?<!maximal )(?<!max )thickness|field of view|fov|slices?|sections?(?! ct)|"
    r"collimation|shift|displac\w+|lumen)\W+(?:\w+\W+){0,3}|distance\W+(?:\w+\W+){0,6}|"
    r"(?:dural tail|syrinx|depth of|ventricles measur\w+)[^\w,]+(?:\w+[^\w,]+)?|"
    r"(?:decreas|increas|grew|grow|enlarg|shr[aiu]nk|reduc|regress)\w*\W+(?:\w+\W+){0,2}from\W+|"
    r"(?:compared (?:with|to)|previously|formerly|earlier)\W+(?:(?:measured|measuring|was|of)\W+)?|"
    r"(?:esr|sedimentation rate)\W+(?:(?:of|was|is|at)\W+)?|"
    r"canal[^\w,]+(?:(?:diameter|width|measur\w+|was|is|of|to|only|about|just|narrowed|reduced|ap|at|this|level)\W+){0,8})$",
    re.IGNORECASE,
)
#: Before a length that the lesion does not reach, or exceeds: it is taken as this much less or more, in mm.
_BELOW = re.compile(r"(?:<|\b(?:less|smaller) than|\bunder|\bbelow)\s*$", re.IGNORECASE)
_ABOVE = re.compile(r"(?:>|\b(?:more|larger|greater) than|\bover|\bexceeding|\bexceeds)\s*$", re.IGNORECASE)
_NEXT = 0.1
#: Most sentences hold none, and so no age, length or vertebra.
_DIGIT = re.compile(r"\d")
_AGE = re.compile(
    r"(?<![\w.-])(?:(\d{1,3})[\s-]*(?:years?|yrs?|y)[\s/-]*(?:of age\b|old\b|o\b)|(\d{1,3})[\s-]*(?:y[./]?\s?o)\b|"
    r"(\d{1,2})[\s-]*(months?|weeks?|days?)[\s-]*old\b|"
    r"(?<!since )(?<!from )\b(?:aged?|age:)\s*(?:of\s*)?(\d{1,3})\b(?!\s*-?\s*(?:months?|weeks?|days?))|"
    r"(\d{1,3})\s?([MF])\b(?![\w/-])|"
    r"(?<!since )(?<!from )\b(?:age|age\s*/\s*sex|sex\s*/\s*age)\s*[:=]?\s*(?:[MF]\s*/\s*)?(\d{1,3})\b|"
    r"\b[MF][\s/,]{1,3}(\d{2})\b(?!\s*(?:mm|cm|x))|"
    r"(\d{1,3})\s*(?:years?|yrs?|y\.?)\s*[/, ]\s*(?:[MF]|(?:fe)?male)\b|"
    r"(\d{1,3})\s*y,\s*(?:(?:wo)?man|boy|girl|lady|gentleman)\b|"
    r"\b(?:[MF]|(?:fe)?male|(?:wo)?man|boy|girl)\s*/\s*(\d{1,3})\s*(?:yrs?|y)\b(?!\s+of)|"
    r"(\d{1,3})\s*/\s*[MF]\b|"
    r"(\d{1,3})\s+(?:(?:fe)?male|(?:wo)?man)(?=\s*[,.;]|\s+(?:with|presents|presented|presenting|who|c/o|complain))|"
    r"\b(?:(?:fe)?male|(?:wo)?man|lady|gentleman),?\s+(\d{1,3})(?=\s*[,.;])|\b(?:s?he is|now) (\d{1,3})(?=\s*,)|"
    r"\b(?:(?:wo)?man|lady|gentleman) of (\d{1,3})(?=\s+(?:with|who|presents|presented))|"
    r"\bM(?:r|rs|s)\.?\s+\w+\.?,\s*(\d{1,3})(?=\s*(?:years|y)\b)|"
    r"\b(?:child|student|patient|teenager|(?:wo)?man|boy|girl|lady|gentleman|(?:fe)?male)(?:,| of| \()\s*"
    r"(\d{1,3})\s*(?:years|yrs?|y\.?)(?=\s*(?:[,.;)]|of age\b|$)))",
    re.IGNORECASE,
)
#: *Aged 18 months*.
_YOUNG = re.compile(r"\baged?\s*:?\s*(?:of\s*)?(\d{1,2})[\s-]*(month|week|day)s?\b", re.IGNORECASE)
#: After an age: it is that of another person.
_RELATIVE = re.compile(
    r"\W{1,3}(?:brother|sister|wife|husband|mother|father|son|daughter|aunt|uncle|cousin)\b", re.IGNORECASE
)
_SEX = re.compile(
    r"\b(?:(woman|female|girl|lady|(?-i:Mrs|Ms|Miss))|(man|male|boy|gentleman|(?-i:Mr)))\b"
    r"|\b(?:gender|sex)\s*[:=]\s*(?:(f)|(m))\b"
    r"|\b(?:\d{1,3}\s*(?:years?|yrs?|y\.?o\.?|y/o|y)?[\s/,-]{0,3}(?:(f)|(m))\b(?![\w/-]))"
    r"|(?<![\w-])(?:(f)|(m))[\s/,]{1,3}\d{2}\b(?!\s*(?:mm|cm|x))",
    re.IGNORECASE,
)
#: Most sentences hold none of these, and so no sex.
_LETTER = re.compile(r"(?<![A-Za-z])[FM](?![A-Za-z])")
_PERSONS = ("man", "male", "boy", "girl", "lady", "sex", "gender")
_TITLES = ("Mr", "Ms", "Miss")  # in capitals they are an examination (MR, MRS) or a disease
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_WORDS = {**_NUMBERS, "a": 1, "an": 1, "several": 4, "few": 3, "couple": 2, "many": 5, "half": 0.5}
#: *Sixty-four year old*, as it is dictated.
_DICTATED = re.compile(
    rf"\b({'|'.join(_NUMBERS)})(?:[\s-]({'|'.join(_NUMBERS)}))?[\s-]years?[\s-]old\b", re.IGNORECASE
)
_DAYS = {
    "hour": 1 / 24, "day": 1.0, "week": 7.0, "wk": 7.0, "month": 30.4, "mth": 30.4, "mo": 30.4, "year": 365.0,
    "yr": 365.0,
}  # fmt: skip
_UNITS = r"(hour|day|week|wk|month|mth|mo|year|yr)s?"
_AMOUNT = (
    rf"({_N}½?|½|(?<!-)(?<!and a )(?:{'|'.join(_WORDS)}))(?:\s*(?:to|-|–)\s*({_N}|{'|'.join(_WORDS)}))?"
    rf"(?:\s+(?:of|an?))?[\s-]*{_UNITS}"
)
#: After T1 or T2: it is a sequence, whatever stands before it.
_SEQUENCE = re.compile(
    r"\W{0,3}(?:signal|weight|wi?\b|imag|sequence|hyper|hypo|iso|relax|shorten|prolong|bright|dark|contrast|map)",
    re.IGNORECASE,
)
#: Before an amount of time: it is an age.
_PERSON = re.compile(
    r"\b(?:child|boy|girl|(?:wo)?man|(?:fe)?male|patient|lady|gentleman|aged?)(,?)\s*$", re.IGNORECASE
)
#: Before one of these it is how long nothing was there.
_FREE = re.compile(r"\bfree\W+$", re.IGNORECASE)
_AND_A_HALF = re.compile(r"\s+and\s+a\s+half\b", re.IGNORECASE)
#: So many days are no duration but an age.
_AN_AGE = 40 * 365
_PARTS = {"7": 1.0, "52": 7.0, "12": 30.4}
#: Most sentences hold none of these, and no duration.
_TIMES = (
    "hour", "day", "week", "wk", "month", "mth", "year", "yr",
    *(f"mo{end}" for end in (" ", ".", ",", "s ", "s.", "s,")),
    *(f"/{one}" for one in (7, 12, 52, " 7", " 12", " 52")),
)  # fmt: skip
#: After one of these an amount of time needs no other word: *headache 2 months*.
_SYMPTOM = (
    r"\b(?:pain|ache|headaches?|swelling|lump|weakness|numbness|vomiting|myelopathy|radiculopathy|pals(?:y|ies)|"
    r"\w*paresis|unsteadiness|stiffness|walking|clumsiness|neuralgia|legs|enlarging|worsening|growing|deterioration|seizures?|sciatica|diplopia|tinnitus|loss|symptoms|fever|sweats|ataxia|claudication|hoarseness|"
    r"dysphagia|brachialgia|dizziness)"
)
#: Short for days, weeks and months: *x 4/12*, *headache 3/52*, *2/12 history*.
_TWELFTHS = re.compile(
    rf"(?:(?:\b(?:x|for|since|last|past|over)|×|{_SYMPTOM},?)\s*(\d{{1,2}})\s?/\s?(7|12|52)(?![\d/])|"
    r"(?<![\w/.-])(\d{1,2})\s?/\s?(7|12|52)\s+(?:of|hx|h/o|history|duration)\b|"
    r"(?<=[a-z], )(\d{1,2})/(7|12|52)(?=\s*[,.;]|\s*$))",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b(?:(?:for|since|lasting|lasted|of|over|during|past|last|previous|preceding|within|about|approximately|"
    r"approx\.?|almost)(?:\s+(?:the|about|around|roughly|some|approximately|approx\.?|almost|nearly|more than|over|"
    r"at least|last|past|previous|preceding|a period of|duration of))*"
    rf"\s+{_AMOUNT}\b(?![\s-]*(?:ago|old|later|after|before|postop|earlier|prior))|"
    r"(?:in|over|during|for|within)\s+the\s+(?:last|past)\s+(week|month|year)\b|"
    rf"{_AMOUNT}[’']?[\s-]*(?:\w+\s+)?(?:history|duration|evolution|course|story|standing|hx|h/o)\b|"
    rf"(?:\bx|×)\s*{_AMOUNT}\b|{_AMOUNT}\s+of\b(?!\s+age\b)|(?<=, ){_AMOUNT}\b(?=\s*[,.;]|$)"
    r"(?!\s*,\s*(?:[MF]|(?:fe)?male|(?:wo)?man|boy|girl)\b)|"
    rf"{_SYMPTOM}(?:\s+|,\s*(?:roughly|about|approximately|approx\.?)\s+){_AMOUNT}\b(?=\s*(?:[,.;)]|(?:ago|back)\b)|$)|"
    rf"{_AMOUNT}[’']?\s+(?:(?!later|ago|after|before|since|post|prior|back(?!\s+pain)|earlier|of)\w+\s+){{0,3}}?{_SYMPTOM}\b|"
    rf"{_SYMPTOM}(?:\s+(?!after|following|since|post|for)\w+){{1,4}}\s+{_AMOUNT}(?=\s*(?:[.;)]|ago\b|back\b)|$)|"
    rf"duration\s*[:=]?\s*{_AMOUNT}\b|{_AMOUNT}\s+ago,?\s+(?:and\s+)?since\s+then\b|"
    r"(?:onset|since|present from|began|begun|started|starting|commenced|noticed|developed|appeared|occurred)"
    rf"[^.;]{{0,40}}?\s{_AMOUNT}\s+(?:ago|back|before|earlier|previously)\b|"
    rf"{_AMOUNT}\s+(?:before|prior\s+to)\s+(?:admission|presentation|hospitali[sz]ation|transfer)\b)",
    re.IGNORECASE,
)
_LEVELS = re.compile(
    r"(?<![A-Za-z0-9])([CTDLS])h?\s?-?\s?(\d{1,2})"
    r"(?:\s*(?:-|–|—|/|to|through|and|,|&)\s*(?:the\s+)?(?:([CTDLS])h?)?\s?-?\s?(\d{1,2})"
    r"(?!\.?\d|\s*(?:mm|cm|x|×|months|years)))?(?![A-Za-z0-9])"
)
_LARGEST = {"C": 8, "T": 12, "D": 12, "L": 6, "S": 5}
_ORDER = [f"{letter}{n}" for letter, most in (("C", 7), ("T", 12), ("L", 5), ("S", 5)) for n in range(1, most + 1)]
#: After a vertebra: a sequence follows, and no second vertebra (*mass at L4, T1 hypointense*).
_LISTED_SEQUENCE = re.compile(
    r"\s*(?:,|and|&)\s*T[12](?:\s*(?:,|and|&|/)\s*T[12])?(?:\s+(?:is|are|was))?" + _SEQUENCE.pattern, re.IGNORECASE
)
#: After T1 or T2 and before it: it is a vertebra.
_BONE = re.compile(
    r"\W{0,3}(?:vertebra|level|body|bodies|lamina|pedicle|nerve|root|spinous|foram|disc|disk|spine|cord|rib|facet|"
    r"interspace|neural|process|posterior|transverse)",
    re.IGNORECASE,
)
_AT = re.compile(
    r"(?:\bat|levels? of|level|\bof|from|between|below|above|behind|the|left|right|in|involving|vertebra)\W{0,3}$",
    re.IGNORECASE,
)


class Measure(NamedTuple):
    """A value at ``text[start:end]``; ``sure`` where the words can mean nothing else, as *68-year-old* does."""

    value: float
    start: int
    end: int
    sure: bool = True


class Vertebrae(NamedTuple):
    """How many vertebrae of each letter (C, T, L, S) a range such as *T11 to L1* covers."""

    counts: dict[str, int]
    start: int
    end: int


def lengths(text: str, start: int, end: int) -> Iterator[Measure]:
    """Lengths in mm: of several dimensions (*20 x 29 x 30.4 mm*) the largest; *less than 1 cm* is 9.9 mm."""
    if not _DIGIT.search(text, start, end):
        return
    for match in _LENGTH.finditer(text, start, end):
        numbers = [(match[i], match[i + 1]) for i in (1, 3, 5) if match[i]]
        units = [unit for _, unit in numbers if unit]
        if (
            not units
            or _NOT_AFTER.match(text[match.end() : end])
            or _NOT_BEFORE.search(text[start : match.start()])
        ):
            continue
        values = [
            float(number.replace(",", ".")) * (10.0 if (unit or units[-1]).lower().startswith("c") else 1.0)
            for number, unit in numbers
        ]
        if 0 < max(values) < 500:
            below = _BELOW.search(text, max(start, match.start() - 20), match.start())
            beyond = _ABOVE.search(text, max(start, match.start() - 20), match.start())
            yield Measure(max(values) + _NEXT * (bool(beyond) - bool(below)), match.start(), match.end())


def ages(text: str, start: int, end: int) -> Iterator[Measure]:
    """Ages in years."""
    for match in _DICTATED.finditer(text, start, end) if _holds(text, start, end, ("year",)) else ():
        if not _RELATIVE.match(text, match.end()):
            named = [_NUMBERS[word.lower()] for word in match.groups() if word]
            yield Measure(float(sum(named)), match.start(), match.end())
    if not _DIGIT.search(text, start, end):
        return
    for match in _YOUNG.finditer(text, start, end):
        yield Measure(int(match[1]) * _DAYS[match[2].lower()] / 365.0, match.start(), match.end())
    for match in _AGE.finditer(text, start, end):
        if _RELATIVE.match(text, match.end()):
            continue
        years, short, small, unit, aged, brief, sex, *others = match.groups()
        if sex and sex not in "MF":
            continue
        brief = brief or next((one for one in others if one), "")
        if small:
            value = float(int(small) * _DAYS[unit.lower().rstrip("s")] / 365.0)
        else:
            value = float(years or short or aged or brief)
        if value <= 120:
            yield Measure(value, match.start(), match.end(), bool(short or (years and "old" in match[0].lower())))


def sexes(text: str, start: int, end: int) -> Iterator[tuple[str, int, int, bool]]:
    """``female`` or ``male``, as a word or after an age (*58F*); sure where the word follows an age."""
    titled = any(title in text[start:end] for title in _TITLES)
    if not (titled or _LETTER.search(text, start, end) or _holds(text, start, end, _PERSONS)):
        return
    found = list(_SEX.finditer(text, start, end))
    aged = [one.end for one in ages(text, start, end) if one.sure] if found else []
    for match in found:
        sure = any(0 <= match.start() - age <= 30 for age in aged)
        which = next(i for i, group in enumerate(match.groups()) if group)
        letter = match.groups()[which]
        if len(letter) > 1 or letter.isupper():
            yield ("male" if which % 2 else "female"), match.start(), match.end(), sure and len(letter) > 1


def _holds(text: str, start: int, end: int, parts: Sequence[str]) -> bool:
    """Whether one of the ``parts``, in small letters, stands in ``text[start:end]``: faster than a pattern."""
    within = f"{text[start:end]} ".casefold()
    return any(part in within for part in parts)


def durations(text: str, start: int, end: int) -> Iterator[Measure]:
    """How long something has lasted, in days: *for 4 weeks*, *a 6-month history*, *x 4/12*; not *2 years ago*.

    Of a range (*3 to 4 months*) the middle.
    """
    if not _holds(text, start, end, _TIMES):
        return
    for match in _TWELFTHS.finditer(text, start, end):
        count, part = (group for group in match.groups() if group)
        yield Measure(float(count) * _PARTS[part], match.start(), match.end())
    for match in _DURATION.finditer(text, start, end):
        *amounts, unit = (group.lower() for group in match.groups() if group)
        person = _PERSON.search(text, max(start, match.start() - 12), match.start())
        if _FREE.search(text, max(start, match.start() - 12), match.start()):
            continue
        if person and (not person[1] or unit in ("year", "yr")):
            continue  # *girl, 9 yrs*, but not *woman, 3 months of pain*
        numbers = [_WORDS.get(one) or float(one.replace("½", ".5").replace(",", ".")) for one in amounts]
        half = 0.5 if _AND_A_HALF.match(text, match.end()) else 0.0
        days = (fmean(numbers or [1.0]) + half) * _DAYS[unit]
        if days < _AN_AGE:
            yield Measure(days, match.start(), match.end())


def vertebrae(text: str, start: int, end: int, signal: bool) -> Iterator[Vertebrae]:
    """Vertebrae and ranges of them.

    ``signal`` says that the sentence speaks of MR signal: T1 and T2 are then vertebrae only where another word or
    another vertebra says so.
    """
    if not _DIGIT.search(text, start, end):
        return
    for match in _LEVELS.finditer(text, start, end):
        first, low, second, high = match.groups()
        if int(low) < 1 or int(low) > _LARGEST[first]:
            continue
        if second is None and high is not None and int(high) > _LARGEST[first]:
            high = None
        last = match.end()
        if high and _LISTED_SEQUENCE.match(text, match.end(2)):
            second, high, last = None, None, match.end(2)
        other = f"{(second or first)}{high}".replace("D", "T") if high else None
        one = f"{first}{low}".replace("D", "T")
        sequences = {one, other} <= {"T1", "T2", None}
        said = _BONE.match(text[last:end]) or (not signal and _AT.search(text[start : match.start()]))
        if sequences and (not said or _SEQUENCE.match(text[last:end])):
            continue
        one = "C7" if one == "C8" else one
        other = one if other is None else "C7" if other == "C8" else other
        if one not in _ORDER or other not in _ORDER:
            continue
        a, b = sorted((_ORDER.index(one), _ORDER.index(other)))
        letters = [name[0] for name in _ORDER[a : b + 1]]
        yield Vertebrae({letter: letters.count(letter) for letter in dict.fromkeys(letters)}, match.start(), last)
