"""The store of labels: what moderators decided about comments, in SQLite or PostgreSQL, by SQLAlchemy.

Knows tables and rows; knows no HTTP and no score. A comment's text is kept only where the one who brings it says so; else a
keyed hash of it, by which a text that one has can be found again. Authors are hashed always. The key is the store's own, so
whoever has the whole database can test guesses against it: hashes keep honest people honest, deletion is `forget`.

    store = Store("sqlite:////var/lib/moderation/labels.db")
    store.add(NewLabel("native", "reject", text="..."))           # (id, False)
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from moderation.errors import ModerationError, Problem, RequestError

HEAD = "0001"  # the migration that this code is written for
_PAGE = 500
_WAIT = 2  # seconds for a connection or a lock

_metadata = sa.MetaData()
labels = sa.Table(
    "labels", _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("source", sa.String(32), nullable=False),
    sa.Column("caller", sa.String(32), nullable=False),
    sa.Column("action", sa.String(16)),
    sa.Column("scores", sa.Text, nullable=False),
    sa.Column("section", sa.Text),
    sa.Column("comment_id", sa.Text),
    sa.Column("comment_hash", sa.String(64), nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("author_hash", sa.String(64)),
    sa.Column("idempotency", sa.String(64), unique=True),
    sa.Column("request_hash", sa.String(64)),
    sa.Index("labels_created", "created", "id"),
    sa.Index("labels_author", "author_hash"),
)
facts = sa.Table("facts", _metadata, sa.Column("name", sa.String(32), primary_key=True), sa.Column("value", sa.Text, nullable=False))


class StoreError(ModerationError):
    """The store is down, full or not what it should be. The message holds no value of any row."""


@dataclass(frozen=True, slots=True)
class NewLabel:
    """What somebody decided about a comment.

    Attributes
    ----------
    source : `native`, `suggestscore`, `coral`.
    action : approve, review or reject; None where only scores were told.
    scores : by category or attribute, as told.
    keep : whether the text itself is stored.
    idempotency, request_hash : the caller's key for this request and what stands for the request, if it has one.
    """

    source: str
    action: str | None
    text: str
    scores: dict[str, float] = field(default_factory=dict)
    caller: str = "-"
    section: str | None = None
    comment_id: str | None = None
    author: str | None = None
    keep: bool = False
    idempotency: str | None = None
    request_hash: str | None = None


def _plain(text: str | None) -> str | None:
    """A text as both databases take it: PostgreSQL knows no NUL, neither knows half a surrogate pair."""
    return None if text is None else text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class Store:
    """Labels behind one database URL. Opens nothing before its first use; safe to share between threads, not across a fork.

    Parameters
    ----------
    create : whether an SQLite file that is not there is made; without, it is an error, as where labels are only to be read.
    """

    def __init__(self, url: str, create: bool = True) -> None:
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                url = "postgresql+psycopg://" + url[len(scheme):]
        self._url = url
        self._create = create
        self._lock = threading.Lock()
        self._engine: sa.Engine | None = None
        self._salt = b""

    def add(self, label: NewLabel) -> tuple[str, bool]:
        """Store a label: its id, and whether it is the one of an earlier request with the same idempotency key.

        Raises
        ------
        StoreError : it could not be stored.
        RequestError : 422, the idempotency key was used for another request.
        """
        with _told():
            engine = self._open()
            number = secrets.token_hex(16)
            key = None if label.idempotency is None else self._hash(f"key\0{label.caller}\0{label.idempotency}")
            row = {"id": number, "created": time.time_ns() // 1_000_000, "source": label.source, "caller": label.caller,
                   "action": label.action, "scores": json.dumps(label.scores), "section": _plain(label.section),
                   "comment_id": _plain(label.comment_id), "comment_hash": self._hash(label.text),
                   "text": _plain(label.text) if label.keep else None,
                   "author_hash": None if label.author is None else self.author_hash(label.author),
                   "idempotency": key, "request_hash": label.request_hash}
            if key is not None and (earlier := self._earlier(engine, key, label)):
                return earlier, True
            try:
                with engine.begin() as connection:
                    connection.execute(labels.insert().values(row))
            except sa.exc.IntegrityError:
                # Another worker was quicker with the same key.
                if key is not None and (earlier := self._earlier(engine, key, label)):
                    return earlier, True
                raise
            return number, False

    def _earlier(self, engine: sa.Engine, key: str, label: NewLabel) -> str | None:
        with engine.connect() as connection:
            found = connection.execute(sa.select(labels.c.id, labels.c.request_hash).where(labels.c.idempotency == key)).first()
        if found is not None and found.request_hash != label.request_hash:
            raise RequestError(Problem("Idempotency-Key", "was used for another request", "use a new one for each label"), 422)
        return None if found is None else str(found.id)

    def export(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """All labels from a time on (milliseconds since 1970), oldest first, a page at a time.

        Raises
        ------
        StoreError : they cannot be read.
        """
        last = (since, "")
        shown = [column for column in labels.c if column.name not in ("idempotency", "request_hash")]
        while True:
            with _told(), self._open().connect() as connection:
                later = sa.tuple_(labels.c.created, labels.c.id) > sa.tuple_(sa.literal(last[0]), sa.literal(last[1]))
                query = sa.select(*shown).where(later).order_by(labels.c.created, labels.c.id).limit(_PAGE)
                page = connection.execute(query).mappings().all()
            for row in page:
                yield {**row, "scores": json.loads(row["scores"])}
            if len(page) < _PAGE:
                return
            last = (page[-1]["created"], page[-1]["id"])

    def purge(self, before: int) -> int:
        """Delete the labels from before a time (milliseconds since 1970); how many there were."""
        return self._delete(labels.c.created < before)

    def forget(self, author: str) -> int:
        """Delete all labels of an author's comments; how many there were."""
        with _told():
            self._open()
        return self._delete(labels.c.author_hash == self.author_hash(author))

    def _delete(self, condition: sa.ColumnElement[bool]) -> int:
        with _told(), self._open().begin() as connection:
            return int(connection.execute(labels.delete().where(condition)).rowcount)

    def author_hash(self, author: str) -> str:
        """What stands for an author in this store."""
        return self._hash(f"author\0{author}")

    def _hash(self, text: str) -> str:
        return hmac.new(self._salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def close(self) -> None:
        """Give back all connections; the next use opens them again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _open(self) -> sa.Engine:
        with self._lock:
            if self._engine is None:
                engine = self._connect()
                try:
                    self._prepare(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _connect(self) -> sa.Engine:
        url = sa.make_url(self._url)
        if url.get_backend_name() != "sqlite":
            return sa.create_engine(url, pool_pre_ping=True, pool_timeout=_WAIT, pool_size=2, hide_parameters=True,
                                    connect_args={"connect_timeout": _WAIT})
        if url.database:
            if not self._create and not Path(url.database).exists():
                raise StoreError(f"the store {url.database} is not there: no label has come yet, or MODERATION_DATABASE_URL names another")
            _make_private(Path(url.database))
        engine = sa.create_engine(url, hide_parameters=True, pool_timeout=_WAIT, connect_args={"timeout": _WAIT})

        @sa.event.listens_for(engine, "connect")
        def set_up(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")  # what is forgotten is overwritten

        return engine

    def _prepare(self, engine: sa.Engine) -> None:
        if _version(engine) != HEAD:
            try:
                _upgrade(engine)
            except sa.exc.SQLAlchemyError:
                # Another worker may be at the same migration; if it got there, all is well.
                time.sleep(0.5)
                if _version(engine) != HEAD:
                    raise
        with engine.begin() as connection:
            found = connection.execute(sa.select(facts.c.value).where(facts.c.name == "salt")).scalar_one()
        self._salt = bytes.fromhex(found)


def _make_private(path: Path) -> None:
    """Make a file that its owner alone reads, in a folder that nobody else enters; what is there already stays as it is.

    SQLite gives the files beside it (`-wal`, `-shm`) the same mode.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def _upgrade(engine: sa.Engine) -> None:
    # Alembic is heavy and needed once in a database's life.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


class _told:
    """Turns what the database or the disk raises into a `StoreError` that names its kind, and what it says where no row is in that."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, sa.exc.SQLAlchemyError | OSError | ImportError):
            inner = getattr(error, "orig", None)
            said = error.strerror if isinstance(error, OSError) else inner if isinstance(error, sa.exc.OperationalError) else None
            reason = f": {str(said).splitlines()[0]}" if said else ""
            raise StoreError(f"the store failed: {type(inner or error).__name__}{reason}") from error
