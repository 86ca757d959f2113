"""Lets `python -m botwatch_sandbox` start the stand-ins."""

from __future__ import annotations

import sys

from botwatch_sandbox.main import main

sys.exit(main())
