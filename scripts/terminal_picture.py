"""Draws what a command printed as an SVG: docs/resnet50.svg is resnetc's own output, not a mock-up.

Usage: resnetc models/resnet50.rn -o Generated/ | python scripts/terminal_picture.py "TITLE" > docs/resnet50.svg
"""
import html
import sys

LINE, CHARACTER, MARGIN = 18, 7.83, 18


def main():
    title = sys.argv[1]
    lines = ["$ " + title] + sys.stdin.read().rstrip("\n").split("\n")
    width = int(max(map(len, lines)) * CHARACTER + 2 * MARGIN)
    height = LINE * len(lines) + 2 * MARGIN + 22
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">')
    print(f'<rect width="{width}" height="{height}" rx="9" fill="#16191f"/>')
    for index, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        print(f'<circle cx="{MARGIN + 6 + 18 * index}" cy="17" r="5.5" fill="{colour}"/>')
    print('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13">')
    for number, line in enumerate(lines):
        colour = "#8fd3ff" if number == 0 else "#e6e8ec"
        y = MARGIN + 30 + LINE * number
        print(f'<text x="{MARGIN}" y="{y}" fill="{colour}" xml:space="preserve">{html.escape(line)}</text>')
    print("</g></svg>")


main()
