"""Runs real OpenStack clients against a cloud and compares what they say with answers.json, which is
what they said of a real OpenStack.

    run.py --config clouds.yaml               # what differs in two runs is a failure
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
    patch.no_long_sleeps()
    seen = answers_of(arguments.config)
    text = json.dumps(seen, indent=1, sort_keys=True) + "\n"
    if arguments.output:
        pathlib.Path(arguments.output).write_text(text)
    return written_down(seen, text) if arguments.record else judge(seen, arguments)


def written_down(seen, text):
    """Records the answers, unless the cloud was too slow for one."""
    vain = [name for name, answer in seen.items() if isinstance(answer, dict) and "in_vain" in answer]
    if vain:
        print("waited in vain:", *vain, sep="\n  ")
        return 1
    ANSWERS.write_text(text)
    print(f"{len(seen)} answers written down")
    return 0


def steps_of_the_client():
    return yaml.safe_load((HERE / "commands.yaml").read_text())


def without_others(seen, wanted):
    """The same without what others may have put into lists that are not the project's alone."""
    shared = {step.get("name", step["run"]) for step in steps_of_the_client() if step.get("shared")}
    for name in shared & seen.keys() & wanted.keys():
        rows = wanted[name]["output"]
        seen[name]["output"] = [row for row in rows if row in seen[name]["output"]]
    return seen


def answers_of(config):
    """What the clients say, by the name of what was asked."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = config
    import sdk  # after the environment is set: it reads clouds.yaml
    from project import Project

    seen = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
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
        progress(name, answer)
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


def progress(name, answer):
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


def judge(seen, arguments):
    """Says what is not as it was written down. A real cloud is at work while it is asked: what it says
    otherwise than before counts if it is not as before in a second run either."""
    found = told(seen, arguments)
    if any(found.values()) and not arguments.simulator:
        print("once more, for what was so in that moment only", flush=True)
        again = told(answers_of(arguments.config), arguments)
        found = {name: lines and again[name] for name, lines in found.items()}
    failed = sum(map(bool, found.values()))
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed or not found else 0


def told(seen, arguments):
    """What differs by the name of what was asked, printed a line each."""
    wanted = json.loads(ANSWERS.read_text())
    listed = listed_differences() if arguments.simulator else {}
    seen = seen if arguments.simulator else without_others(seen, wanted)
    names = [name for name in seen | wanted if arguments.only in name]
    found = {name: differences_of(name, seen, wanted, listed) for name in names}
    for name, lines in found.items():
        for line in lines:
            print(f"{name}: {line}", flush=True)
    return found


def differences_of(name, seen, wanted, listed):
    """How one answer differs, a line each; what is listed must still differ."""
    if name not in seen:
        return ["was not asked"]
    if name not in wanted:
        return ["no answer is written down"]
    found = list(differences(wanted[name], seen[name]))
    if name in listed:
        return [] if found else [f"differs no longer; it is listed: {listed[name]}"]
    return found


if __name__ == "__main__":
    sys.exit(main())
