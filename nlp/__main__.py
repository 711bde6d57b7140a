"""`python -m nlp VERB` is the same as `fanzha VERB`."""

from nlp.cli.main import main

if __name__ == "__main__":
    main()
