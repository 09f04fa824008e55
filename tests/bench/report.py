# SPDX-License-Identifier: Apache-2.0
"""Medians of what the rows printed: tables for the terminal and as Markdown,
and a picture of each.

Reads DIRECTORY/raw.tsv: bench, row, who, unit, value.
"""
import os
import platform
import shutil
import statistics
import subprocess
import sys

from bench import ROOT, look


def said(*argv):
    try:
        run = subprocess.run(argv, capture_output=True, text=True, timeout=20)
    except OSError:
        return argv[0]
    return (run.stdout + run.stderr).strip().splitlines()[0]


def commit():
    """of the tree; nothing where it came as an archive"""
    try:
        run = subprocess.run(["git", "-C", ROOT, "describe", "--always",
                              "--dirty", "--exclude=*"], text=True,
                             capture_output=True, timeout=20)
    except OSError:
        return ""
    return run.stdout.strip() and f", commit {run.stdout.strip()}"


def machine():
    cpu = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":")[1].strip()
                break
    return [f"{cpu}, {os.cpu_count()} processors",
            f"Linux {platform.release()}",
            said("gcc", "--version"),
            said(f"{ROOT}/bin/zmap", "-V") + commit(),
            *(f"{p.name}, {p.path}" for p in look()[0]),
            *(f"left out: {why}" for why in look()[1])]


def human(value):
    for unit, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= unit:
            return f"{value / unit:.3g}{suffix}"
    return f"{value:.3g}"


class Table:
    """one bench: lines of (row, who), columns of units, lists of values"""

    def __init__(self, name):
        self.name, self.units, self.lines = name, [], {}

    def add(self, row, who, unit, value):
        if unit not in self.units:
            self.units.append(unit)
        line = self.lines.setdefault((row, who), {})
        line.setdefault(unit, []).append(
            None if value == "failed" else float(value))

    def cell(self, values):
        """median and, of several, the least and the most"""
        good = [v for v in values if v is not None]
        failed = len(values) - len(good)
        text = []
        if good:
            text.append(human(statistics.median(good)))
        least, most = (human(f(good)) if good else "" for f in (min, max))
        if least != most:
            text.append(f"({least}–{most})")
        if failed:
            text.append(f"{failed} failed")
        return " ".join(text)

    def rows(self):
        yield [self.name, "", *self.units]
        before = None
        for (row, who), line in self.lines.items():
            yield ["" if row == before else row, who,
                   *(self.cell(line.get(u, [])) for u in self.units)]
            before = row

    def text(self):
        rows = list(self.rows())
        width = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        for r in rows:
            yield "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w)
                            in enumerate(zip(r, width))).rstrip()

    def markdown(self):
        rows = list(self.rows())
        yield f"## {self.name}\n"
        for i, r in enumerate(rows):
            if i == 0:
                r[0] = ""
            yield "| " + " | ".join(r) + " |"
            if i == 0:
                yield "|---|---" + "|--:" * len(self.units) + "|"

    def picture(self, directory):
        """a panel for each unit, a line for each contender"""
        path, n = os.path.join(directory, self.name), len(self.lines)
        left, panel, height = 330, 250, 70 + 20 * n
        width = left + panel * len(self.units)
        plot = [f'set terminal svg noenhanced size {width},{height} font "Sans,11" '
                "background 'white'",
                f'set output "{path}.svg"', "unset key", "set grid x",
                f"set yrange [{n - 0.3}:-0.7]",
                "set style fill solid 0.6", "set tics nomirror",
                f"set multiplot layout 1,{len(self.units)}",
                "set tmargin 2", "set bmargin 2"]
        before, labels = None, []
        for row, who in self.lines:
            labels.append((f"{row}: " if row != before else "") + who)
            before = row
        for i, unit in enumerate(self.units):
            points = []
            for k, line in enumerate(self.lines.values()):
                good = [v for v in line.get(unit, []) if v is not None]
                if good:
                    points.append((statistics.median(good), min(good),
                                   max(good), k))
            if not points:
                continue
            tics = ",".join('"%s" %d' % (
                (label if i == 0 else "").replace('"', "'"), k)
                for k, label in enumerate(labels))
            begin = (left + i * panel) / width
            end = (left + (i + 1) * panel - 25) / width
            plot += [f"set ytics ({tics})", f'set title "{unit}"',
                     f"set lmargin at screen {begin:.4f}",
                     f"set rmargin at screen {end:.4f}",
                     'set format x "%s"' % (
                         "%.1s%c" if max(p[2] for p in points) >= 1e4
                         else "%g"),
                     "set xrange [%s:*]" % (
                         "*" if min(p[1] for p in points) < 0 else "0"),
                     f"$p{i} << E",
                     *(" ".join(map(str, p)) for p in points), "E",
                     f'plot $p{i} using ($1/2):4:($1/2):(0.35) with boxxy '
                     f'lc rgb "#4477aa", $p{i} using 1:4:2:3 with xerrorbars '
                     'pt 0 lw 1.5 lc rgb "#222222"']
        plot.append("unset multiplot")
        p = subprocess.run(["gnuplot"], input="\n".join(plot), text=True,
                           capture_output=True, check=False)
        if p.returncode != 0:
            print(f"bench: no picture of {self.name}: {p.stderr}",
                  file=sys.stderr)
            return None
        return f"{self.name}.svg"


def write(directory):
    tables = {}
    with open(os.path.join(directory, "raw.tsv")) as f:
        for line in f:
            part = line.rstrip("\n").split("\t")
            if len(part) != 5:
                print(f"bench: not a measurement: {line!r}", file=sys.stderr)
                continue
            tables.setdefault(part[0], Table(part[0])).add(*part[1:])
    with open(os.path.join(directory, "report.md"), "w") as f:
        f.write("".join(f"- {line}\n" for line in machine()))
        for table in tables.values():
            print("\n" + "\n".join(table.text()))
            f.write("\n" + "\n".join(table.markdown()) + "\n")
            picture = shutil.which("gnuplot") and table.picture(directory)
            if picture:
                f.write(f"\n![{table.name}]({picture})\n")
    print(f"\n{directory}/report.md")
