"""The command line: serve, check, migrate, rebuild, demo."""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from avatarium import __version__
from avatarium.app import Avatarium, create_app
from avatarium.errors import AvatariumError, BadConfiguration
from avatarium.rebuilding import Report, Shard
from avatarium.rebuilding import rebuild as make_anew
from avatarium.settings import PREFIX, Settings, load_settings
from avatarium.web.identity import is_loopback

if TYPE_CHECKING:
    from fastapi import FastAPI

cli = typer.Typer(
    help="Profile pictures that are on screen in the first frame.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console()
_err = Console(stderr=True)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]


@cli.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve pictures, as the AVATARIUM_... variables say."""
    settings = load_settings()
    if settings.auth == "none" and not is_loopback(host):
        raise BadConfiguration(
            f"AVATARIUM_AUTH=none makes every caller an administrator, so it cannot listen on {host}: "
            "use 127.0.0.1, or set AVATARIUM_AUTH."
        )
    if settings.auth == "none":
        _err.print("[bold]AVATARIUM_AUTH=none:[/] every caller on this machine is an administrator.")
    _run(create_app(Avatarium(settings=settings)), host, port)


@cli.command()
def check() -> None:
    """Print the effective settings (secrets masked) with the origin of each, and open every engine once."""
    settings = load_settings()
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        origin = "environment" if name in settings.model_fields_set else "default"
        table.add_row(PREFIX + name.upper(), str(value), origin)
    _out.print(table)

    async def open_once() -> None:
        async with Avatarium(settings=settings) as pictures:
            await pictures.service.ready()

    asyncio.run(open_once())
    _out.print("Every engine answers.")


@cli.command()
def rebuild(
    shard: Annotated[str, typer.Option(help="i/n: the i-th of n equal shares of all people.")] = "1/1",
) -> None:
    """Make new ladders of all pictures of an older recipe, from kept masters; may be stopped and run again."""
    settings = load_settings()
    share = Shard.parse(shard)

    async def run() -> Report:
        async with Avatarium(settings=settings) as pictures:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            with Progress(*columns, console=_err, transient=True) as progress:
                bar = progress.add_task("Counting people", total=None)
                total = sum([user_id in share async for user_id in pictures.service.people()])
                progress.update(bar, description="Making ladders", total=total)
                return await make_anew(
                    pictures.service,
                    shard=share,
                    at_once=settings.imaging_workers,
                    progress=lambda _: progress.advance(bar),
                )

    report = asyncio.run(run())
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items()))
    _out.print(f"Shard {share.number}/{share.count}: {counts or 'nobody'}.")
    if report.outcomes["failed"]:
        raise typer.Exit(1)


@cli.command()
def migrate() -> None:
    """Bring the record store's tables to this release; safe to run again, and from several machines at once."""
    changed = asyncio.run(Avatarium(settings=load_settings()).migrate())
    _out.print("The tables are of this release now." if changed else "The tables are of this release already.")


@cli.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Folder for records, bytes and key.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Forget everything first: a new epoch begins.")] = False,
) -> None:
    """Seed two hundred people with pictures, and serve the page that shows them."""
    from avatarium.demo import create_demo_app, load_people  # noqa: PLC0415 - only this command needs it

    loaded = load_settings()
    folder = data_dir or loaded.data_dir / "demo"
    if reset:
        _forget(folder)
    # The demo's own pages may load as fast as a person can click.
    settings = loaded.model_copy(update={"auth": "demo", "data_dir": folder, "limit_reads": "6000/minute"})
    people = load_people()
    app = create_demo_app(Avatarium(settings=settings), people)
    asyncio.run(_seed(settings))
    _out.print(f"Avatarium's demo: [bold]http://{'localhost' if host == '127.0.0.1' else host}:{port}/[/]")
    _run(app, host, port)


async def _seed(settings: Settings) -> None:
    from avatarium.demo import load_people, seed  # noqa: PLC0415 - only the demo needs it

    people = load_people()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with Avatarium(settings=settings) as pictures:
        with Progress(*columns, console=_err, transient=True) as progress:
            bar = progress.add_task("Everybody uploads a picture", total=len(people))
            uploaded = await seed(pictures, people, progress=lambda: progress.advance(bar))
    _err.print(f"{len(people)} people, {uploaded} new pictures.")


def _forget(folder: Path) -> None:
    """Remove what the demo made in `folder`, and nothing else."""
    for name in ("avatarium.sqlite3", "avatarium.sqlite3-wal", "avatarium.sqlite3-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "objects", ignore_errors=True)


def _run(app: FastAPI, host: str, port: int) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=False)


def _version(asked: bool) -> None:
    if asked:
        _out.print(f"avatarium {__version__}")
        raise typer.Exit


@cli.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Profile pictures that are on screen in the first frame."""


def main() -> None:
    """Run the command line; an error of ours is one line, not a traceback."""
    try:
        cli()
    except AvatariumError as error:
        _err.print(f"[bold red]avatarium:[/] {error.detail}")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
