"""Repositories that are unusual, or unfit for Podium, each as people really have them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from podium.testing.repositories import Content, Link, Program, Repository, Submodule, build_repository

ODD_NAMES: tuple[bytes, ...] = (
    b"with space.txt",
    b"with\nnewline.txt",
    b"with\ttab.txt",
    b'with "quotes".txt',
    b"with'quote.txt",
    b"back\\slash.txt",
    b"latin-1 \xe9.txt",
    b"\xff\xfe not text",
    "déjà vu — 名前.txt".encode(),
    "right-to-left \u202etxt.exe".encode(),
    b"-leading-dash.txt",
    b"$(touch pwned).txt",
    b"star*[glob]?.txt",
    b"a" * 200 + b".txt",
)


def odd_names(path: Path) -> Repository:
    """File names with newlines, quotes, bytes that are not UTF-8, and worse; a link and a program among them."""
    files: dict[bytes, Content] = {name: b"content of " + name + b"\n" for name in ODD_NAMES}
    files |= {b"dir with space/link": Link(to="../with space.txt"), b"bin/tool": Program(text="#!/bin/sh\nexit 0\n")}
    return build_repository(path, files)


def without_commits(path: Path) -> Repository:
    """`git init`, and no more."""
    return build_repository(path)


def detached(path: Path) -> Repository:
    """HEAD names a commit and no branch."""
    repository = build_repository(path, {"README.md": "one\n"}, commits=[{"README.md": "two\n"}])
    repository.git("checkout", "-q", "--detach", "HEAD~1")
    return repository


def bare(path: Path) -> Repository:
    """Without a working tree."""
    return build_repository(path, {"README.md": "bare\n"}, bare=True)


def shallow(path: Path) -> Repository:
    """A clone of depth 1 of a repository with three commits, made beside it."""
    origin = build_repository(
        path.with_name(path.name + "-origin"), {"a.txt": "1\n"}, commits=[{"a.txt": "2\n"}, {"a.txt": "3\n"}]
    )
    origin.git("clone", "-q", "--depth=1", f"file://{origin.path}", str(path))
    return Repository(path)


def with_submodule(path: Path) -> Repository:
    """A repository with a submodule `vendor/lib`, checked out from a repository made beside it."""
    library = build_repository(path.with_name(path.name + "-library"), {"lib.py": "VALUE = 1\n"})
    modules = f'[submodule "vendor/lib"]\n\tpath = vendor/lib\n\turl = file://{library.path}\n'
    files: dict[str, Content] = {
        "main.py": "import lib\n",
        ".gitmodules": modules,
        "vendor/lib": Submodule(commit=library.head),
    }
    repository = build_repository(path, files)
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init")
    return repository


def with_lfs_pointers(path: Path) -> Repository:
    """Git LFS pointers, as in a clone made where git-lfs is not installed."""
    content = b"\x89PNG pretended picture\n"
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    attributes = "*.png filter=lfs diff=lfs merge=lfs -text\n"
    return build_repository(path, {".gitattributes": attributes, "logo.png": pointer, "README.md": "pictures\n"})


def large(path: Path, files: int = 5_000, lines: int = 20) -> Repository:
    """Many small Python files in directories of fifty."""
    text = "".join(f"def function_{n}(value):\n    return value + {n}\n\n\n" for n in range(max(1, lines // 4)))
    content: dict[str, Content] = {
        f"src/package_{n // 50:03}/module_{n:05}.py": f'"""Module {n}."""\n\n\n{text}' for n in range(files)
    }
    return build_repository(path, content)


def with_large_file(path: Path, megabytes: int = 100) -> Repository:
    """One file of that size, which does not compress away to nothing, beside an ordinary one."""
    block = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(32 * 1024))
    return build_repository(path, {"small.txt": "small\n", "large.bin": block * megabytes})
