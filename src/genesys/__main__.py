"""`python -m genesys`: the command line, also for launchers that want a module (`accelerate launch -m`)."""

from genesys.cli import main

if __name__ == "__main__":
    main()
