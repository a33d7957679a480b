"""`python -m semeval_emo` is the command `semeval-emo`."""

from semeval_emo.cli.start import run

if __name__ == "__main__":
    run()
