#!/usr/bin/env python3
"""Writes schemas/crds/*.yaml: the definitions of the custom resources that charts/ uses, as their projects publish them.

    .ci/crds.py [--check]

They come from the projects' Go modules, through the Go proxy and its checksum database. Left out are descriptions and
versions that are not served: nothing that a check looks at. --check writes nothing and fails if a file is stale. Needs
go and PyYAML.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

# Module, version, folder of the module, names of its files.
SOURCES = [
    ("github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases",
     ["keda.sh_scaledobjects", "keda.sh_triggerauthentications"]),
    ("github.com/argoproj/argo-rollouts", "v1.9.2", "manifests/crds",
     ["rollout-crd", "analysis-template-crd"]),
    ("github.com/external-secrets/external-secrets", "v1.3.2", "config/crds/bases",
     ["external-secrets.io_externalsecrets", "external-secrets.io_clustersecretstores", "external-secrets.io_secretstores"]),
    ("github.com/prometheus-operator/prometheus-operator", "v0.85.0", "example/prometheus-operator-crd",
     ["monitoring.coreos.com_servicemonitors", "monitoring.coreos.com_prometheusrules", "monitoring.coreos.com_podmonitors",
      "monitoring.coreos.com_probes", "monitoring.coreos.com_alertmanagerconfigs"]),
    ("sigs.k8s.io/gateway-api", "v1.3.0", "config/crd/standard",
     ["gateway.networking.k8s.io_gatewayclasses", "gateway.networking.k8s.io_gateways",
      "gateway.networking.k8s.io_httproutes"]),
    ("sigs.k8s.io/network-policy-api", "v0.1.7", "config/crd/standard",
     ["policy.networking.k8s.io_adminnetworkpolicies"]),
    ("github.com/kubeflow/spark-operator/v2", "v2.3.0", "config/crd/bases",
     ["sparkoperator.k8s.io_sparkapplications", "sparkoperator.k8s.io_scheduledsparkapplications"]),
    ("github.com/kong/kubernetes-configuration", "v1.5.2", "config/crd/ingress-controller",
     ["configuration.konghq.com_kongplugins", "configuration.konghq.com_kongclusterplugins",
      "configuration.konghq.com_kongconsumers"]),
]

# What modules that the checksum database does not have must be.
SUMS = {
    "github.com/kong/kubernetes-configuration": "h1:E7aL+M7/wnqOkG3WXcO0Kx4Ru/7IM2WwtFv6h8Rx05w=",
}

OUT = pathlib.Path(__file__).resolve().parent.parent / "schemas" / "crds"


# A plain `=`, one of the operators of alert matchers, has a type of its own in YAML 1.1.
yaml.SafeLoader.add_constructor("tag:yaml.org,2002:value", yaml.SafeLoader.construct_yaml_str)


def download(module, version):
    """The folder in the module cache where the module's files are."""
    with tempfile.TemporaryDirectory() as scratch:
        command = ["go", "mod", "download", "-json", f"{module}@{version}"]
        environment = os.environ | ({"GONOSUMDB": module} if module in SUMS else {})
        answer = subprocess.run(command, cwd=scratch, capture_output=True, text=True, env=environment)
    found = json.loads(answer.stdout)
    if found.get("Error"):
        sys.exit(f"{module}@{version}: {found['Error']}")
    if found["Sum"] != SUMS.get(module, found["Sum"]):
        sys.exit(f"{module}@{version} is {found['Sum']}, and not {SUMS[module]}")
    return pathlib.Path(found["Dir"])


def without_descriptions(node, inside_properties=False):
    """A schema without its descriptions; a property that is called description stays."""
    if isinstance(node, list):
        return [without_descriptions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_descriptions(value, key == "properties" and not inside_properties)
        for key, value in node.items()
        if inside_properties or key != "description" or not isinstance(value, str)
    }


def definition(text):
    crd = yaml.safe_load(text)
    versions = [v for v in crd["spec"]["versions"] if v.get("served")]
    for version in versions:
        version.pop("additionalPrinterColumns", None)
    spec = {key: crd["spec"][key] for key in ("group", "names", "scope")}
    spec["versions"] = without_descriptions(versions)
    metadata = {"name": crd["metadata"]["name"]}
    # Groups below k8s.io are taken by an API server only with it.
    approved = "api-approved.kubernetes.io"
    if approved in crd["metadata"].get("annotations", {}):
        metadata["annotations"] = {approved: crd["metadata"]["annotations"][approved]}
    return {"apiVersion": crd["apiVersion"], "kind": crd["kind"], "metadata": metadata, "spec": spec}


def main():
    check = sys.argv[1:] == ["--check"]
    wanted = {}
    for module, version, folder, names in SOURCES:
        root = download(module, version)
        for name in names:
            crd = definition((root / folder / f"{name}.yaml").read_text())
            head = f"# From {module} {version}, {folder}/{name}.yaml, without descriptions (.ci/crds.py). Apache-2.0.\n"
            wanted[crd["metadata"]["name"] + ".yaml"] = head + yaml.dump(crd, sort_keys=True, width=120)
    OUT.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in OUT.glob("*.yaml")}
    stale = [n for n, t in wanted.items() if n not in there or (OUT / n).read_text() != t] + sorted(there - set(wanted))
    if check:
        sys.exit(f"stale: {', '.join(stale)}" if stale else 0)
    for name in there - set(wanted):
        (OUT / name).unlink()
    for name, text in wanted.items():
        (OUT / name).write_text(text)
    print(f"{len(wanted)} definitions, {sum(map(len, wanted.values())) // 1024} kB")


if __name__ == "__main__":
    main()
