"""A PostgreSQL cluster of the tests' own, from the installed server programs, in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MISSING = "PostgreSQL's server programs were not found (Debian: postgresql); the store was not tried on PostgreSQL"


def programs() -> Path | None:
    """The newest folder with `initdb` in it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    plain = shutil.which("initdb")
    return found[-1].parent if found else Path(plain).parent if plain else None


class Cluster:
    """A cluster that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs = folder, programs()
        # The server refuses to run as root.
        self._user = {"user": "postgres" if _exists("postgres") else "nobody"} if os.geteuid() == 0 else {}
        if self._user:
            os.chown(folder, pwd.getpwnam(self._user["user"]).pw_uid, -1)
        self._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "tester", "--no-sync")
        self.url = f"postgresql://tester@/postgres?host={folder}"

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run([str(self.programs / name), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=60,
                       **self._user)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o",
                  f"-k {self.folder} -h '' -c fsync=off", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster; stopped at the end."""
    own = Cluster(folder)
    own.start()
    try:
        yield own
    finally:
        own.stop()
