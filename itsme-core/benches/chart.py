"""Draws the tables of scale.md as bars that begin at zero: `chart.py < scale.md > scale.svg`, which `tables` runs."""

import html
import re
import sys

# The lines of scale.md that make a panel: what stands before a bar, and its length.
PANELS = [
    ("CPU of a login, by threads", "µs", "{}: {}", r"^\| ([^|]+) \| (\d+) \| (\d+) µs \| [\d.]+ \| \d+ \|$"),
    ("CPU of a login, by clients (tenants) of one OP, taken in turn", "µs", "{}", r"^\| (\d+) \| (\d+) µs \| [\d.]+ \|$"),
    ("CPU of each key, by the keys in the key set that is read", "µs", "{}", r"^\(6\) key set of (\d+)(?s:.*?)([\d.]+) µs per key$"),
    ("Memory of each, with OpenSSL's and the allocator's", "bytes", "{}", r"^\| ([^|:]+)[^|]* \| \d+ \| \d+ \| (\d+) \|$"),
]
BARS_FROM, BARS_TO, WIDTH = 230, 620, 760

STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600; font-size: 15px }
    .paper { fill: #fff } .bar { fill: #3a6fb5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e0e3e8 } .paper { fill: #16181d } .bar { fill: #6f9fdc }
    }"""

tables = sys.stdin.read()
drawn, y = [], 10
for title, unit, label, lines in PANELS:
    rows = re.findall(lines, tables, re.MULTILINE)
    if not rows:
        sys.exit(f"scale.md has nothing for: {title}")
    longest = max(float(row[-1]) for row in rows)
    y += 22
    drawn.append(f'<text class="title" x="20" y="{y}">{title}</text>')
    y += 12
    for before, row in zip([None, *rows], rows):
        # What belongs together stands together.
        y += 8 if before and len(row) > 2 and before[0] != row[0] else 0
        *names, value = row
        length = float(value) / longest * (BARS_TO - BARS_FROM)
        text = html.escape(label.format(*names).replace("`", ""))
        drawn += [
            f'<text x="{BARS_FROM - 10}" y="{y + 14}" text-anchor="end">{text}</text>',
            f'<rect class="bar" x="{BARS_FROM}" y="{y + 2}" width="{length:.1f}" height="16"/>',
            f'<text x="{BARS_FROM + length + 8:.1f}" y="{y + 14}">{value} {unit}</text>',
        ]
        y += 21
    y += 12

print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img">')
print(f"  <title>What a login costs at scale</title>\n  <style>{STYLE}\n  </style>")
print(f'  <rect class="paper" width="{WIDTH}" height="{y}" rx="6"/>')
print(*(f"  {element}" for element in drawn), "</svg>", sep="\n")
