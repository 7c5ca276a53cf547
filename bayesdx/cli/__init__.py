"""The command line. Every other module of this package but ``common`` is one command, named like its file.

A module ``what_if.py`` that defines ``command`` is the command ``what-if``: nothing else registers it, and it is
imported only when it is asked for.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from bayesdx.errors import InputError, nearest

gc.set_threshold(100_000)  # starting up makes many objects and hardly any garbage
atexit.register(gc.freeze)  # nor is there any to look for on the way out
# before numpy is loaded: its pool of threads takes long to start, and no product here is large enough for one
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class Commands(click.Group):
    """Imports a command when it is asked for, and turns bad input into one line on stderr and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = (file.removesuffix(".py") for file in os.listdir(os.path.dirname(__file__)) if file.endswith(".py"))
        return sorted(name.replace("_", "-") for name in names if name not in ("__init__", "common", "output"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"bayesdx.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            raise InputError(f"no command '{args[0]}'; {nearest(args[0], names, limit=len(names))}")
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except InputError as error:
            code = _refuse(str(error))
        except click.ClickException as error:
            code = _refuse(error.format_message())
        except click.Abort:
            code = 130
        except BrokenPipeError:  # whoever reads has seen enough, as in ``bayesdx networks show spine | head``
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        sys.exit(code if isinstance(code, int) else 0)


def _refuse(message: str) -> int:
    click.echo(f"bayesdx: {' '.join(message.split())}", err=True)
    return 2


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(None, "-V", "--version", package_name="bayesdx")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Rank the diagnoses behind a calcified (or look-alike) lesion of the spine, skull base or brain.

    For research and education; not a medical device.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
