"""`python -m studio` is `netloom`; torchrun starts it so: `torchrun --nproc-per-node 2 -m studio train`."""

import sys

from studio.cli import main

if __name__ == "__main__":
    sys.exit(main())
