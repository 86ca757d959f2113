"""Makes `python -m botwatch_probe` start the probe."""

import sys

from botwatch_probe.main import main

sys.exit(main())
