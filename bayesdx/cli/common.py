"""What commands share: the options that name a case and a network, and JSON output.

A command that asks about one case looks like this (file ``query.py``):

    @click.command("query")
    @case_command
    @click.option("--all", "show_all", is_flag=True, help="…")
    def command(model: Model, case: Case, as_json: bool, show_all: bool) -> None:
        show(model.ask("query", case), as_json, show_all=show_all)

The command computes nothing and formats nothing: the model answers, and the answer knows its JSON and its page.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import click

from bayesdx.cli.output import CODES
from bayesdx.errors import InputError, nearest

if TYPE_CHECKING:
    from bayesdx.batch.parts import Across
    from bayesdx.case import Case
    from bayesdx.model import Model

Command = TypeVar("Command", bound=Callable[..., Any])

NO_CASE = (
    "no case: give a case file, '-' for standard input, or findings such as "
    "-f level=cervical -f mr_t2_signal=hyper --age 68"
)


def network_choice(default: str) -> Callable[[Command], Command]:
    """The option ``--network``; ``default`` says which it is without."""
    files = "Shipped network, or a network file (.json, .bif, .xml, .net, .uai, .xdsl). Default: "
    return click.option("--network", "-n", metavar="NAME|FILE", help=f"{files}{default}.")


network_option = network_choice("chosen by the finding 'level'")
table_network_option = network_choice("spine")
prior_option = click.option("--prior", metavar="NAME", help="Prior set. Default: the network's own default.")
target_option = click.option("--target", metavar="VARIABLE", help="Variable to ask for in a network file.")


class Number(click.FloatRange):
    """A finite number: click lets 'nan' through every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


class Choices(click.Group):
    """A group that names the nearest of its commands when it is asked for another one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise InputError(f"no command '{args[0]}'", nearest(args[0], names, limit=len(names)))
        return super().resolve_command(ctx, args)


def costs_option(help: str) -> Callable[[Command], Command]:
    """The option ``--costs FILE``."""
    return click.option("--costs", metavar="FILE", help=help)


def certain_option(help: str) -> Callable[[Command], Command]:
    """The option ``--certain``: the probability at which a search ends."""
    return click.option("--certain", type=Number(0, 1, min_open=True), default=0.95, show_default=True, help=help)


def worth_option(help: str) -> Callable[[Command], Command]:
    """The option ``--worth``: bits that a step must bring per unit of cost."""
    return click.option("--worth", type=Number(0), default=0.0, help=help)


lexicon_option = click.option(
    "--lexicon", "lexicons", multiple=True, metavar="FILE", help="Phrases of your own, beside those that ship."
)


class Where(NamedTuple):
    """Where the parts of a cohort are done: how many processes of this machine, or which cluster."""

    workers: int | None
    cluster: str | None

    def across(self) -> Across:
        """Who does them; raises InputError for both, and for a cluster that is none."""
        from bayesdx.batch import on_cluster, processes

        if self.cluster and self.workers:
            raise InputError("--workers is for this machine: a cluster knows how many it has")
        return on_cluster(self.cluster) if self.cluster else processes(self.workers)


def where_options(of: str = "") -> Callable[[Command], Command]:
    """--workers and --on, given as ``where``; ``of`` says of what, before their help."""

    def add(command: Command) -> Command:
        @wraps(command)
        def located(*arguments: Any, workers: int | None, cluster: str | None, **options: Any) -> Any:
            return command(*arguments, where=Where(workers, cluster), **options)

        said = (f"{of}processes. Default: processors.", f"{of}do it on a cluster: spark, spark://…, dask://….")
        number, name = (f"{words[0].upper()}{words[1:]}" for words in said)
        workers = click.option("--workers", type=click.IntRange(1), metavar="N", help=number)
        cluster = click.option("--on", "cluster", metavar="CLUSTER", help=name)
        return cast("Command", workers(cluster(located)))

    return add


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def format_option(command: Command) -> Command:
    """Give a command the option ``--format``; where FHIR is asked for, a refusal is an OperationOutcome as well."""

    @wraps(command)
    def answered(**options: Any) -> Any:
        fhir = options["form"] == "fhir"
        if fhir and options["as_json"]:
            raise InputError("--json and --format fhir are two forms: choose one")
        try:
            return command(**options)
        except InputError as error:
            if fhir:
                from bayesdx.cli.output import echo_json
                from bayesdx.formats.fhir.outcome import outcome

                echo_json(outcome([error]))
            raise

    choice = click.Choice(["fhir"])
    return cast(Command, click.option("--format", "form", type=choice, help="Print a FHIR R4 resource.")(answered))


def _keep_codes(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[CODES] = value


codes_option = click.option(
    "--codes",
    is_flag=True,
    expose_value=False,
    callback=_keep_codes,
    help="With --json: also the standard codes (RadLex, NCIt, …) of diagnoses and findings.",
)


_PATH = click.argument("path", metavar="[CASE]", required=False)
_CASE_PARAMETERS = (
    click.option("--case", "case_id", metavar="ID", help="Which case, when the file holds several."),
    click.option(
        "-f",
        "pairs",
        multiple=True,
        metavar="FINDING=STATE",
        help="A finding; also 'FINDING=not STATE' or FINDING=STATE:WEIGHT,STATE:WEIGHT. Replaces that of the file.",
    ),
    click.option("--age", type=float, metavar="YEARS", help="Age in years."),
    click.option("--sex", metavar="female|male", help="Sex."),
    network_option,
    prior_option,
    target_option,
    json_option,
    codes_option,
)


class Asked(NamedTuple):
    """What the shared options say: which case, what they state beside it, and which network."""

    path: str | None
    case_id: str | None
    pairs: Sequence[str]
    age: float | None
    sex: str | None
    network: str | None
    prior: str | None
    target: str | None

    @property
    def changes(self) -> bool:
        """Whether one case of a file is named, or something stated beside it."""
        return bool(self.case_id or self.pairs or self.sex) or self.age is not None

    def named(self) -> Model | None:
        """The model of the network that is named, None when none is."""
        return load_named(self.network, self.prior, self.target)

    def model(self, case: Case, named: Model | None) -> Model:
        """The model that is named, else that of the network that covers the case's level."""
        from bayesdx.loading import load_for

        return named or load_for(case, self.prior)

    def case(self, named: Model | None) -> Case:
        """The case of the file with what the options add or replace; InputError when there is neither."""
        from bayesdx.case import case_from_mapping
        from bayesdx.formats.case_file import pick_case, read_cases

        if self.path is not None:
            return self.changed(pick_case(read_cases(self.path), self.case_id), named)
        added, stated = self._stated(named)
        if not added and not stated:
            raise InputError(NO_CASE)
        return case_from_mapping({**stated, "findings": added}, "command line")

    def changed(self, case: Case, named: Model | None) -> Case:
        """A case with what the options add or replace."""
        from bayesdx.formats.case_file import with_changes

        added, stated = self._stated(named)
        twice = next((key for key in stated if key in added), None)
        if twice is not None:
            raise InputError(f"-f {twice}: is given twice: once as --{twice}")
        return with_changes(case, {**added, **stated})

    def _stated(self, named: Model | None) -> tuple[dict[str, object], dict[str, object]]:
        """What ``-f`` states, and what ``--age`` and ``--sex`` do.

        The network that is named knows which findings have an equals sign in their name.
        """
        added = parse_findings(self.pairs, names=named.network.index if named else ())
        if self.age is not None and not math.isfinite(self.age):
            raise InputError(f"--age {self.age} is not a number of years")
        patient: dict[str, object] = {"age": self.age, "sex": self.sex}
        return added, {key: value for key, value in patient.items() if value is not None}


