"""The command line. Every other module of this package but ``common`` and ``streams`` is one command.

A module ``what_if.py`` that defines ``command`` is the command ``what-if``: nothing else registers it, and it is
imported only when it is asked for.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from bayesdx.cli.common import Choices
from bayesdx.cli.streams import discard_output, forgive_encodings
from bayesdx.errors import InputError, printable

gc.set_threshold(100_000)  # starting up makes many objects and hardly any garbage
atexit.register(gc.freeze)  # nor is there any to look for on the way out
# before numpy is loaded: its pool of threads takes long to start, and no product here is large enough for one
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _keep_memory() -> None:
    """Have the C library keep memory that is freed, as far as it is one that does: glibc.

    It returns large blocks to the system at once, and page by page they come back when the next table is made: a
    third of the time of a query. Once it has been given back a block, here one that is never touched, it keeps
    smaller ones (mallopt(3), M_MMAP_THRESHOLD).
    """
    bytes(31 << 20)  # 32 MB is the most that it learns from


_keep_memory()


class Commands(Choices):
    """Imports a command when it is asked for, and turns bad input into one line on stderr and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        apart = ("__init__", "common", "output", "streams")
        return sorted(name.replace("_", "-") for name in _modules() if name not in apart)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"bayesdx.cli.{cmd_name.replace('-', '_')}").command
        return command

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
        forgive_encodings()
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            sys.stdout.flush()
        except InputError as error:
            code = _refuse(str(error))
        except click.ClickException as error:
            code = _refuse(error.format_message())
        except click.Abort:
            code = 130
        except (BrokenPipeError, SystemExit):  # whoever reads has seen enough: click makes an exit with 1 of it
            discard_output()
            code = 0
        except OSError as error:
            discard_output()
            code = _refuse(f"standard output: cannot be written ({error.strerror or error})")
        sys.exit(code if isinstance(code, int) else 0)


def _modules() -> list[str]:
    """Names of the modules of this package, which may lie in a zip file."""
    try:
        return [file.removesuffix(".py") for file in os.listdir(os.path.dirname(__file__)) if file.endswith(".py")]
    except NotADirectoryError:
        from pkgutil import iter_modules

        return [module.name for module in iter_modules(__path__)]


def _refuse(message: str) -> int:
    with suppress(OSError):  # standard error may be closed or full as well
        click.echo(f"bayesdx: {printable(' '.join(message.split()))}", err=True)
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
