"""`python -m podium.supervisor ROUND_DIR`."""

import sys

from podium.supervisor.main import main

sys.exit(main(sys.argv[1:]))