def case_command(command: Command) -> Command:
    """Give a command the argument CASE and the shared options; it receives ``model``, ``case``, ``as_json``."""

    @wraps(command)
    def ask(asked: Asked, **options: Any) -> Any:
        named = asked.named()
        case = asked.case(named)
        return command(model=asked.model(case, named), case=case, **options)

    return cast(Command, case_parameters(ask))


def case_parameters(command: Command) -> Command:
    """Give a command the argument CASE and the shared options; it receives what they say as ``asked``."""

    @wraps(command)
    def ask(**options: Any) -> Any:
        return command(asked=Asked(*(options.pop(field) for field in Asked._fields)), **options)

    return cast(Command, _with_parameters(ask, _PATH))


def cases_command(command: Command) -> Command:
    """As ``case_parameters``, with any number of CASE: they are ``paths``, and the first is that of ``asked``."""

    @wraps(command)
    def ask(paths: Sequence[str], **options: Any) -> Any:
        rest = (options.pop(field) for field in Asked._fields[1:])
        return command(paths=paths, asked=Asked(paths[0] if paths else None, *rest), **options)

    return cast(Command, _with_parameters(ask, click.argument("paths", metavar="[CASE]...", nargs=-1)))


def _with_parameters(command: Callable[..., Any], path: Callable[..., Any]) -> Callable[..., Any]:
    for parameter in reversed((path, *_CASE_PARAMETERS)):
        command = parameter(command)
    return command


def parse_findings(pairs: Sequence[str], option: str = "-f", names: Collection[str] = ()) -> dict[str, object]:
    """Findings of ``-f finding=state`` options; raises InputError without '=' and for a finding given twice.

    The name ends at the first equals sign that makes it one of ``names``, else at the first of all.
    """
    findings: dict[str, object] = {}
    for pair in pairs:
        parts = pair.split("=")
        ways = [("=".join(parts[:i]).strip(), "=".join(parts[i:]).strip()) for i in range(1, len(parts))]
        name, value = next((way for way in ways if way[0] in names), ways[0] if ways else ("", ""))
        if not name or not value:
            raise InputError(f"{option} {pair}: write finding=state")
        if name in findings:
            raise InputError(f"{option} {pair}: finding '{name}' is given twice")
        findings[name] = value
    return findings


def load_named(network: str | None, prior: str | None, target: str | None = None) -> Model | None:
    """The network that is named, None when none is."""
    from bayesdx.loading import load

    if network is not None:
        return load(network, prior, target)
    if target is not None:
        raise InputError("--target needs --network: it names a variable of a network file")
    return None


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int], object]]:
    """A progress bar on stderr, where that is a terminal; the block calls what it is given with the steps done."""
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
