"""`clearway`: every command, each in the file of its subject."""

from importlib.metadata import entry_points

import typer

from clearway_shared.cli import backup, databases, deadletters, keys, openapi, serve, tail, topics

app = typer.Typer(
    name="clearway",
    help="Reports of explosive hazards, the warnings they cause, and the risk of patrol routes.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command()(serve.up)
app.command()(serve.run)
app.command()(tail.tail)
app.command()(databases.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command("openapi")(openapi.openapi)
app.add_typer(keys.app, name="keys")
app.add_typer(topics.app, name="topics")
app.add_typer(deadletters.app, name="dead-letters")
# A service may bring commands of its own; an image that does not hold the service does not have them.
for entry in sorted(entry_points(group="clearway.commands")):
    app.add_typer(entry.load(), name=entry.name)
