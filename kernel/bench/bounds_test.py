# SPDX-License-Identifier: GPL-2.0-only
"""The bounds hold where they should, and break where they should.

usage: bounds_test.py BOUNDS
"""

import importlib.util
import json
import pathlib
import sys
import tempfile


def load(path):
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("bounds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def document(**costs):
    """A benchmark's content: ours_60=… is a sub-buffer of 60 events on ours."""
    names = [(key.replace("_", "/"), value) for key, value in costs.items()]
    return {
        "results": [
            {"name": f"get_reader/6_12/{name}/cost", "median": value}
            for name, value in names
        ]
    }


# What was measured, and the status of the program.
CASES = [
    (document(stock_1=900, stock_60=6000, ours_1=600, ours_60=600), 0),
    # An empty ring is no sub-buffer with few events.
    (document(stock_60=6000, ours_0=100, ours_1=600, ours_60=600), 0),
    (document(ours_1=600, ours_60=700), 0),
    # It grows with the events.
    (document(stock_60=6000, ours_1=600, ours_60=790), 1),
    (document(stock_60=60000, ours_1=600, ours_30=700, ours_60=1000), 1),
    # It is not cheap enough.
    (document(stock_60=2900, ours_1=600, ours_60=600), 1),
    # Nothing was compared.
    (document(stock_1=900, stock_60=6000), 1),
    ({"results": []}, 1),
]


def main(program):
    """Try them all."""
    bounds = load(program)
    for content, status in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "figures.json"
            path.write_text(json.dumps(content), encoding="utf-8")
            found = bounds.main(str(path))
        assert found == status, (content, found)


if __name__ == "__main__":
    main(sys.argv[1])
