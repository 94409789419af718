//! Mistakes: each gives one clear message with place, cause and what to do, and nothing is lost.

use crate::common::Workspace;

#[test]
fn files_that_are_wrong() {
    for (from, to, says) in [
        ("keypairs:\n", "keypairs: [\n", &["E0101", "stacks/web.yaml"][..]),
        (
            "    keypair: deploy",
            "    keypiar: deploy",
            &["E0201", "`keypiar`", "did you mean `keypair`?", "stacks/web.yaml:"],
        ),
        ("count: 3", "count: many", &["E0302", "`count`", "`many`"]),
        ("metadata: { role: web }", "metadata: 7", &["E0301", "`metadata`", "the number 7"]),
        (
            "keypair: deploy",
            "keypair: depoly",
            &["E0401", "no keypair `depoly`", "did you mean `deploy`?"],
        ),
        ("cidr: 10.10.0.0/24", "cidr: 10.10.0.1/24", &["E0301", "host bits", "10.10.0.0/24"]),
        ("cidr: 10.10.0.0/24", "name: x", &["E0203", "`cidr`"]),
        ("keys/deploy.pub", "keys/gone.pub", &["E0701", "keys/gone.pub"]),
        ("keys/deploy.pub", "../../etc/hostname", &["E0702"]),
        ("${networks.front.id}", "${networks.front.idd}", &["`idd`", "did you mean `id`?"]),
        (
            "    flavor: m1.tiny",
            "    flavor: m1.tiny\n    flavor: m1.small",
            &["E0104", "`flavor`"],
        ),
        (
            "    policy: anti-affinity",
            "    policy: anti-affinity\n    name: '${networks.front.name}'\n    depends_on: [servers.web]",
            &["E0403", "need each other"],
        ),
        (
            "keypairs:\n",
            "variables:\n  size: { type: integer }\nkeypairs:\n",
            &["E0601", "`size`", "--var size="],
        ),
    ] {
        let w = Workspace::quickstart();
        w.edit(from, to);
        w.run(&["plan"]).code(1).says(says).never_says("panicked");
        assert!(!w.path("state/default").exists(), "a broken workspace made a state");
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let w = Workspace::quickstart();
    w.edit("keypair: deploy", "keypair: nobody")
        .edit("policy: anti-affinity", "policy: loose")
        .edit("count: 3", "count: -1");
    w.run(&["validate"]).code(1).says(&["E0401", "E0301", "E0302", "3 errors"]);
    let w = Workspace::quickstart();
    let circle = "policy: anti-affinity\n    depends_on: [servers.web]";
    w.edit("keypair: deploy", "keypair: nobody").edit("policy: anti-affinity", circle);
    let both = ["E0401", "no keypair `nobody`", "E0403", "need each other", "2 errors"];
    w.run(&["validate"]).code(1).says(&both);
}

#[test]
fn names_the_cloud_does_not_know() {
    let w = Workspace::quickstart();
    w.edit("image: cirros", "image: cirrus").edit("m1.tiny", "m9.giant");
    w.run(&["plan"]).code(1).says(&[
        "no image `cirrus`",
        "did you mean `cirros`?",
        "no flavor `m9.giant`",
        "stacks/web.yaml:24",
    ]);
}

#[test]
fn clouds_that_cannot_be_used() {
    let w = Workspace::quickstart();
    w.run(&["plan", "--cloud", "demo"]).code(1).says(&["clouds.yaml"]);
    let entry = |url: &str| {
        format!(
            "clouds:\n  demo:\n    auth:\n      auth_url: {url}\n      username: demo\n      password: hush-hush\n      project_name: demo\n      user_domain_name: Default\n      project_domain_name: Default\n"
        )
    };
    w.write("clouds.yaml", &entry("http://127.0.0.1:1/v3"));
    let file = w.path("clouds.yaml");
    let w = w.env("OS_CLIENT_CONFIG_FILE", file.to_str().expect("a path"));
    w.run(&["plan", "--cloud", "dmeo"]).code(1).says(&["dmeo", "demo"]);
    w.run(&["plan", "--cloud", "demo"])
        .code(1)
        .says(&["`demo`", "127.0.0.1:1"])
        .never_says("hush-hush");
    let w = w.env("OS_CLOUD", "demo");
    w.run(&["apply", "--yes"]).code(1).says(&["`demo`"]);
}

#[test]
fn a_wrong_password_and_an_ended_token() {
    let faults = r#"{"faults": [{"service": "identity", "method": "POST", "effect": {"kind": "status", "code": 401}}]}"#;
    let w = Workspace::quickstart().simulator(faults);
    w.run(&["plan"]).code(1).says(&["cannot log in", "401", "help:"]);
    let once = r#"{"build_ms": 20, "faults": [{"service": "compute", "count": 1, "skip": 3, "effect": {"kind": "expire_token"}}]}"#;
    let w = Workspace::quickstart().simulator(once);
    w.run(&["apply", "--yes"]).code(0).says(&["7 created"]);
}

#[test]
fn quota_and_failed_servers() {
    let w = Workspace::quickstart().simulator(r#"{"build_ms": 20, "quota": {"instances": 1}}"#);
    w.run(&["apply", "--yes"]).code(1).says(&["Quota exceeded", "request req-", "help:"]);
    w.run(&["plan"]).code(0).says(&["Plan: 2 to create, 0 to change, 0 to destroy."]);
    let w = Workspace::quickstart().simulator(r#"{"build_ms": 20, "delete_ms": 20}"#);
    w.edit("role: web }", "role: web, 'fake:spawn_fail': abort }");
    w.run(&["apply", "--yes"]).code(1).says(&["the cloud says that it failed"]);
    w.run(&["plan"]).code(0).says(&["it failed in the cloud", "is replaced"]);
    w.edit(", 'fake:spawn_fail': abort }", " }");
    w.run(&["apply", "--yes"]).code(0);
    w.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn a_state_that_is_locked_or_cannot_be_written() {
    let w = Workspace::quickstart().simulator(r#"{"build_ms": 60000}"#);
    let mut first = w.command(&["apply", "--yes"]);
    let mut first = first.stderr(std::process::Stdio::piped()).spawn().expect("started");
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(first.stderr.take().expect("piped")));
    let begun = lines.any(|line| line.is_ok_and(|line| line.contains("servers.web[0]: creating")));
    assert!(begun, "the first run did not get that far");
    let pid = first.id().to_string();
    w.run(&["plan"]).code(1).says(&[&pid, "tester", "apply --yes"]);
    first.kill().expect("killed");
    first.wait().expect("ended");
    let w = Workspace::quickstart();
    w.write("state", "in the way");
    w.run(&["plan"]).code(1).says(&["state"]).never_says("panicked");
}

#[test]
fn what_was_lost_on_the_way_is_found_again() {
    // The server is made, and the answer is lost: found by its marker in the same run.
    let lost = r#"{"build_ms": 20, "faults": [{"service": "compute", "method": "POST", "path": "*/servers", "count": 1, "effect": {"kind": "drop_after"}}]}"#;
    let w = Workspace::quickstart().simulator(lost);
    w.run(&["apply", "--yes"]).code(0).says(&["7 created"]);
    w.run(&["plan", "--detailed-exitcode"]).code(0);
}

#[test]
fn no_workspace_and_no_terminal() {
    let w = Workspace::empty();
    w.run(&["plan"]).code(1).says(&["terrace.yaml", "terrace init"]);
    let w = Workspace::quickstart();
    w.run(&["apply"]).code(1).says(&["--yes"]);
    w.run(&["plan", "--var", "nothing=1"]).code(1).says(&["E0603", "`nothing`"]);
    w.run(&["plan", "--env", "prod"]).code(1).says(&["`prod`"]);
    w.run(&["state", "show", "web/servers.web[9]"]).code(1).says(&["nothing is recorded"]);
}
