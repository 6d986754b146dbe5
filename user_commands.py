"""The commands that make and change users. A password comes by standard input: never as a word that other users can list."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer

from domain.errors import SettingsError, TickdeskError
from domain.role import Role
from settings import Settings

BY: Final = "command line"
STDIN: Final = typer.Option("--password-stdin", help="Read the password from standard input.")


def register(app: typer.Typer, load: Callable[[], Settings], fail: Callable[[Exception], None]) -> None:
    """Add the commands. `load` gives the settings, `fail` ends with the exit code of an error."""
    user = typer.Typer(no_args_is_help=True, help="Who may log in to the page.")
    app.add_typer(user, name="user")

    @user.command()
    def add(
        name: str,
        role: Annotated[Role, typer.Option(help="viewer sees, trader trades, instructor may do everything.")],
        from_stdin: Annotated[bool, STDIN] = False,
    ) -> None:
        """Make a user. The page needs a login from then on."""
        with _told(fail):
            made = _users(load()).add(name, role, _password(from_stdin), BY)
            print(f"{made.name} ({made.role}) may log in now")

    @user.command("list")
    def list_users() -> None:
        """Print the users as JSON."""
        with _told(fail):
            print(json.dumps([{"name": each.name, "role": each.role} for each in _users(load()).all()], indent=2))

    @user.command()
    def remove(name: str) -> None:
        """Remove a user and end its sessions."""
        with _told(fail):
            _users(load()).remove(name, BY)
            print(f"{name} may not log in any more")

    @user.command()
    def password(name: str, from_stdin: Annotated[bool, STDIN] = False) -> None:
        """Give a user another password and end its sessions."""
        with _told(fail):
            _users(load()).change_password(name, _password(from_stdin), BY)
            print(f"{name} has another password")


@contextmanager
def _told(fail: Callable[[Exception], None]) -> Iterator[None]:
    try:
        yield
    except TickdeskError as error:
        fail(error)


def _users(settings: Settings) -> Any:
    from dashboard.users import Users
    from orders.journal import Journal

    return Users(Journal(settings.journal))


def _password(from_stdin: bool) -> str:
    """The password: a line of standard input, or typed twice on a terminal without being shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SettingsError("user: there is no terminal to ask for the password; use --password-stdin")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise SettingsError("user: the two passwords differ")
    return first
