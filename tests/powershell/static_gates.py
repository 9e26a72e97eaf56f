"""Gates that need no PowerShell: syntax of Windows PowerShell 5.1, encoding, exports, help, parameters."""
import json
import os
import re
from pathlib import Path

from tree_sitter import Language, Parser
import tree_sitter_powershell

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parent.parent / "powershell"
MODULE = SHIPPED / "CustomerLockbox"
SHIM = SHIPPED / "ExchangeOnlineManagement"
GOLDEN = HERE / "golden"
BOM = b"\xef\xbb\xbf"
# Nodes of syntax that only PowerShell 7 has.
NEWER_SYNTAX = {"pipeline_chain_tail", "ternary_expression", "null_coalescing_expression"}
# Windows PowerShell 5.1 and 7 together; prefixes are unique only if none of these begins alike.
COMMON = [
    "Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "ErrorVariable",
    "WarningVariable", "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable",
]
COMMON_ALIASES = ["vb", "db", "ea", "wa", "infa", "proga", "ev", "wv", "iv", "ov", "ob", "pv"]
RISK = ["WhatIf", "Confirm"]
RISK_ALIASES = ["wi", "cf"]


def parse(data):
    return Parser(Language(tree_sitter_powershell.language())).parse(data)


def find(node, kind):
    """Nodes of a kind, outermost first."""
    if node.type == kind:
        yield node
    for child in node.children:
        yield from find(child, kind)


def text(node):
    return node.text.decode()


def syntax_faults(data):
    """Places that Windows PowerShell 5.1 would not parse."""
    faults = []

    def walk(node):
        if node.type == "ERROR" or node.is_missing or node.type in NEWER_SYNTAX:
            faults.append(f"line {node.start_point[0] + 1}: {node.type} {text(node)[:60]!r}")
        for child in node.children:
            walk(child)

    walk(parse(data.removeprefix(BOM)).root_node)
    # The grammar has no words for these, and reads some of them as arguments or names.
    for number, line in enumerate(data.removeprefix(BOM).decode().splitlines(), 1):
        code = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line)
        if re.search(r"\?\?|\$\{?\w+\}?\?[.\[]|(^|\s)&&\s|\s\|\|\s", code):
            faults.append(f"line {number}: operator of PowerShell 7 in {line.strip()[:60]!r}")
    return faults


def shipped_files():
    """Both modules, the examples and the package script."""
    return sorted(p for p in SHIPPED.rglob("*") if p.suffix in {".ps1", ".psm1", ".psd1"})


def script_files():
    return shipped_files() + sorted(HERE.rglob("*.ps1"))


def shipped_scripts():
    return sorted(SHIPPED.glob("*.ps1")) + sorted((SHIPPED / "examples").glob("*.ps1"))


def public_functions(module=MODULE):
    return sorted(p.stem for p in (module / "Public").glob("*.ps1"))


def attributes(node):
    """The attributes of a parameter or param block, and its type, if any."""
    found, kind = [], None
    lists = [child for child in node.children if child.type == "attribute_list"]
    for attribute in (a for one in lists for a in one.children if a.type == "attribute"):
        body = text(attribute)
        match = re.fullmatch(r"\[([\w.]+(?:\[\])?)\]", body)
        if match:
            kind = match.group(1)
        else:
            found.append(body)
    return found, kind


