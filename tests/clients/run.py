"""Runs real OpenStack clients against a cloud and compares what they say with answers.json, which is
what they said of a real OpenStack.

    run.py --config clouds.yaml               # any difference is a failure
    run.py --config clouds.yaml --simulator   # but for those that docs/simulator.md lists
    run.py --config clouds.yaml --record      # writes the answers down
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile

import yaml

import patch
from pattern import Known, differences, loosened, sorted_rows

HERE = pathlib.Path(__file__).parent
ANSWERS = HERE / "answers.json"
PAGE = HERE.parent.parent / "docs/simulator.md"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ me\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--config", required=True, help="the cloud's clouds.yaml")
    parser.add_argument("--simulator", action="store_true", help="differences may be listed")
    parser.add_argument("--record", action="store_true", help="write the answers down")
    parser.add_argument("--output", help="a file for what was said, also if it is as it should be")
    parser.add_argument("--only", default="", help="compare only names with this in them")
    arguments = parser.parse_args()
    os.environ["OS_CLIENT_CONFIG_FILE"] = arguments.config
    patch.no_long_sleeps()
    with tempfile.TemporaryDirectory() as folder:
        seen = answers_of(arguments.config, pathlib.Path(folder))
    text = json.dumps(seen, indent=1, sort_keys=True) + "\n"
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text)
    vain = [name for name, answer in seen.items() if isinstance(answer, dict) and "in_vain" in answer]
    if vain:
        print("waited in vain:", *vain, sep="\n  ")
        return 1
    if arguments.record:
        ANSWERS.write_text(text)
        print(f"{len(seen)} answers written down")
        return 0
    chosen = {name: answer for name, answer in seen.items() if arguments.only in name}
    if arguments.simulator:
        return judge(chosen, listed_differences())
    return judge(without_others(chosen), {})


def steps_of_the_client():
    return yaml.safe_load((HERE / "commands.yaml").read_text())


def without_others(seen):
    """The same without what others may have put into lists that are not the project's alone."""
    wanted = json.loads(ANSWERS.read_text())
    shared = {step.get("name", step["run"]) for step in steps_of_the_client() if step.get("shared")}
    for name in shared & seen.keys() & wanted.keys():
        rows = wanted[name]["output"]
        seen[name]["output"] = [row for row in rows if row in seen[name]["output"]]
    return seen


def answers_of(config, folder):
    """What the clients say, by the name of what was asked."""
    import sdk  # after the environment is set: it reads clouds.yaml
    from project import Project

    seen = {}
    with Project(config, folder, "clients") as project:
        seen.update(commands(project, folder))
    with Project(config, folder, "sdk") as project:
        seen.update(sdk.steps(project))
    return seen


def commands(project, folder):
    from osc import Client

    clients = {"member": Client(project.name), "admin": Client(project.admin)}
    known = Known({"run": project.name, "project": project.id} | files(folder))
    known.names |= {name: project.image(image) for name, image in (("cirros_id", "cirros"),)}
    seen = {}
    for step in steps_of_the_client():
        name = step.get("name", step["run"])
        if name in seen:
            raise ValueError(f"two commands have the name: {name}")
        command = known.send(known.filled(step["run"]))
        client = clients[step.get("as", "member")]
        answer = client.run(command, step.get("until", {}))
        told(name, answer)
        for kept, field in step.get("keep", {}).items():
            if isinstance(answer["output"], dict) and field in answer["output"]:
                known.names[kept] = answer["output"][field]
        pattern = known.pattern(answer)
        loose = step.get("loose", [])
        pattern["output"] = loosened(pattern["output"], loose)
        if "error" in loose:
            pattern["error"] = "<any>"
        seen[name] = pattern if step.get("ordered") else sorted_rows(pattern)
    return seen


def told(name, answer):
    """Says how far it is, for whoever waits."""
    print(f"  {name}", *(["->", *answer["error"]] if answer["error"] else []), file=sys.stderr)


def files(folder):
    contents = {"key": KEY, "wrong": "no key\n", "file": "echo hello\n"}
    for name, text in contents.items():
        (folder / name).write_text(text)
    return {name: str(folder / name) for name in (*contents, "saved")}


def listed_differences():
    """Those that the simulator's page lists, with their reasons."""
    rows = (line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines())
    listed = {row[0]: row[1] for row in rows if len(row) == 2}
    return {name[9:].strip("`"): why for name, why in listed.items() if name.startswith("clients: ")}


def judge(seen, listed):
    """Prints what is not as it was written down; what is listed must still differ."""
    wanted = json.loads(ANSWERS.read_text())
    passed, failed = 0, 0
    for name, answer in seen.items():
        if name not in wanted:
            found = ["no answer is written down"]
        else:
            found = list(differences(wanted[name], answer))
        if name in listed:
            found = [] if found else [f"differs no longer; it is listed: {listed[name]}"]
        passed, failed = passed + (not found), failed + bool(found)
        for line in found:
            print(f"{name}: {line}")
    for name in wanted.keys() - seen.keys():
        print(f"{name}: was not asked")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
