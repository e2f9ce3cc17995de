"""Reading one airflow.cfg, with errors that name the line and the fix."""

from __future__ import annotations

import configparser
from pathlib import Path

from tradewind.configuration.errors import BrokenConfigFile


def read_config_file(path: Path) -> configparser.ConfigParser:
    """The options written in `path`; none when there is no such file. Raises BrokenConfigFile."""
    parser = configparser.ConfigParser()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return parser
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BrokenConfigFile(path, line, "it is not UTF-8 text.", "Save it as UTF-8 in your editor.") from error
    except OSError as error:
        raise BrokenConfigFile(
            path, None, f"{error.strerror}.", "Make it a file that this user can read, or move it away."
        ) from error
    try:
        parser.read_string(text, source=str(path))
    except configparser.MissingSectionHeaderError as error:
        raise BrokenConfigFile(
            path,
            error.lineno,
            f"{error.line.strip()!r} stands before the first section.",
            "Put the line of its section above it, for example [core].",
        ) from error
    except configparser.DuplicateOptionError as error:
        raise BrokenConfigFile(
            path, error.lineno, f"[{error.section}] {error.option} is set twice.", "Delete one of the two lines."
        ) from error
    except configparser.DuplicateSectionError as error:
        raise BrokenConfigFile(
            path, error.lineno, f"the section [{error.section}] begins a second time.", "Merge the two sections."
        ) from error
    except configparser.ParsingError as error:
        line, written = error.errors[0]
        raise BrokenConfigFile(
            path, line, f"{_unquoted(written)!r} is no option.", "Write it as key = value, or put # in front of it."
        ) from error
    return parser


def _unquoted(written: str) -> str:
    """configparser keeps the line as its repr."""
    text = written.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return text.removesuffix("\\n").strip()