def parameters(path):
    """The param block of a public function, read without PowerShell."""
    root = parse(path.read_bytes().removeprefix(BOM)).root_node
    block = next(find(root, "param_block"))
    binding, _ = attributes(block)
    result = {"CmdletBinding": next(b for b in binding if b.startswith("[CmdletBinding")), "Parameters": {}}
    for parameter in find(block, "script_parameter"):
        variable = next(child for child in parameter.children if child.type == "variable")
        found, kind = attributes(parameter)
        name = text(variable).lstrip("$")
        joined = " ".join(found)
        aliases = re.findall(r"\[Alias\(([^)]*)\)\]", joined)
        result["Parameters"][name] = {
            "Type": kind,
            "Mandatory": "Mandatory = $true" in joined,
            "Position": int(m.group(1)) if (m := re.search(r"Position = (\d+)", joined)) else "Named",
            "Pipeline": [w for w in ("ValueFromPipelineByPropertyName", "ValueFromPipeline") if re.search(w + r"\b", joined)],
            "Aliases": re.findall(r"'([^']+)'", aliases[0]) if aliases else [],
            "ParameterSet": re.findall(r"ParameterSetName = '(\w+)'", joined),
        }
    result["SupportsShouldProcess"] = "SupportsShouldProcess = $true" in result["CmdletBinding"]
    return result


def unique_prefixes(name, others):
    """Every prefix that PowerShell would take for this parameter, given the names beside it."""
    lowered = [o.lower() for o in others if o.lower() != name.lower()]
    return [name[:n] for n in range(1, len(name) + 1)
            if n == len(name) or (name[:n].lower() not in COMMON_ALIASES + RISK_ALIASES
                                  and not any(o.startswith(name[:n].lower()) for o in lowered))]


def resolves(prefix, name, declared):
    """Whether an abbreviation means this parameter: an exact name or alias wins, else it must be alone."""
    wanted = prefix.lower()
    names = {p: [p] + d["Aliases"] for p, d in declared["Parameters"].items()}
    common = dict(zip(COMMON, COMMON_ALIASES))
    if declared["SupportsShouldProcess"]:
        common |= dict(zip(RISK, RISK_ALIASES))
    names |= {p: [p, a] for p, a in common.items()}
    for parameter, all_names in names.items():
        if wanted in (n.lower() for n in all_names):
            return parameter == name
    hits = {p for p, all_names in names.items() if any(n.lower().startswith(wanted) for n in all_names)}
    return hits == {name}


def help_faults(path, declared):
    """What comment-based help lacks."""
    source = path.read_text(encoding="utf-8-sig")
    match = re.search(r"<#(.*?)#>", source, re.S)
    if not match:
        return ["no help"]
    block = match.group(1)
    sections = re.split(r"^\s*\.([A-Z]+)[ \t]*([\w]*)[ \t]*$", block, flags=re.M)[1:]
    entries = [(sections[i], sections[i + 1], sections[i + 2].strip()) for i in range(0, len(sections), 3)]
    faults = [f"no .{kind}" for kind in ("SYNOPSIS", "DESCRIPTION", "OUTPUTS", "EXAMPLE")
              if not any(k == kind and body for k, _, body in entries)]
    described = {name for kind, name, body in entries if kind == "PARAMETER" and body}
    faults += [f"no .PARAMETER {name}" for name in declared["Parameters"] if name not in described]
    faults += [f".PARAMETER {name} does not exist" for name in described if name not in declared["Parameters"]]
    for _, _, body in (e for e in entries if e[0] == "EXAMPLE"):
        if path.stem not in body.split("\n\n")[0]:
            faults.append(f"an example does not call {path.stem}")
        if "\n\n" not in body.replace("\r", ""):
            faults.append("an example says not what it does")
    return faults


def exports(module):
    source = (module / f"{module.name}.psd1").read_text(encoding="utf-8-sig")
    return re.findall(r"'([^']+)'", re.search(r"FunctionsToExport\s*=\s*@\((.*?)\)", source, re.S).group(1))


