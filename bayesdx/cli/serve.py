"""``bayesdx serve``: a page in the browser, and a service for other programs."""

from __future__ import annotations

import sys

import click

from bayesdx.cli.common import network_option, target_option
from bayesdx.errors import InputError, MissingExtra


@click.command("serve", epilog="Example: bayesdx serve --network alarm.bif --target HYPOVOLEMIA")
@network_option
@target_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--open/--no-open", "show", default=None, help="Open the page. Default: where a terminal asks.")
@click.option("--key-file", metavar="FILE", help="Answer only to keys: a file of id:SHA-256, one a line.")
@click.option("--new-key", metavar="ID", help="Add a key to the key file, print it, and serve nothing.")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front sees to names, encryption and who may ask.")
@click.option("--audit/--no-audit", default=True, show_default=True, help="A line a request on stderr.")
def command(
    network: str | None,
    target: str | None,
    host: str,
    port: int,
    show: bool | None,
    key_file: str | None,
    new_key: str | None,
    behind_proxy: bool,
    audit: bool,
) -> None:
    """Serve the page, and the analyses as a service under /v1, until interrupted.

    For the shipped networks, or one network file. It listens on this machine only; another --host needs --key-file
    or --behind-proxy. Nothing of a case is stored or logged.
    """
    from bayesdx.web.settings import LOOPBACK, Settings, add_key, read_keys

    if new_key is not None:
        if key_file is None:
            raise InputError("--new-key needs --key-file: the file that the key is added to")
        click.echo(add_key(key_file, new_key))
        click.echo(f"the hash of key '{new_key}' is in {key_file}; the key itself is shown only here", err=True)
        return
    local = host in LOOPBACK
    if not local and key_file is None and not behind_proxy:
        raise InputError(
            f"--host {host} lets other machines ask: give --key-file, so that only those with a key are answered, "
            "or --behind-proxy"
        )
    try:
        import jinja2  # noqa: F401
        import msgspec  # noqa: F401
        import starlette  # noqa: F401

        from bayesdx.web.server import bind, serve
    except ImportError as error:
        if str(error.name).startswith("bayesdx"):
            raise
        raise MissingExtra("serving", "web") from None
    from threading import Thread

    from bayesdx.report.blocks import DISCLAIMER
    from bayesdx.web.app import create_app
    from bayesdx.web.models import Models

    settings = Settings(
        hosts=LOOPBACK if local and not behind_proxy else None,
        keys=read_keys(key_file) if key_file else {},
        behind_proxy=behind_proxy,
        audit=audit,
    )
    models = Models(network, target)
    bound = bind(host, port)
    name = f"[{host}]" if ":" in host else host
    address = f"http://{name}:{bound.getsockname()[1]}/"

    def listening() -> None:
        click.echo(f"{address}  (Ctrl-C ends)\n{DISCLAIMER}", err=True)
        if local and (sys.stdout.isatty() if show is None else show):
            import webbrowser

            Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serve(create_app(models, settings), bound, settings, listening)
