# SPDX-License-Identifier: GPL-2.0-only
"""Whether GET_READER costs what it may, by a file that the benchmark wrote.

usage: bounds.py FILE

Prints a line for each bound; exits with 1 when one is broken.
"""

import json
import sys

# How much more a sub-buffer may cost because it has more events.
FLAT = 1.3
# How much less than the stock kernel's the cost is to be where 60 events are
# on a sub-buffer.
CHEAPER = 5


def costs(document):
    """{(ring, flavour): {events: median cost}}"""
    found = {}
    for result in document["results"]:
        test, ring, flavour, events, what = result["name"].split("/")
        assert (test, what) == ("get_reader", "cost"), result["name"]
        found.setdefault((ring, flavour), {})[int(events)] = result["median"]
    return found


def bounds(found):
    """(what was compared, the ratio, whether it is within its bound)"""
    for (ring, flavour), cost in sorted(found.items()):
        if flavour != "ours":
            continue
        counts = sorted(events for events in cost if events)
        few, many = counts[0], counts[-1]
        ratio = cost[many] / cost[few]
        yield f"{ring}: {many} events : {few}", ratio, ratio <= FLAT
        if (ring, "stock") in found:
            ratio = found[ring, "stock"][60] / cost[60]
            yield f"{ring}: stock : ours, 60 events", ratio, ratio >= CHEAPER


def main(path):
    """Print what was found; the exit status."""
    with open(path, encoding="utf-8") as file:
        found = costs(json.load(file))
    checked = list(bounds(found))
    for what, ratio, good in checked:
        print(f"{'ok    ' if good else 'BROKEN'} {ratio:6.2f}  {what}")
    if not checked:
        print("nothing of ours was measured")
    return 0 if checked and all(good for _, _, good in checked) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
