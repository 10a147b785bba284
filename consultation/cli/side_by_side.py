"""Two processes side by side: the pages, and the worker without which the urn is suspended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from types import FrameType

STOPS = (signal.SIGTERM, signal.SIGINT)
_BEFORE_ANOTHER = 5.0  # seconds


def side_by_side(server: Sequence[str], worker: Sequence[str]) -> int:
    """Run both until the server ends, and give its exit code; a worker that dies is replaced.

    A signal to stop goes to the server, which dies of it if it was still starting: 0 all the same.
    The worker then ends its round.
    """
    working = subprocess.Popen(worker)  # noqa: S603 - our own interpreter, no word from outside
    serving = subprocess.Popen(server)  # noqa: S603 - the same

    def stop(number: int, _frame: FrameType | None) -> None:
        serving.send_signal(number)

    for number in STOPS:
        signal.signal(number, stop)
    while serving.poll() is None:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if serving.poll() is None and working.poll() is not None:
            time.sleep(_BEFORE_ANOTHER)
            working = subprocess.Popen(worker)  # noqa: S603 - the same
    working.terminate()
    working.wait()
    return 0 if -serving.returncode in STOPS else serving.returncode
