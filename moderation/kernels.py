"""The compiled inner loops behind text, words and models: built once from `csrc/`, loaded on first use.

Knows how to compile and load the C files; what they compute is documented in `csrc/kernels.h`, and modules that call it keep
pointers to themselves. The compiler is the pinned `ziglang` wheel, so that a user needs no toolchain;
once built, serving needs neither it nor a writable disk.

Build by hand with `python -m moderation.kernels`.
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import cffi

from moderation.errors import KernelError

SOURCE_FOLDER = Path(__file__).parent / "csrc"
BUILD_FOLDER = Path(__file__).parent / "_build"
# -ffp-contract=off keeps a multiply and an add apart on every machine: the same comment, the same score.
FLAGS = ("-std=c11", "-mcpu=baseline", "-include", "stdint.h", "-O3", "-fPIC", "-shared", "-g0", "-fno-sanitize=all", "-ffp-contract=off",
         "-Wall", "-Wextra", "-Werror")


def _sources() -> list[Path]:
    return sorted(SOURCE_FOLDER.glob("*.[ch]"))


def library_path() -> Path:
    """Where the library of these very sources lies, or would lie: its name carries their digest."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for source in _sources():
        digest.update(source.read_bytes())
    return BUILD_FOLDER / f"kernels-{sysconfig.get_platform()}-{digest.hexdigest()[:16]}.so"


def build() -> Path:
    """Compile the kernels beside the package and answer the library's path; about three seconds, once.

    Raises
    ------
    KernelError : no compiler, or one that refuses the sources.
    """
    target = library_path()
    sources = [str(source) for source in _sources() if source.suffix == ".c"]
    try:
        BUILD_FOLDER.mkdir(exist_ok=True)
        # Several workers may build at once: each compiles under a name of its own and renames it into place.
        with tempfile.TemporaryDirectory(dir=BUILD_FOLDER) as folder:
            made = Path(folder) / target.name
            command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(made), *sources]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise KernelError(f"the kernels did not compile; `pip install ziglang` brings the compiler:\n{done.stderr}")
            os.replace(made, target)
    except OSError as error:
        raise KernelError(f"the kernels could not be written to {BUILD_FOLDER}: {error.strerror}; "
                          "run `python -m moderation.kernels` as a user who may write there") from error
    for old in BUILD_FOLDER.glob("kernels-*.so"):
        if old != target:
            old.unlink(missing_ok=True)
    return target


@functools.cache
def load() -> tuple[cffi.FFI, Any]:
    """The cffi interface and the library, compiled first if need be; cached for the process."""
    path = library_path()
    if not path.exists():
        path = build()
    ffi = cffi.FFI()
    ffi.cdef((SOURCE_FOLDER / "kernels.h").read_text(encoding="utf-8"))
    return ffi, ffi.dlopen(str(path))


if __name__ == "__main__":
    print(build())
