"""The end of the process: recorded first, and certain, whatever still runs.

A process that has given up can be kept alive for long: by the event loop, which waits for its
executor's threads, by such a thread, in which a DNS look-up hangs, or by a server that does not
confirm the end of a connection. A deadline that is armed on every way out ends it all the same.
"""

from __future__ import annotations

# At its first import, this registers a function (`threading._register_atexit`) that waits for the
# threads of pools. Python calls the last registered one first: ours, if this is imported before.
import concurrent.futures.thread  # noqa: F401
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

    _Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]

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
        self._code = 0
        self._unless: Callable[[], bool] | None = None
        # A signal handler may come in between and arm it, too.
        self._lock = threading.RLock()

    def arm(self, seconds: float, code: int, unless: Callable[[], bool] | None = None) -> None:
        """End the process in so many seconds with a code.

        An earlier call counts. If that has a condition and this one has none, its time counts, and
        this code: Python 3.12 starts no other thread once the process ends.

        Args:
            seconds: how long it may take to end by itself.
            code: the exit code.
            unless: asked when the time is over; the process lives on if it returns true.
        """
        with self._lock:
            if self._timer is not None:
                if self._unless is not None and unless is None:
                    self._code, self._unless = code, None
                return
            self._code, self._unless = code, unless
            timer = threading.Timer(seconds, self._expire, (seconds,))
            timer.daemon = True
            with suppress(RuntimeError):  # see above
                timer.start()
                self._timer = timer

    def _expire(self, seconds: float) -> None:
        with self._lock:
            is_disarmed = self._timer is not threading.current_thread()
            if is_disarmed or (self._unless is not None and self._unless()):
                return
            code = self._code
        _end_now(seconds, code)

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
        at_end: called when the process ends.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.deadline = Deadline()
        self.seconds = STOP_SECONDS
        self.code: ExitCode | None = None
        self._environment = environment
        self._run: Run | None = None
        self.at_end: Callable[[], object] = lambda: None
        self._hooks: list[tuple[_Hook, _Hook]] = []
        self._is_reporting = False
        self._watches_process = False
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

    def loop_ended(
        self, is_closed: Callable[[], bool], code: ExitCode = ExitCode.OK, *reasons: str
    ) -> None:
        """Record what ends the event loop, and see to it that it does end.

        It is the end of the process, too, unless an exception is reported later, or the process
        goes on: some log in again, in an event loop of their own.

        Args:
            is_closed: says whether the event loop has ended.
            code: the exit code that belongs to it.
            reasons: why it ends.
        """

        def goes_on() -> bool:
            if is_closed() and not getattr(threading, "_SHUTTING_DOWN", False):
                self.begin()
                return True
            return False

        self._presumed = self.code is None and code is ExitCode.OK
        self.code = code if self.code is None else self.code
        self.run.end(self.code, *reasons)
        self.deadline.arm(self.seconds, self.code, unless=goes_on)

    def stop(self) -> None:
        """Record that somebody stops the process, and see to it that it ends."""
        self.run.stop()
        self.code = ExitCode.OK if self.code is None else self.code
        self.deadline.arm(self.seconds, self.code)

    def install(self) -> None:
        """Turn an exception that ends the process into its exit code.

        Call it again now and then: the bot may have set a hook of its own, which is kept.
        """
        if self._hooks and sys.excepthook is self._hooks[-1][0]:
            return
        before = sys.excepthook
        hook = self._hook(before)
        self._hooks.append((hook, before))
        sys.excepthook = hook
        # Called before Python waits for its threads, as atexit's functions are not.
        register = getattr(threading, "_register_atexit", None)
        if register is not None and not self._watches_process:
            self._watches_process = True
            with suppress(RuntimeError):
                register(self._process_ends)

    def _hook(self, before: _Hook) -> _Hook:
        def hook(
            kind: type[BaseException], error: BaseException, trace: TracebackType | None
        ) -> None:
            is_ending = isinstance(error, Exception | BaseExceptionGroup)
            if self._is_reporting or self.is_inherited or not is_ending:
                before(kind, error, trace)  # the bot's hook calls ours, a worker's, or Ctrl-C
                return
            self._is_reporting = True
            try:
                code = self.report(error)
                if code is ExitCode.INTERNAL:
                    full = "".join(traceback.format_exception(kind, error, trace))
                    clean = masked(full)
                    if clean == full:
                        _call(before, kind, error, trace)
                    else:
                        sys.stderr.write(clean)
            finally:
                self._is_reporting = False
            raise SystemExit(int(code))

        return hook

    def uninstall(self) -> None:
        """Leave exceptions alone again."""
        for hook, before in reversed(self._hooks):
            if sys.excepthook is hook:
                sys.excepthook = before
        self._hooks = []

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
        if self._run is not None and self._hooks and not self.is_inherited:
            self.at_end()
            self.leave(ExitCode.OK if self.code is None else self.code)


def _call(
    hook: _Hook, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Call a hook of the bot's; if it fails, the exit code stays what it is."""
    try:
        hook(kind, error, trace)
    except Exception:  # noqa: BLE001 - whatever it is, both are to be seen
        sys.stderr.write(masked(traceback.format_exc()))
        sys.__excepthook__(kind, error, trace)


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
    try:
        flushing.start()
        flushing.join(_FLUSH_SECONDS)
    finally:  # Python 3.12 starts no thread once the process ends
        os._exit(code)


def _flush() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
