#!/usr/bin/env python3
"""Runs ci/argocd-plugin.yaml in Argo CD's own server of plugins, asked as the repo server asks it.

    .ci/cmp.py PLIMSOLL ARGOCD

ARGOCD is what .ci/argocd builds to. The manifests that come back are what plimsoll prints. Needs PyYAML.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
APP = "charts/wallet-api"


def run(command, **more):
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **more})
    if answer.returncode:
        sys.exit(f"{' '.join(map(str, command))}: status {answer.returncode}\n{answer.stderr[-2000:]}")
    return answer.stdout


def sorted_objects(objects):
    return sorted((json.dumps(o, sort_keys=True) for o in objects if o), key=str)


def main():
    plimsoll, argocd = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    cases = [
        (["PARAM_ENVIRONMENT=prod", "PARAM_CLUSTER=np-gcp"],
         ["render", APP, "--include-crds", "--env", "prod", "--cluster", "np-gcp"]),
        (["KUBE_VERSION=1.35.0"],
         ["template", "wallet", APP, "--include-crds", "--namespace", "pay", "--kube-version", "1.35.0"]),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "config").mkdir()
        shutil.copy(ROOT / "ci" / "argocd-plugin.yaml", folder / "config" / "plugin.yaml")
        (folder / "bin").mkdir()
        (folder / "bin" / "plimsoll").symlink_to(plimsoll)
        repository = folder / "repository"
        repository.mkdir()
        for name in ["charts", "environments"]:
            shutil.copytree(ROOT / name, repository / name, symlinks=True)
        shutil.copy(ROOT / "plimsoll.yaml", repository)
        sockets = {"ARGOCD_PLUGINSOCKFILEPATH": scratch, "TMPDIR": scratch}
        path = f"{folder / 'bin'}:{os.environ['PATH']}"
        with open(folder / "log", "w", encoding="utf-8") as log:
            server = subprocess.Popen([argocd, "serve", folder / "config"], env={**os.environ, **sockets, "PATH": path},
                                      stdout=log, stderr=log)
        try:
            for _ in range(100):
                if (folder / "plimsoll.sock").exists():
                    break
                time.sleep(0.1)
            for variables, command in cases:
                app = ["ARGOCD_APP_NAME=wallet", "ARGOCD_APP_NAMESPACE=pay", *variables]
                answer = run([argocd, "generate", repository, repository / APP, *app], **sockets)
                made = sorted_objects(map(json.loads, answer.splitlines()))
                expected = sorted_objects(yaml.safe_load_all(run([plimsoll, *command])))
                if made != expected:
                    sys.exit(f"{variables}: {len(made)} and {len(expected)} objects differ\n{(folder / 'log').read_text()[-2000:]}")
                print(f"argocd-cmp-server with {' '.join(variables)}: {len(made)} objects")
        finally:
            # It waits for its callers where it is asked politely.
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
