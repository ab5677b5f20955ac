"""The sandbox's command: `python -m sandbox`."""

from typing import cast

import click

from sandbox.app import create_app
from sandbox.limits import Window
from sandbox.server import create_server, serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4010, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--window",
    type=click.Choice(["sliding", "fixed", "off"]),
    default="sliding",
    show_default=True,
    help="How the rate limit of 100 calls in 10 seconds is counted.",
)
@click.option("--token", "tokens", multiple=True, help="An accepted token; repeatable. Without one, any is accepted.")
@click.option("--verbose", is_flag=True, help="Log each request.")
def main(host: str, port: int, window: str, tokens: tuple[str, ...], verbose: bool) -> None:
    """
    Run a local HighLevel, with a page of its contacts at /.

    It fails as it is asked to; the first line makes 100 calls fail, the second lets all succeed again:

    \b
    curl 127.0.0.1:4010/_sandbox/faults -H 'Content-Type: application/json' -d '{"status": 503, "count": 100}'
    curl 127.0.0.1:4010/_sandbox/faults -X DELETE
    """
    app = create_app(window=cast(Window, window), tokens=tokens or None)
    server = create_server(app, host, port, verbose=verbose)
    shown_host = f"[{host}]" if ":" in host else host
    click.echo(f"Sandbox HighLevel listens on http://{shown_host}:{server.port}")
    serve(server)


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
