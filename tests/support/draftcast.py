"""`python -m tests.support.draftcast ...` is `draftcast ...` of this interpreter."""

from draftcast.cli.main import main

if __name__ == "__main__":
    main()
