#!/usr/bin/env python3
"""Medians of what the bench scripts printed: a table, Markdown, pictures.

Reads DIRECTORY/raw.tsv (script, row, who, unit, value); prints the table,
writes DIRECTORY/report.md and, where gnuplot is installed, a picture for each
script.
"""
import os
import platform
import shutil
import statistics
import subprocess
import sys


def command(*argv):
    try:
        run = subprocess.run(argv, capture_output=True, text=True, timeout=20)
    except OSError:
        return None
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def machine():
    cpu = "unknown processor"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":")[1].strip()
                break
    about = [f"{cpu}, {os.cpu_count()} processors",
             f"Linux {platform.release()}"]
    for argv in (("gcc", "--version"), ("zmap", "-V"),
                 ("/usr/sbin/zmap", "-V"), ("masscan", "--version")):
        if shutil.which(argv[0]):
            about.append(command(*argv) or argv[0])
    return about


def human(value):
    for limit, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{suffix}"
    return f"{value:.3g} "


def read(path):
    rows = {}
    with open(path) as f:
        for line in f:
            part = line.rstrip("\n").split("\t")
            if len(part) != 5:
                print(f"bench: not a measurement: {line!r}", file=sys.stderr)
                continue
            rows.setdefault(tuple(part[:4]), []).append(float(part[4]))
    return rows


def picture(directory, script, rows):
    data = os.path.join(directory, f"{script}.dat")
    with open(data, "w") as f:
        for (_, row, who, unit), values in rows:
            label = f"{row}, {who} ({unit})".replace('"', "'")
            f.write(f'"{label}" {statistics.median(values)} '
                    f"{min(values)} {max(values)}\n")
    height = 60 + 26 * len(rows)
    plot = f"""
        set terminal pngcairo size 1100,{height} font "Sans,9"
        set output "{directory}/{script}.png"
        set title "{script}: median, least and most"
        set logscale x; set format x "%.0s %c"; set grid x; unset key
        set yrange [-0.7:{len(rows) - 0.3}] reverse
        set lmargin 52
        plot "{data}" using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 1.2
    """
    subprocess.run(["gnuplot"], input=plot, text=True, check=False)


def main():
    directory = sys.argv[1]
    rows = read(os.path.join(directory, "raw.tsv"))
    about = machine()
    table = [("bench", "row", "who", "median", "least", "most", "")]
    for (script, row, who, unit), values in rows.items():
        table.append((script, row, who, human(statistics.median(values)),
                      human(min(values)), human(max(values)), unit))
    width = [max(len(r[i]) for r in table) for i in range(7)]
    for r in table:
        print("  ".join(c.rjust(w) if 3 <= i <= 5 else c.ljust(w)
                        for i, (c, w) in enumerate(zip(r, width))).rstrip())
    with open(os.path.join(directory, "report.md"), "w") as f:
        f.write("".join(f"- {line}\n" for line in about) + "\n")
        f.write("| bench | row | who | median | least | most | unit |\n")
        f.write("|---|---|---|--:|--:|--:|---|\n")
        for r in table[1:]:
            f.write("| " + " | ".join(c.strip() for c in r) + " |\n")
    if shutil.which("gnuplot"):
        for script in dict.fromkeys(key[0] for key in rows):
            mine = [r for r in rows.items() if r[0][0] == script]
            picture(directory, script, mine)
    print(f"\n{directory}/report.md")


if __name__ == "__main__":
    main()
