"""A small checkout with our own hatch_build.py, and stand-ins for node and npm that write down how they were called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hatch_build

ROOT = Path(__file__).resolve().parents[2]

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "tradewind"
version = "0"
[tool.hatch.build.targets.wheel]
packages = ["src/tradewind"]
[tool.hatch.build.targets.sdist]
include = ["src", "ui", "hatch_build.py"]
[tool.hatch.build.hooks.custom]
"""
# Vite's part: the page that it would write.
NODE = """\
#!/bin/sh
case "$*" in *--version) echo {version}; exit 0;; esac
echo "node $*" >> {calls}
case "$1" in *vite.js) mkdir -p "$TRADEWIND_UI_OUT/assets"; echo page > "$TRADEWIND_UI_OUT/index.html";; esac
"""
NPM = """\
#!/bin/sh
case "$1" in --version) echo 11.8.0; exit 0;; esac
echo "npm $*" >> {calls}
echo 'npm error code ENOTFOUND'
exit {status}
"""


class Checkout:
    """`root` holds a package `tradewind`, a `ui/` of a few files, and a `.gitignore` that ignores what is built."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.bin.mkdir(parents=True)
        (self.root / "src/tradewind/server").mkdir(parents=True)
        (self.root / "src/tradewind/__init__.py").touch()
        (self.root / "src/tradewind/server/__init__.py").touch()
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        (self.root / ".gitignore").write_text("src/tradewind/server/static/\nui/node_modules/\n")
        shutil.copy(ROOT / "hatch_build.py", self.root)
        for name in ("index.html", "package.json", "src/main.ts", "src/app/frame.ts"):
            self.write(name, f"// {name}\n")

    def write(self, name: str, text: str) -> None:
        """Writes a file below `ui/`."""
        path = self.root / "ui" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def static(self) -> Path:
        return self.root / hatch_build.STATIC

    def is_built_by_hand(self) -> None:
        """What a build leaves, without one."""
        (self.static / "assets").mkdir(parents=True)
        (self.static / "index.html").write_text("page\n")
        (self.static / "assets/main-1a2b.js").write_text("1\n")
        (self.static / hatch_build.HASH_FILE).write_text(hatch_build.source_hash(self.root / "ui") + "\n")

    def has_node(self, version: str = "v22.12.0", *, npm_status: int = 0) -> None:
        for name, text in (
            ("node", NODE.format(version=version, calls=self.calls)),
            ("npm", NPM.format(status=npm_status, calls=self.calls)),
        ):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)

    def called(self) -> list[str]:
        """The commands that built, without their arguments."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [" ".join(line.split()[:2]) for line in lines]

    def environment(self, **more: str) -> dict[str, str]:
        """PATH holds nothing but the stand-ins and what they need themselves."""
        for name in ("sh", "mkdir", "echo"):
            found = shutil.which(name)
            if found is not None and not (self.bin / name).exists():
                (self.bin / name).symlink_to(found)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRADEWIND_")}
        return {**kept, "PATH": str(self.bin), **more}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def packed(self, kind: str, **environment: str) -> Path:
        """A wheel or an sdist as pip has it built, without the isolation (which installs from a registry)."""
        out = self.root / "dist"
        done = self.run("-m", "hatchling", "build", "-t", kind, "-d", str(out), **environment)
        assert done.returncode == 0, done.stderr
        (made,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
        return made
