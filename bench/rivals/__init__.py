"""This assistant beside the tools that a person would otherwise take, each in an environment of its own, in one run.

    python -m bench rivals --data ../shared/data [--limit 60] [--only langchain-chroma txtai] [--envs FOLDER]

The modules of this package named after a tool run under that tool's Python and know nothing of this one;
`bench.rivals.runner` makes the environments, asks, and keeps the figures.
"""


def main() -> int:
    """Run the comparison; imported late, because the tools' own environments import this package too."""
    from bench.rivals import runner

    return runner.main()
