#!/usr/bin/env python3
"""Pairs dotwright with Graphviz in one run and prints the table of the README.

    crates/dotwright/benches/compare.py [--quick] [--markdown]

Every round runs every program once, in rotated order, on the same files; ratios are taken inside a round, the table
shows their median and spread. A gate fails only when even the best round misses it: machines are noisy, milliseconds
prove nothing. Needs Graphviz, libgraphviz-dev, pkg-config and a C compiler. Files come from ../shared/bench/gen.py where
that exists, else from the generator of the benchmarks.
"""
import json, os, shlex, statistics, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
GENERATOR = ROOT / "../shared/bench/gen.py"
QUICK = "--quick" in sys.argv
MARKDOWN = "--markdown" in sys.argv
ROUNDS = 3 if QUICK else 7
SECONDS = "0.3" if QUICK else "1"
DEVNULL = os.open(os.devnull, os.O_RDWR)


def build():
    out = subprocess.run(
        ["cargo", "bench", "-q", "-p", "dotwright", "--bench", "measure", "--no-run", "--message-format=json"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    measure = [m["executable"] for m in map(json.loads, out.splitlines())
               if m.get("reason") == "compiler-artifact" and m.get("executable") and m["target"]["name"] == "measure"][-1]
    subprocess.run(["cargo", "build", "-q", "--release", "-p", "dotwright"], cwd=ROOT, check=True)
    target = Path(json.loads(subprocess.run(["cargo", "metadata", "--format-version=1", "--no-deps"], cwd=ROOT, check=True,
                                            stdout=subprocess.PIPE, text=True).stdout)["target_directory"])
    cgraph = target / "cgraph-bench"
    flags = shlex.split(subprocess.run(["pkg-config", "--cflags", "--libs", "libcgraph"], check=True,
                                       stdout=subprocess.PIPE, text=True).stdout)
    subprocess.run(["cc", "-O2", str(HERE / "cgraph.c"), "-o", str(cgraph), *flags], check=True)
    return measure, str(target / "release/dotwright"), str(cgraph)


def generate(folder, measure):
    sizes = [10, 1000, 10000] if QUICK else [10, 100, 1000, 10000, 100000]
    if GENERATOR.exists():
        kinds = "pipeline,small" + ("" if QUICK else ",patho")
        subprocess.run([sys.executable, str(GENERATOR), folder, "--kinds", kinds, "--sizes", ",".join(map(str, sizes))], check=True)
        return sizes
    os.makedirs(f"{folder}/pipeline")
    os.makedirs(f"{folder}/small")
    for n in sizes:
        with open(f"{folder}/pipeline/{n}.dot", "wb") as file:
            subprocess.run([measure, "generate", str(n)], check=True, stdout=file)
    for i in range(1000):
        with open(f"{folder}/small/{i}.dot", "wb") as file:
            subprocess.run([measure, "generate", "30"], check=True, stdout=file)
    return sizes


def in_process(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def whole_process(command):
    """CPU seconds and peak megabytes of a child."""
    actions = [(os.POSIX_SPAWN_DUP2, DEVNULL, fd) for fd in (0, 1, 2)]
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def rounds(programs):
    """Runs {name: function} in rotated order; gives {name: [result per round]}."""
    names, results = list(programs), {name: [] for name in programs}
    for r in range(ROUNDS + 1):
        for name in names[r % len(names):] + names[:r % len(names)]:
            result = programs[name]()
            if r:  # round 0 warms up
                results[name].append(result)
    return results


ROWS, FAILED = [], []


def row(what, ratios, gate, aim, at_least):
    best = max(ratios) if at_least else min(ratios)
    median = statistics.median(ratios)
    met = (lambda value, limit: value >= limit) if at_least else (lambda value, limit: value <= limit)
    verdict = "aim" if met(median, aim) else "gate" if met(median, gate) else "near" if met(best, gate) else "MISSED"
    if verdict == "MISSED":
        FAILED.append(what)
    sign = "≥" if at_least else "≤"
    ROWS.append((what, f"{median:.2f}", f"{min(ratios):.2f}..{max(ratios):.2f}", f"{sign} {gate} [{aim}]", verdict))


def main():
    measure, dotwright, cgraph = build()
    with tempfile.TemporaryDirectory() as folder:
        sizes = generate(folder, measure)
        file = lambda n: f"{folder}/pipeline/{n}.dot"
        phases = {}
        for n in [n for n in sizes if n >= 1000]:
            programs = {phase: (lambda phase=phase: in_process([measure, phase, file(n), SECONDS])) for phase in ("lex", "parse", "lint", "hints", "format")}
            if n <= 10000:
                programs["cgraph"] = lambda: in_process([cgraph, file(n), SECONDS])
            found = phases[n] = rounds(programs)
            ratio = lambda a, b: [x["cpu_ns"] / y["cpu_ns"] for x, y in zip(found[a], found[b])]
            if n <= 10000:
                row(f"libcgraph / parse, {n} nodes", ratio("cgraph", "parse"), 10, 18, True)
            row(f"parse / own lexer, {n} nodes", ratio("parse", "lex"), 4, 3, False)
            row(f"lower and all default rules / parse, {n} nodes", ratio("lint", "parse"), 4, 2.5, False)
            row(f"the same with hints, as editors ask / parse, {n} nodes", ratio("hints", "parse"), 4, 2.5, False)
            row(f"allocations a node in parse, {n} nodes", [x["allocations"] / n for x in found["parse"]], 1, 0.1, False)
        if 100000 in phases:
            for phase in ("parse", "lint", "format"):
                pairs = zip(phases[100000][phase], phases[10000][phase])
                row(f"{phase}, 100k / 10k nodes", [a["cpu_ns"] / b["cpu_ns"] for a, b in pairs], 14, 12, False)
        # A process of ten nodes is shorter than the clock of wait4 resolves well: take twenty of them.
        def twenty(command):
            return lambda: sum(whole_process(command)[0] for _ in range(20))
        check = [dotwright, "check", "--isolated"]
        found = rounds({"gc": twenty(["gc", "-n", "-e", file(10)]), "check": twenty([*check, file(10)])})
        row("check / gc, 10 nodes, whole process", [a / b for a, b in zip(found["check"], found["gc"])], 2, 1.5, False)
        one = lambda command: (lambda: whole_process(command)[0])
        found = rounds({"gc": one(["gc", "-n", "-e", file(10000)]), "check": one([*check, file(10000)])})
        row("check / gc, 10k nodes, whole process", [a / b for a, b in zip(found["check"], found["gc"])], 0.35, 0.2, False)
        small = sorted(str(path) for path in Path(f"{folder}/small").rglob("*.dot"))
        found = rounds({"gc": one(["gc", "-n", "-e", *small]), "check": one([*check, *small])})
        row("check / gc, 1,000 files in one process", [a / b for a, b in zip(found["check"], found["gc"])], 0.25, 0.12, False)
        for path in sorted(Path(folder).glob("patho/*.dot")):
            size = path.stat().st_size / 1e6
            lexer = in_process([measure, "lex", str(path), "0.1"])["cpu_ns"] / 1e9
            limit = 20 * lexer + 0.020
            runs = [whole_process([*check, str(path)]) for _ in range(3)]
            row(f"{path.stem}: CPU / (20 lexer + 20 ms)", [cpu / limit for cpu, _, _ in runs], 1, 1, False)
            row(f"{path.stem}: memory / (16 bytes + 20 MB)", [peak / (16 * size + 20) for _, peak, _ in runs], 1, 1, False)
            FAILED.extend(f"{path.stem}: exit code {code}" for _, _, code in runs if code not in (0, 1))
    heads = ("what", "median", "spread", "gate [aim]", "")
    if MARKDOWN:
        print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
        for cells in ROWS:
            print("| " + " | ".join(cells) + " |")
    else:
        widths = [max(len(cells[i]) for cells in [heads, *ROWS]) for i in range(len(heads))]
        for cells in [heads, *ROWS]:
            print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    if FAILED:
        sys.exit("missed even in the best round: " + "; ".join(FAILED))


main()
