"""Prints the share of lines and branches of each crate that tests run, and compares the lines of core that they do not
run with those that are explained.

    report.py LCOV EXPLAINED
"""

import pathlib
import sys
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRATES = ["itsme-core", "itsme-reqwest", "itsme-ureq"]


def tests_begin(source):
    """Returns the number of the line at which a file's unit tests begin."""
    marks = [number for number, line in enumerate(source, 1) if line.startswith("#[cfg(test)]")]
    return marks[0] if marks else len(source) + 1


def main(lcov, explained):
    lines, branches, uncovered = Counter(), Counter(), []
    crate = None
    for record in pathlib.Path(lcov).read_text().splitlines():
        kind, _, value = record.partition(":")
        if kind == "SF":
            path = pathlib.Path(value).relative_to(ROOT)
            crate = path.parts[0] if path.parts[0] in CRATES and path.parts[1] == "src" else None
            source = (ROOT / path).read_text().splitlines()
            end = tests_begin(source)
        elif crate and kind == "DA":
            number, count = map(int, value.split(",")[:2])
            if number < end:
                lines[crate, count > 0] += 1
                if count == 0 and crate == "itsme-core":
                    uncovered.append((f"{path}: {source[number - 1].strip()}", number))
        elif crate and kind == "BRDA":
            number, _, _, taken = value.split(",")
            if int(number) < end:
                branches[crate, taken not in ("-", "0")] += 1

    for crate in CRATES:
        parts = []
        for name, counts in (("lines", lines), ("branches", branches)):
            hit, missed = counts[crate, True], counts[crate, False]
            parts.append(f"{hit} of {hit + missed} {name} ({100 * hit / (hit + missed):.1f} %)")
        print(f"{crate}: {', '.join(parts)}")

    # The format is a line as printed here, followed by indented lines that explain why no test runs it.
    text = pathlib.Path(explained).read_text().splitlines()
    known = Counter(line for line in text if line and not line.startswith((" ", "#")))
    open_lines = 0
    for line, number in uncovered:
        if known[line] > 0:
            known[line] -= 1
        else:
            open_lines += 1
            print(f"not explained: {line} (line {number})")
    for line in known.elements():
        print(f"explained, but it is run or no longer exists: {line}")
    print(f"{len(uncovered)} lines of core are not run, {open_lines} of them without an explanation")
    return 1 if open_lines or sum(known.values()) else 0


sys.exit(main(*sys.argv[1:]))
