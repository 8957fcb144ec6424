"""Reads what `go version -m -json` says of a program, and prints it as a CycloneDX bill of materials."""

import json
import sys


def component(kind, module):
    purl = f"pkg:golang/{module['Path']}@{module['Version']}"
    made = {"type": kind, "name": module["Path"], "version": module["Version"], "purl": purl, "bom-ref": purl}
    if "Sum" in module:
        made["properties"] = [{"name": "go:sum", "value": module["Sum"]}]
    return made


info = json.load(sys.stdin)
modules = [module.get("Replace", module) if module.get("Replace", {}).get("Version") else module for module in info.get("Deps", [])]
settings = [{"name": "go:build:" + s["Key"], "value": s["Value"]} for s in info["Settings"]]
json.dump(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component("application", info["Main"]), "properties": settings},
        "components": [component("library", module) for module in modules]
        + [component("library", {"Path": "stdlib", "Version": info["GoVersion"].removeprefix("go")})],
    },
    sys.stdout,
    indent=2,
)
print()
