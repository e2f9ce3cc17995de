"""Runs command lines of tradewind one after another in this process: `python -m benchmarks.commands`.

Reads a JSON list of arguments from each line of standard input; answers each with a line of JSON: status, output, and
the time (seconds since 1970) at which it began. That way a benchmark pays for the start of a Python process once, and
the moment at which a command takes effect is known to the millisecond.
"""

from __future__ import annotations

import io
import json
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout

from tradewind.cli.main import main


def run(arguments: list[str]) -> dict[str, object]:
    output = io.StringIO()
    status: object = 0
    began = time.time()
    sys.argv = ["tradewind", *arguments]
    with redirect_stdout(output), redirect_stderr(output):
        try:
            main()
        except SystemExit as exit_:
            status = exit_.code or 0
        except Exception:
            traceback.print_exc()
            status = 1
    return {"status": status, "output": output.getvalue()[-3000:], "began": began}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
