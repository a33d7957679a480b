"""Start and end of the program: its signals and its standard streams.

This module imports nothing slow, so that Ctrl-C ends the program quietly while the other modules are imported.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import os
import signal
import sys
from types import FrameType

# Ctrl-C, a request of the system to end, and a closed terminal.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
INTERRUPTED = 130
# Garbage collections are this rare: new objects before a collection, and collections before one of older objects.
COLLECTIONS = (50_000, 20, 20)


class _Handler:
    """Handles `SIGNALS`: raises KeyboardInterrupt inside a command, and ends the process at once outside it.

    Attributes:
        inside: whether there is anything to clean up.
        number: of the last signal; 0 if there was none.
    """

    inside = False
    number = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.number = number
        if not self.inside:
            self.leave()
        raise KeyboardInterrupt

    def leave(self) -> None:
        """End the process."""
        try:
            os.write(2, b"interrupted.\n")
        finally:
            os._exit(128 + self.number)


def run() -> None:
    """Entry point of the console script and of ``python -m semeval_emo``."""
    handler = _Handler()
    for number in SIGNALS:
        # A command in the background or under nohup ignores some of them.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    # Rows of tables have no cycles; by default, looking for some takes a tenth of the time of validate.
    gc.set_threshold(*COLLECTIONS)
    _open_closed_streams()
    _leave_if_an_interrupt_is_lost(handler)
    # By name, because earlier versions' console scripts import `run` from cli/app.py, which imports this module.
    main = importlib.import_module("semeval_emo.cli.app").main
    from semeval_emo.cli.output import discard

    try:
        handler.inside = True
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else ended.code is not None
    except KeyboardInterrupt:  # before the command, or while another one was reported
        handler.leave()
    handler.inside = False
    if code == INTERRUPTED and handler.number:
        code = 128 + handler.number
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard(stream)
    if sys.gettrace() or sys.getprofile():
        sys.exit(code)  # a debugger or a profiler has something left to do
    # The interpreter is not taken apart: it takes time, and Ctrl-C would interrupt it with a traceback.
    atexit._run_exitfuncs()
    os._exit(code)


def _open_closed_streams() -> None:
    """Open a standard stream that the parent process has closed (``>&-``), as /dev/null.

    The next file that is opened would get its number, and what is printed would be written into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        # Characters that the terminal cannot show become question marks.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _leave_if_an_interrupt_is_lost(handler: _Handler) -> None:
    """End the process if an interrupt was raised where Python drops exceptions, such as in a destructor."""
    report = sys.unraisablehook

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        if isinstance(dropped.exc_value, KeyboardInterrupt) and handler.number:
            handler.leave()
        report(dropped)

    sys.unraisablehook = hook
