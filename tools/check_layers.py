#!/usr/bin/env python3
"""Checks that every #include in src/ follows src/layers.toml.

--cmake prints the mycel_module() calls for the build, --diagram the module graph of ARCHITECTURE.md.
--diagram-write puts that graph into ARCHITECTURE.md, --diagram-check fails when another one is there.
"""

import re
import sys
import tomllib
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
PUBLIC = SRC.parent / "include"
RULES = tomllib.loads((SRC / "layers.toml").read_text())
MODULES, PURE = RULES["modules"], RULES["pure"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
ARCHITECTURE = SRC.parent / "ARCHITECTURE.md"
DIAGRAM_BEGIN = "<!-- made from src/layers.toml by tools/check_layers.py --diagram-write -->\n"
DIAGRAM_END = "<!-- end of what is made -->\n"
STANDARD = re.compile(r"^(c?[a-z_]+|[a-z]+int\.h)$")  # <vector>, <cstdint>, <stdint.h>


def module_of(path: str) -> str:
    """The module is the longest folder of the path that layers.toml names."""
    folders = [m for m in MODULES if path.startswith(m + "/")]
    return max(folders, key=len) if folders else path.rsplit("/", 1)[0]


def include_problem(module: str, kind: str, target: str) -> str | None:
    rules = MODULES[module]
    if kind == "<":
        if not STANDARD.match(target) and not target.startswith(tuple(rules.get("external", ["\0"]))):
            return f"<{target}>: only a module that lists it as `external` may include it"
        if rules.get("pure") and target in PURE["headers"]:
            return f"<{target}> in a pure module: take the effect in as an argument"
        return None
    if (PUBLIC / target).exists():
        is_owner = target.startswith(tuple(rules.get("external", ["\0"])))
        return None if is_owner else f'"{target}": only the module that implements the public face may include it'
    if not (SRC / target).exists():
        return f'"{target}": write the full path from src/'
    other = module_of(target)
    if other == module:
        return None
    if other not in rules["uses"]:
        return f"{module} may not include {other} (it uses: {', '.join(rules['uses']) or 'nothing'})"
    doors = MODULES[other].get("doors")
    if doors and target.removeprefix(other + "/") not in doors:
        return f'"{target}" is not a door of {other} (doors: {", ".join(doors)})'
    return None


def check_file(file: Path):
    module = module_of(file.relative_to(SRC).as_posix())
    if module not in MODULES:
        yield 1, f"module {module} is not in layers.toml"
        return
    is_test = file.stem.endswith(("_test", "_testing", "_fuzz", "_bench"))
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if include := INCLUDE.match(line):
            problem = include_problem(module, *include.groups())
            if problem and not is_test:
                yield number, problem
        elif MODULES[module].get("pure") and not is_test:
            code = line.split("//")[0]
            yield from ((number, f"`{word}` in a pure module: take the effect in as an argument")
                        for word in PURE["words"] if word in code)


def cycles():
    def visit(module, path):
        if module in path:
            yield " -> ".join([*path[path.index(module):], module])
            return
        for used in MODULES[module]["uses"]:
            yield from visit(used, [*path, module])
    for module in MODULES:
        yield from visit(module, [])


def undeclared():
    for module, rules in MODULES.items():
        yield from (f"{module} uses {used}, which is no module" for used in rules["uses"] if used not in MODULES)


def cmake_call(module: str, rules: dict) -> str:
    return f"mycel_module({module} USES {' '.join(rules['uses'])} LINKS {' '.join(rules.get('links', []))})"


def below(module: str) -> set[str]:
    """Everything that a module reaches through what it uses."""
    direct = set(MODULES[module]["uses"])
    return direct.union(*(below(used) for used in direct))


def arrows(module: str) -> list[str]:
    """What a module uses, without what follows from the rest."""
    uses = MODULES[module]["uses"]
    return [used for used in uses if not any(used in below(other) for other in uses)]


def name(module: str) -> str:
    return module.replace("/", "_")


def diagram() -> str:
    lines = ["```mermaid", "flowchart TD"]
    for layer in dict.fromkeys(module.split("/")[0] for module in reversed(MODULES)):
        members = [module for module in MODULES if module.split("/")[0] == layer]
        is_pure = all(MODULES[module].get("pure") for module in members)
        lines.append(f'  subgraph {layer}_layer["{layer}{" (pure)" if is_pure else ""}"]')
        lines += [f'    {name(module)}["{module.removeprefix(layer + "/")}"]' for module in members]
        lines.append("  end")
    lines += [f"  {name(module)} --> {name(used)}" for module in MODULES for used in arrows(module)]
    return "\n".join([*lines, "```", ""])


def refresh_diagram(is_check: bool) -> int:
    old = ARCHITECTURE.read_text()
    head, _, rest = old.partition(DIAGRAM_BEGIN)
    _, end, tail = rest.partition(DIAGRAM_END)
    if not end:
        print("ARCHITECTURE.md: the two lines between which the diagram stands are missing")
        return 1
    new = head + DIAGRAM_BEGIN + diagram() + DIAGRAM_END + tail
    if is_check and new != old:
        print("ARCHITECTURE.md: the diagram is not that of src/layers.toml; run tools/check_layers.py --diagram-write")
        return 1
    if not is_check:
        ARCHITECTURE.write_text(new)
    return 0


def main() -> int:
    if "--diagram" in sys.argv:
        print(diagram(), end="")
        return 0
    if "--diagram-write" in sys.argv or "--diagram-check" in sys.argv:
        return refresh_diagram("--diagram-check" in sys.argv)
    if "--cmake" in sys.argv:
        print("\n".join(cmake_call(m, rules) for m, rules in MODULES.items()))
        return 0
    problems = [f"src/layers.toml:1: {what}" for what in undeclared()]
    if not problems:
        problems = [f"src/layers.toml:1: cycle {c}" for c in sorted(set(cycles()))]
        for file in sorted(SRC.rglob("*.[hc]pp")):
            problems += [f"src/{file.relative_to(SRC)}:{line}: {what}" for line, what in check_file(file)]
    print("\n".join(problems) or "layers ok")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
