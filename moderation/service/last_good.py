"""The files that answers are made with, kept as they were when they were last good, for every process of the service.

Knows places and digests; knows no scorer. A copy lies in a temporary folder under its digest until the next but one comes, or the
service ends.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from moderation.errors import LoadError, Problem
from moderation.scorer import ScorerSpec


class Sources(NamedTuple):
    """Where model, lexicon, policy and perhaps a shadow policy lie, and the digest of what lies there."""

    spec: ScorerSpec
    shadow: Path | None
    digest: bytes

    @classmethod
    def of(cls, spec: ScorerSpec, shadow: Path | None) -> Sources:
        """The sources as they are now.

        Raises
        ------
        LoadError : the shadow policy cannot be read.
        """
        digest = hashlib.sha256(spec.digest.encode())
        if shadow:
            try:
                digest.update(shadow.read_bytes())
            except OSError as error:
                what, hint = f"cannot be read: {error.strerror}", "`MODERATION_SHADOW_POLICY` names it"
                raise LoadError("the shadow policy", [Problem(str(shadow), what, hint)]) from error
        return cls(spec, shadow, digest.digest())


class LastGood:
    """The copies, in a folder of the process that makes this object and of those that are forked from it."""

    def __init__(self, languages: tuple[str, ...], tier: str = "", threads: int = 1) -> None:
        self._languages, self._tier, self._threads = languages, tier, threads
        self._folder = Path(tempfile.mkdtemp(prefix="moderation-good-"))
        self._owner = os.getpid()
        atexit.register(self._remove)

    def _remove(self) -> None:
        if os.getpid() == self._owner:
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process change what is kept."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def keep(self, sources: Sources) -> None:
        """Copy what lies at the sources' places, and forget all copies but this one and the one before.

        Raises
        ------
        LoadError : it cannot be written, or is no longer what the digest says.
        """
        spec, folder = sources.spec, self._folder / sources.digest.hex()
        places = {"model": spec.model, "policy": spec.policy, **{f"lexicon{index:04}": path for index, path in enumerate(spec.lexicon)}}
        if spec.encoder and spec.encoder.exists():
            places["encoder"] = spec.encoder
        if sources.shadow:
            places["shadow"] = sources.shadow
        try:
            if folder.exists():
                shutil.rmtree(folder)
            for name, path in places.items():
                (folder / name).mkdir(parents=True)
                if path.is_dir():
                    shutil.copytree(path, folder / name / path.name)
                else:
                    shutil.copyfile(path, folder / name / path.name)
            is_same = self.sources(sources.digest).digest == sources.digest
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            what = f"cannot be written: {error.strerror or type(error).__name__}"
            raise LoadError("the copy of the new versions", [Problem(str(self._folder), what, "make room there")]) from error
        if not is_same:
            shutil.rmtree(folder)
            raise LoadError("the files", [Problem("digest", "they have changed while they were read", "reload again")])
        copies = sorted((path for path in self._folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime_ns)
        for old in copies[:-2]:
            shutil.rmtree(old, ignore_errors=True)

    def sources(self, digest: bytes) -> Sources:
        """The copy that was kept under a digest.

        Raises
        ------
        LoadError : it is not kept any more.
        """
        folder = self._folder / digest.hex()
        found = {path.name: next(path.iterdir()) for path in sorted(folder.iterdir())} if folder.is_dir() else {}
        if not found:
            raise LoadError("the copy of the last good versions", [Problem("digest", "is not kept any more", "reload again")])
        lexicon = [path for name, path in found.items() if name.startswith("lexicon")]
        spec = ScorerSpec.of(found["model"], lexicon, found["policy"], self._languages, found.get("encoder"), self._tier, self._threads)
        return Sources.of(spec, found.get("shadow"))
