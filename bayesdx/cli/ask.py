"""``bayesdx ask``: the findings of a case, asked one by one, the most informative first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import (
    Asked,
    Number,
    case_parameters,
    certain_option,
    costs_option,
    worth_option,
)
from bayesdx.cli.output import echo_json, with_codes
from bayesdx.errors import InputError
from bayesdx.files import standard_input

if TYPE_CHECKING:
    from bayesdx.analyses.ask.numbers import Questionnaire
    from bayesdx.case import Case

Say = Callable[[str], None]
Read = Callable[[], str | None]

SKIP = ("", "skip", "unknown")
STOP = ("done", "quit", "exit")


@click.command("ask", epilog="Example: bayesdx ask -f level=cervical --age 68 --save case.yaml")
@case_parameters
@click.option("--save", metavar="FILE", help="Where to save the case (.yaml or .json).")
@costs_option("YAML file of examination or finding: cost; asks by bits per cost.")
@certain_option("A diagnosis this probable ends the questions.")
@click.option(
    "--information",
    type=Number(0),
    default=0.01,
    show_default=True,
    help="Bits that a question must be expected to bring.",
)
@worth_option("Bits that it must bring per unit of cost.")
def command(
    asked: Asked,
    as_json: bool,
    save: str | None,
    costs: str | None,
    certain: float,
    information: float,
    worth: float,
) -> None:
    """Ask for the findings of a case, the most informative first.

    CASE is where to start from; without it, and without -f, from nothing. Every answer moves the differential. It
    stops when a diagnosis is certain enough, when nothing that is left is worth asking, on 'done', or at the end
    of the input. With --json the conversation goes to stderr and its outcome to stdout.
    """
    from bayesdx.analyses.ask.page import closing, opening
    from bayesdx.analyses.what_if.numbers.sequence import StoppingRules
    from bayesdx.case import Case, case_from_mapping
    from bayesdx.formats.case_file import check_writable, write_case
    from bayesdx.report.render.text import section

    coded = with_codes(as_json)
    if save is not None:
        check_writable(save)  # before the questions, not after the answers
    if asked.path == "-":
        raise InputError("standard input holds the answers: give the case as a file, or its findings with -f")

    def say(text: str) -> None:
        click.echo(text, err=as_json)

    read = _reader(as_json)
    named = asked.named()
    case = asked.case(named) if asked.path is not None or asked.changes else Case(place="answers")
    if named is None:
        case = _with_level(case, say, read)
    model = asked.model(case, named)
    rules = StoppingRules(certain, information, worth)
    start = model.questionnaire(case, rules=rules, costs=model.costs(costs))
    say(section(opening(start)))
    end = _converse(start, say, read)
    if save is not None:
        write_case(save, case_from_mapping(end.case, save))
    say("\n" + section(closing(end, save)))
    if as_json:
        echo_json({**end.to_dict(**coded), "saved": save})


def _reader(err: bool) -> Read:
    """Read one line after a prompt; None at the end of the input. What is piped in is shown like what is typed.

    Raises InputError when standard input is closed.
    """
    standard_input()

    def read() -> str | None:
        click.echo("> ", nl=False, err=err)
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            raise InputError("standard input: is not a text (UTF-8)") from None
        if not line:
            click.echo("", err=err)
            return None
        if not sys.stdin.isatty():
            click.echo(line.rstrip("\r\n"), err=err)
        return line.strip()

    return read


def _with_level(case: Case, say: Say, read: Read) -> Case:
    """Ask for the level, which chooses the network, when the case does not state it."""
    from bayesdx.analyses.ask.page import HELP, asked
    from bayesdx.catalogue import shipped_levels
    from bayesdx.formats.answers import parse_answer
    from bayesdx.formats.case_file import with_changes
    from bayesdx.network import Variable
    from bayesdx.report.render.text import section

    if "level" in case.findings:
        return case
    level = Variable("level", shipped_levels(), "Level of the lesion")
    say(section(asked("", level.label, ", which chooses the network", level, level.states)))
    while True:
        line = read()
        if line is None or line.lower() in (*SKIP, *STOP):
            return case
        if line == "?":
            say(HELP)
            continue
        try:
            return with_changes(case, {"level": parse_answer(line, level, level.states)})
        except InputError as error:
            say(click.wrap_text(f"! {error}", 79, "", "  "))


def _converse(start: Questionnaire, say: Say, read: Read) -> Questionnaire:
    """Ask until stopped; every change of the differential is shown."""
    from bayesdx.analyses.ask import page as shown
    from bayesdx.formats.answers import parse_answer
    from bayesdx.report.blocks import Section
    from bayesdx.report.render.text import section

    now, asked = start, None
    while (value := now.next) is not None:
        if asked is not now:
            say("\n" + section(shown.prompt(value, len(now.answers) + 1)))
            asked = now
        line = read()
        if line is None:
            return now
        offered = shown.offered_states(value)
        word = line.lower()
        if word in map(str.lower, offered):
            word = "a state"  # which comes before a command of the same name
        try:
            if word in STOP:
                return now
            if word in ("?", "help"):
                say(shown.HELP)
            elif word == "why":
                say(section(shown.why(value, now)))
            elif word in SKIP:
                now = now.answered(value, None)
            elif word == "undo":
                now, before = now.undone(), now
                say(section(Section("", (shown.differential(now, before),))))
            else:
                stated = parse_answer(line, value.variable, offered)
                now, before = now.answered(value, stated), now
                say(section(Section("", (shown.differential(now, before),))))
        except InputError as error:
            say(click.wrap_text(f"! {error}", 79, "", "  "))
    return now
