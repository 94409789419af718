//! `terrace.yaml`.

use super::{check, complaints, loaded, same};

#[test]
fn clouds_environments_state() {
    let files = "== terrace.yaml
cloud: main
clouds:
  main: { type: openstack, cloud: demo }
  small: { type: gateway, cloud: gw }
  play: { type: simulator }
environments:
  prod: { cloud: small, protected: true }
  dev: { cloud: simulator }
state: { type: sled }
";
    for (environment, expected) in [
        (None, r#"OpenStack(Some("demo")) false"#),
        (Some("prod"), r#"OpenStack(Some("gw")) true"#),
        (Some("dev"), "Simulator false"),
    ] {
        let loaded = loaded(files, |request| request.environment = environment).expect("loaded");
        let workspace = loaded.workspace;
        same(&format!("{:?} {}", workspace.cloud, workspace.protected), expected, files);
    }
}

#[test]
fn mistakes() {
    check(&[
        (
            "== terrace.yaml\nclod: x\n",
            "terrace:1:1 E0201 `clod` is not a known setting\n  = did you mean `cloud`?",
        ),
        (
            "== terrace.yaml\nstate: { type: s3 }\n",
            "terrace:1:16 E0205 the state cannot be kept in the text `s3`\n  = there is `sled`, a database in the folder `state`, which is also the default",
        ),
        (
            "== terrace.yaml\nclouds: { a: { type: openstak } }\n",
            "terrace:1:22 E0205 `openstak` is not a type of cloud\n  = did you mean `openstack`?",
        ),
        (
            "== terrace.yaml\nenvironments: { prod: { protected: yes, clud: x } }\n",
            "terrace:1:36 E0205 `protected` is true or false, not the text `yes`\nterrace:1:41 E0201 `clud` is not a known setting of an environment\n  = did you mean `cloud`?",
        ),
    ]);
    let told =
        loaded("== terrace.yaml\nenvironments: { prod: }\n", |r| r.environment = Some("prd"));
    same(
        &told.expect_err("no such environment"),
        "- E0201 there is no environment `prd`\n  = did you mean `prod`?",
        "",
    );
    same(&complaints("== terrace.yaml\ncloud: simulator\n"), "", "");
}
