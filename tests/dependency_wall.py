"""Holds the arrows between crates: core <- {viewer <- pipeline <- {jobs, searching}, embedding, {adapters, http} <- cloud, indexing,
logging, testkit} <- {functions, task, local, tests, benches}.

Also budgets the number of crates behind each of ours, and allows known licences only. Reads `cargo metadata`.
"""

import json
import re
import subprocess
import sys

# What a crate of ours may name of ours; dev-dependencies are free to use testkit.
MAY_USE = {
    "graphnode-core": set(),
    "graphnode-viewer": {"graphnode-core"},
    "graphnode-pipeline": {"graphnode-core", "graphnode-viewer"},
    "graphnode-embedding": {"graphnode-core"},
    "graphnode-adapters": {"graphnode-core"},
    "graphnode-jobs": {"graphnode-core", "graphnode-pipeline"},
    "graphnode-logging": {"graphnode-core"},
    "graphnode-testkit": {"graphnode-core"},
    "graphnode-worker": {
        "graphnode-core", "graphnode-jobs", "graphnode-embedding", "graphnode-adapters", "graphnode-logging",
    },
    "graphnode-task": {
        "graphnode-core", "graphnode-jobs", "graphnode-embedding", "graphnode-adapters", "graphnode-logging",
    },
    "graphnode-indexing": {"graphnode-core"},
    "graphnode-searching": {"graphnode-core", "graphnode-pipeline"},
    "graphnode-indexer": {"graphnode-core", "graphnode-adapters", "graphnode-indexing", "graphnode-logging"},
    "graphnode-http": {"graphnode-core", "graphnode-searching"},
    "graphnode-cloud": {"graphnode-core", "graphnode-adapters", "graphnode-http"},
    "graphnode-api": {"graphnode-core", "graphnode-cloud", "graphnode-http", "graphnode-logging"},
    "graphnode-search": {
        "graphnode-core", "graphnode-adapters", "graphnode-embedding", "graphnode-http", "graphnode-logging",
        "graphnode-searching",
    },
    # The whole system in one process (`serve`).
    "graphnode": {
        "graphnode-core", "graphnode-pipeline", "graphnode-embedding", "graphnode-adapters", "graphnode-jobs",
        "graphnode-indexing", "graphnode-http", "graphnode-cloud", "graphnode-searching", "graphnode-viewer",
    },
    "graphnode-tests": set(),
    "graphnode-benches": {
        "graphnode-core", "graphnode-pipeline", "graphnode-embedding", "graphnode-testkit", "graphnode-viewer",
    },
}
# Most crates behind each, itself included (normal and build dependencies), with the features it asks for.
BUDGET = {
    "graphnode-core": 30,
    "graphnode-viewer": 40,
    "graphnode-pipeline": 115,
    "graphnode-embedding": 105,
    "graphnode-adapters": 40,
    "graphnode-jobs": 120,
    "graphnode-indexing": 34,
    "graphnode-logging": 36,
    "graphnode-searching": 120,
    "graphnode-worker": 300,
    "graphnode-task": 290,
    "graphnode-indexer": 205,
    "graphnode-http": 75,
    "graphnode-cloud": 200,
    "graphnode-api": 230,
    "graphnode-search": 320,
    "graphnode": 350,
}
# The same for single features: a function pays for what it names.
FEATURE_BUDGET = {
    ("graphnode-adapters", "s3"): 175,
    ("graphnode-adapters", "sqs"): 166,
    ("graphnode-adapters", "ecs"): 166,
    ("graphnode-adapters", "chroma"): 114,
    ("graphnode-adapters", "secrets"): 185,
    ("graphnode-adapters", "s3,sqs,ecs,secrets"): 186,
}
# Second TLS stacks and the like, in any package of the lock file: name, and the version it begins with.
FORBIDDEN = [("openssl-sys", ""), ("native-tls", ""), ("aws-lc-sys", ""), ("rustls", "0.21."), ("hyper", "0.")]
# What must not stand behind a package, however far: a function that only moves vectors links nothing that makes them.
NUMERICS = {
    "graphnode-pipeline", "graphnode-embedding", "rayon", "matrixmultiply", "nalgebra", "jieba-rs", "zip", "memmap2",
    "safetensors", "tokenizers",
}
NOT_BEHIND = {
    "graphnode-indexing": NUMERICS | {"graphnode-adapters", "reqwest", "aws-config"},
    "graphnode-api": NUMERICS | {"graphnode-searching", "graphnode-jobs", "graphnode-indexing", "regex", "clap"},
    "graphnode-indexer": NUMERICS | {"aws-sdk-sqs", "aws-sdk-ecs", "regex", "clap"},
    "graphnode-http": NUMERICS | {"graphnode-adapters", "reqwest", "aws-config", "clap"},
}
LICENCES = {
    "Apache-2.0", "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC", "Unicode-3.0", "Zlib", "Unlicense",
    "0BSD", "CC0-1.0", "CDLA-Permissive-2.0", "Apache-2.0 WITH LLVM-exception",
}


def allowed(licence):
    """Whether some branch of an SPDX expression holds only licences of the list."""
    text = licence.replace("/", " OR ").replace("(", " ").replace(")", " ")
    branches = re.split(r"\s+OR\s+", text.strip())
    return any(all(part.strip() in LICENCES for part in re.split(r"\s+AND\s+", branch)) for branch in branches)


def main():
    host = re.search(r"^host: (.*)$", subprocess.check_output(["rustc", "-vV"], text=True), re.MULTILINE).group(1)
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features", "--filter-platform", host]
    metadata = json.loads(subprocess.check_output(command))
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    members = {packages[member]["name"]: member for member in metadata["workspace_members"]}
    problems = []

    def used(identity):
        dependencies = nodes[identity]["deps"]
        return [d["pkg"] for d in dependencies if any(kind["kind"] != "dev" for kind in d["dep_kinds"])]

    def crates_behind(name, features=None):
        # Not from the metadata: there the features of all packages are united.
        command = ["cargo", "tree", "--locked", "--package", name, "--target", host, "--edges", "normal,build"]
        command += ["--prefix", "none", "--format", "{p}", *(["--features", features] if features else [])]
        lines = subprocess.check_output(command, text=True).splitlines()
        return {tuple(line.split()[:2]) for line in lines if line}

    def within(label, crates, most):
        print(f"{label}: {len(crates)} crates")
        if len(crates) > most:
            problems.append(f"{label} stands on {len(crates)} crates, more than {most}")

    for name, identity in sorted(members.items()):
        ours = {packages[other]["name"] for other in used(identity)} & set(members)
        if name not in MAY_USE:
            problems.append(f"{name} is not in tests/dependency_wall.py")
        elif ours - MAY_USE[name]:
            problems.append(f"{name} must not use {', '.join(sorted(ours - MAY_USE[name]))}")
        behind = crates_behind(name)
        within(name, behind, BUDGET.get(name, sys.maxsize))
        for linked in sorted({crate for crate, _ in behind} & NOT_BEHIND.get(name, set())):
            problems.append(f"{name} must not link {linked}")
    for (name, features), most in FEATURE_BUDGET.items():
        within(f"{name} with {features}", crates_behind(name, features), most)
    for package in packages.values():
        if not allowed(package.get("license") or ""):
            problems.append(f"{package['name']} {package['version']} has licence {package.get('license')}")
        if (package.get("source") or "").startswith("git+"):
            problems.append(f"{package['name']} comes from git")
        for name, version in FORBIDDEN:
            if package["name"] == name and package["version"].startswith(version):
                problems.append(f"{name} {package['version']} must not be linked")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