def golden(name, value):
    """Holds a value against its golden file; LOCKBOX_ACCEPT_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    rendered = json.dumps(value, indent=1, sort_keys=False) + "\n"
    if os.environ.get("LOCKBOX_ACCEPT_GOLDEN") == "1":
        path.write_text(rendered)
    return "" if path.read_text() == rendered else f"differs from {path.name}: {first_difference(path.read_text(), rendered)}"


def first_difference(old, new):
    for number, (a, b) in enumerate(zip(old.splitlines(), new.splitlines()), 1):
        if a != b:
            return f"line {number} was {a.strip()!r}, is {b.strip()!r}"
    return "the length differs"


def documented_faults(declared_by_name):
    """Documented parameters (golden/documented.json) that are missing, differ, or lost an abbreviation."""
    documented = json.loads((GOLDEN / "documented.json").read_text())
    prefixes = json.loads((GOLDEN / "prefixes.json").read_text())
    for command, wanted in documented.items():
        declared = declared_by_name[command]
        faults = []
        if "PositionalBinding = $false" not in declared["CmdletBinding"]:
            faults.append("positional binding is on")
        for name, (required, position) in wanted["parameters"].items():
            have = declared["Parameters"].get(name)
            if have is None:
                faults.append(f"-{name} is missing")
            elif (have["Mandatory"], have["Position"]) != (required, position):
                faults.append(f"-{name} is {have['Mandatory']}, {have['Position']}")
        for name, expected in prefixes[command].items():
            beside = list(wanted["parameters"]) + COMMON + (RISK if wanted["risk"] else [])
            if unique_prefixes(name, beside) != expected:
                faults.append(f"the golden prefixes of -{name} are not those of the documented cmdlet")
            faults += [f"-{p} does not mean -{name} any more" for p in expected if not resolves(p, name, declared)]
        yield command, faults


def run(report):
    """Runs every gate; `report(name, fault)` takes one result each."""
    for path in script_files():
        data = path.read_bytes()
        name = path.relative_to(SHIPPED.parent)
        if path.is_relative_to(SHIPPED):  # the tests themselves are for PowerShell 7
            report(f"{name} is Windows PowerShell 5.1 syntax", "; ".join(syntax_faults(data)))
        faults = [] if data.startswith(BOM) else ["no byte order mark"]
        faults += [f"line {n}: space at the end" for n, line in enumerate(data.decode("utf-8-sig").split("\n"), 1)
                   if line.rstrip("\r") != line.rstrip("\r").rstrip()]
        faults += ["carriage returns"] if b"\r" in data else []
        report(f"{name} has a byte order mark and no spaces at line ends", "; ".join(faults))
    for sample in (b"$a ? 1 : 2", b"$a ?? 1", b"$a?.b", b"a && b", b"a || b", b"if ($a) {"):
        report(f"the syntax gate refuses {sample.decode()!r}", "" if syntax_faults(sample) else "accepted")
    declared = {module: {} for module in (MODULE, SHIM)}
    for module in declared:
        exported, public = exports(module), public_functions(module)
        report(f"exports of {module.name} equal the files in Public", "" if exported == public else f"{exported} / {public}")
        for name in public:
            path = module / "Public" / f"{name}.ps1"
            root = parse(path.read_bytes().removeprefix(BOM)).root_node
            functions = [text(f) for f in find(root, "function_name")]
            report(f"{name}.ps1 holds that one function", "" if functions == [name] else str(functions))
            declared[module][name] = parameters(path)
            report(f"help of {name} is complete", "; ".join(help_faults(path, declared[module][name])))
    for path in shipped_scripts():
        report(f"help of {path.name} is complete", "; ".join(help_faults(path, parameters(path))))
        stops = re.search(r"^\)\n\$ErrorActionPreference = 'Stop'$", path.read_text(encoding="utf-8-sig"), re.M)
        report(f"{path.name} begins with $ErrorActionPreference = 'Stop'", "" if stops else "it does not, right behind its parameters")
    documented = json.loads((GOLDEN / "documented.json").read_text())
    for name, command in declared[SHIM].items():
        added = sorted(set(command["Parameters"]) - set(documented[name]["parameters"]))
        report(f"{name} has the documented parameters only", ", ".join(added))
    report("parameters equal the golden file", golden("parameters.json", declared[MODULE]))
    for command, faults in documented_faults(declared[MODULE] | declared[SHIM]):
        report(f"{command} keeps its documented parameters and abbreviations", "; ".join(faults))
