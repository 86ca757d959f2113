"""The end of the process: recorded first, and certain, whatever still runs.

A process that has given up can be kept alive for long: by the event loop, which waits for its
executor's threads, by such a thread, in which a DNS look-up hangs, or by a server that does not
confirm the end of a connection. A deadline that is armed on every way out ends it all the same.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from botwatch.exits import ExitCode
from botwatch.judging import judge_end
from botwatch.masking import masked
from botwatch.runs import Run
from botwatch.settings import STATE_DIRECTORY, TERMINATION_LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType, TracebackType

STOP_SECONDS = 8.0
"""So long a process may take to end by itself: less than Docker and most units wait (10 s)."""

_FLUSH_SECONDS = 0.3
_PROCESS = "_BOTWATCH_PROCESS"
"""The environment variable by which a process that replaces itself (`os.execv`) knows itself."""

_log = logging.getLogger(__name__)


class Deadline:
    """Ends the process after a time unless it has ended by then; armed once, until disarmed."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None
        # A signal handler may come in between and arm it, too.
        self._lock = threading.RLock()

    def arm(self, seconds: float, code: int) -> None:
        """End the process in so many seconds with a code; an earlier call counts."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(seconds, _end_now, (seconds, code))
                self._timer.daemon = True
                self._timer.start()

    def disarm(self) -> None:
        """Let the process live: what ended has begun again."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None


class Endings:
    """How this process ends.

    Attributes:
        deadline: what ends it if it does not end by itself.
        seconds: how long that may take.
        code: the exit code of the way out that it is on; None while it is on none.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.deadline = Deadline()
        self.seconds = STOP_SECONDS
        self.code: ExitCode | None = None
        self._environment = environment
        self._run: Run | None = None
        self._hooked: Callable[[], None] | None = None
        self._presumed = False
        self._process = os.getpid()

    @property
    def is_inherited(self) -> bool:
        """Whether this is a process that the bot has forked, whose end is not the bot's."""
        return os.getpid() != self._process

    @property
    def run(self) -> Run:
        """This run; the first call reads how the one before ended."""
        if self._run is None:
            self._run = Run(
                self._environment.get(STATE_DIRECTORY, ""),
                self._environment.get(TERMINATION_LOG, ""),
                replaced=self._environment.get(_PROCESS) == str(self._process),
            )
            os.environ[_PROCESS] = str(self._process)
        return self._run

    def begin(self) -> None:
        """Note that the bot runs, also after an end that it survived."""
        self.deadline.disarm()
        self.code = None
        self._presumed = False
        self.run.begin()

    def leave(self, code: ExitCode, *reasons: str) -> None:
        """Record how the process ends, and see to it that it does."""
        self.run.end(code, *reasons)
        self.code = code if self.code is None else self.code
        self.deadline.arm(self.seconds, self.code)

    def loop_ended(self) -> None:
        """Record a clean end, unless an exception that ends the event loop is reported later."""
        self._presumed = self.code is None
        self.leave(ExitCode.OK if self.code is None else self.code)

    def stop(self) -> None:
        """Record that somebody stops the process, and see to it that it ends."""
        self.run.stop()
        self.code = ExitCode.OK if self.code is None else self.code
        self.deadline.arm(self.seconds, self.code)

    def install(self) -> None:
        """Turn an exception that ends the process into its exit code."""
        if self._hooked is not None:
            return
        before = sys.excepthook

        def hook(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            if self.is_inherited or not isinstance(error, Exception | BaseExceptionGroup):
                before(kind, error, trace)  # a worker's, or Ctrl-C
                return
            code = self.report(error)
            if code is ExitCode.INTERNAL:
                full = "".join(traceback.format_exception(kind, error, trace))
                clean = masked(full)
                if clean == full:
                    before(kind, error, trace)
                else:
                    sys.stderr.write(clean)
            raise SystemExit(int(code))

        def unhook() -> None:
            if sys.excepthook is hook:
                sys.excepthook = before

        self._hooked = unhook
        sys.excepthook = hook
        # Called before Python waits for its threads, as atexit's functions are not.
        register = getattr(threading, "_register_atexit", None)
        if register is not None:
            with suppress(RuntimeError):
                register(self._process_ends)

    def uninstall(self) -> None:
        """Leave exceptions alone again."""
        if self._hooked is not None:
            self._hooked()
            self._hooked = None

    def report(self, error: BaseException) -> ExitCode:
        """Record that an exception ends the process, write why, and return the exit code."""
        code, reasons = judge_end(error)
        if code is not ExitCode.INTERNAL:
            for reason in reasons:
                sys.stderr.write(f"{_program()}: {reason}\n")
        if self._presumed:
            self.begin()
        self.leave(code, *reasons)
        return code

    def _process_ends(self) -> None:
        if self._run is not None and self._hooked is not None and not self.is_inherited:
            self.leave(ExitCode.OK if self.code is None else self.code)


def handle_stop_signals(
    endings: Endings, stop: Callable[[], None], signals: tuple[signal.Signals, ...]
) -> Callable[[], None]:
    """Stop at a signal that nobody else handles; return what lets go of the signals again.

    A handler of the interpreter's runs between any two instructions, also while the event loop is
    stuck in one callback, where the loop's own signal handling would never get its turn.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if endings.is_inherited:
            signal.signal(number, _default_of(number))
            signal.raise_signal(number)
            return
        endings.stop()
        stop()

    taken = []
    if threading.current_thread() is threading.main_thread():
        for number in signals:
            if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                signal.signal(number, handle)
                taken.append(number)

    def release() -> None:
        for number in taken:
            if signal.getsignal(number) is handle:
                signal.signal(number, _default_of(number))

    return release


def _default_of(number: int) -> Callable[[int, FrameType | None], None] | signal.Handlers:
    return signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL


def _program() -> str:
    name = os.path.basename(sys.argv[0] if sys.argv else "")  # noqa: PTH119 - a name is enough
    return "bot" if name in {"", "-c", "-m", "__main__.py"} else name.removesuffix(".py")


def _end_now(seconds: float, code: int) -> None:
    """End without waiting for anything but a moment for what was written."""
    sys.stderr.write(f"not closed within {seconds:g} s, ending anyway\n")
    flushing = threading.Thread(target=_flush, daemon=True)  # a stuck thread may hold a lock
    flushing.start()
    flushing.join(_FLUSH_SECONDS)
    os._exit(code)


def _flush() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
