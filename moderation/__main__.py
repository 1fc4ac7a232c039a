"""`python -m moderation` is the command line."""

import sys

from moderation.cli import main

sys.exit(main())
