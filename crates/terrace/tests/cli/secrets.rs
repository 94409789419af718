//! Tokens, passwords and sensitive values are nowhere: not in what is printed or logged, not in what
//! is written. The whole program is run, through all of its commands and many failures, and everything
//! that it says and leaves is searched.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common::Workspace;
use crate::served::{SECRET, Served, Tap};

const PASSWORD: &str = "Pa55-of-the-user";
const WRONG: &str = "a-wrong-secret-of-ours";
const VARIABLE: &str = "sensitive-Variable-9";
const OTHER: &str = "another-Variable-8";

const STACK: &str = "\
variables:
  key: { type: string, sensitive: true }
locals:
  line: the line ${vars.key}
networks:
  front: { description: '${locals.line}', tags: ['${vars.key}'], subnets: { v4: { cidr: 10.0.0.0/24 } } }
  back: { description: 'after ${networks.front.description}' }
servers:
  web:
    count: 2
    image: cirros
    flavor: m1.tiny
    networks: [front]
    metadata: { role: web, key: '${vars.key}' }
    user_data: \"#cloud-config\\npassword: ${vars.key}\\n\"
    admin_password: ${vars.key}
outputs:
  line: ${locals.line}
  seen: ${networks.back.description}
  ids: ${servers.web.map(s, s.id)}
";

/// What the program said and wrote, so far.
#[derive(Default)]
struct All(Vec<u8>);

impl All {
    fn run(&mut self, w: &Workspace, args: &[&str], code: i32) {
        let told = w.run(args);
        let (out, err) = (&told.out, &told.err);
        // Above one it does not matter.
        assert!(told.code == code || code > 1, "{args:?}: {}\n{out}\n{err}", told.code);
        assert!(!err.contains("panicked"), "{args:?}\n{err}");
        self.0.extend(format!("$ terrace {}\n{out}\n{err}\n", args[0]).bytes());
    }

    /// Everything below a folder, unpacked.
    fn add(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.add(&path);
                continue;
            }
            let bytes = std::fs::read(&path).expect("read");
            let packed = path.extension().is_some_and(|extension| extension == "zst");
            self.0.extend(format!("\n{}:\n", path.display()).bytes());
            self.0.extend(if packed {
                zstd::decode_all(&bytes[..]).expect("whole")
            } else {
                bytes
            });
        }
    }

    fn find(&self, wanted: &[u8]) -> Option<String> {
        let at = self.0.windows(wanted.len()).position(|window| window == wanted)?;
        let around = &self.0[at.saturating_sub(1500)..(at + 200).min(self.0.len())];
        Some(String::from_utf8_lossy(around).into_owned())
    }

    /// None of the secrets is there, as it is or in base64.
    fn have_none_of(&self, secrets: &[String]) {
        assert!(self.find(b"web/servers.web").is_some(), "nothing was searched");
        assert!(self.find(b"status=201").is_some(), "nothing was logged");
        for secret in secrets {
            let forms = (0..3).map(|before| encoded(secret, before)).chain([secret.clone()]);
            for form in forms {
                if let Some(around) = self.find(form.as_bytes()) {
                    panic!("`{secret}` is there, as `{form}`:\n{around}");
                }
            }
        }
    }
}

/// What a text looks like in base64, wherever it begins, without the letters that others share.
fn encoded(secret: &str, before: usize) -> String {
    let text = STANDARD.encode(format!("{}{secret}", "x".repeat(before)));
    let (first, letters) = (before.div_ceil(3) * 4, text.trim_end_matches('='));
    letters[first..letters.len() - 1].to_owned()
}

/// A cloud, what goes between, and workspaces that log in in different ways.
struct World {
    served: Served,
    tap: Tap,
}

impl World {
    fn new() -> Self {
        let served = Served::start(r#"{"build_ms": 20, "delete_ms": 20}"#);
        served.set_password("demo", PASSWORD);
        let tap = Tap::before(&served);
        Self { served, tap }
    }

    fn workspace(&self) -> Workspace {
        let w = Workspace::empty().env("TERRACE_LOG", "trace").env("RUST_LOG", "trace");
        let w = w.env("RUST_BACKTRACE", "full");
        w.write("terrace.yaml", "").write("stacks/web.yaml", STACK);
        let url = format!("{}/identity/v3", self.tap.url);
        w.env("OS_AUTH_URL", &url).env("TERRACE_VAR_key", VARIABLE)
    }

    fn by_credential(&self, secret: &str) -> Workspace {
        let file = self.served.home.path("state/simulator/clouds.yaml");
        let clouds = std::fs::read_to_string(file).expect("read");
        let id = clouds.split("application_credential_id: ").nth(1).expect("an id");
        let id = id.split_whitespace().next().expect("an id").trim_matches('\'');
        let w = self.workspace().env("OS_APPLICATION_CREDENTIAL_ID", id);
        w.env("OS_APPLICATION_CREDENTIAL_SECRET", secret)
    }

    fn by_password(&self, password: &str) -> Workspace {
        let w = self.workspace().env("OS_USERNAME", "demo").env("OS_PASSWORD", password);
        let w = w.env("OS_PROJECT_NAME", "demo").env("OS_USER_DOMAIN_NAME", "Default");
        w.env("OS_PROJECT_DOMAIN_NAME", "Default")
    }

    fn by_token(&self, token: &str) -> Workspace {
        let w = self.workspace().env("OS_AUTH_TYPE", "v3token").env("OS_TOKEN", token);
        w.env("OS_PROJECT_NAME", "demo").env("OS_PROJECT_DOMAIN_NAME", "Default")
    }

    fn by_gateway(&self, token: &str) -> Workspace {
        let (url, project) = (&self.tap.url, self.served.project());
        let w = Workspace::empty().env("TERRACE_LOG", "trace").env("GATEWAY_TOKEN", token);
        let cloud = format!(
            "{{ type: gateway, endpoint: '{url}/gateway', project_id: {project}, token_env: GATEWAY_TOKEN }}"
        );
        w.write("terrace.yaml", &format!("cloud: {cloud}\n"));
        w.write(
            "stacks/web.yaml",
            "existing: { networks: { provider: provider } }\nservers:\n  web: { image: cirros, flavor: m1.tiny, networks: [provider] }\n",
        );
        w
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = self.tap.tokens();
        assert!(tokens.len() > 10, "the logins were not seen: {tokens:?}");
        let ours = [SECRET, PASSWORD, WRONG, VARIABLE, OTHER].map(str::to_owned);
        tokens.into_iter().chain(ours).collect()
    }
}

/// What a user may do, one after the other.
const COMMANDS: &[&str] = &[
    "validate --json",
    "graph --dot",
    "fmt --check --diff",
    "cloud check",
    "cloud check --json",
    "plan --json",
    "why web/servers.web[0]",
    "plan --out PLAN",
    "show PLAN",
    "show PLAN --json",
    "apply PLAN",
    "plan --detailed-exitcode",
    "show",
    "show --json",
    "output",
    "output --json",
    "output line",
    "state list",
    "state show web/servers.web[0]",
    "state show web/networks.front",
    "server list --json",
    "server show web/servers.web[0]",
    "server reboot web/servers.web[0]",
    "server console-log web/servers.web[0]",
    "why web/networks.back",
    "cloud quotas",
    "plan --var key=another-Variable-8",
    "plan --json --var key=another-Variable-8",
    "apply --yes --var key=another-Variable-8",
    "apply --yes --var=key=another-Variable-8",
    "plan --refresh=false",
    "state rm web/networks.back",
];

#[test]
fn no_command_shows_a_secret() {
    let world = World::new();
    let mut all = All::default();
    let w = world.by_credential(SECRET);
    let plan = w.path("web.plan");
    let plan = plan.to_str().expect("a path");
    for args in COMMANDS {
        let args: Vec<&str> =
            args.split(' ').map(|word| if word == "PLAN" { plan } else { word }).collect();
        let code = if args[0] == "fmt" { 2 } else { 0 };
        all.run(&w, &args, code);
    }
    all.run(&w, &["cloud", "hypervisors"], 1);
    let log_in = |all: &mut All, w: &Workspace| {
        all.run(w, &["cloud", "check"], 0);
        all.run(w, &["plan", "--json"], 0);
        all.add(&w.path(""));
    };
    log_in(&mut all, &world.by_password(PASSWORD));
    // The token of a password gives another; that of an application credential does not.
    let token = world.tap.tokens().pop().expect("a token");
    log_in(&mut all, &world.by_token(&token));
    for w in [world.by_credential(WRONG), world.by_password(WRONG), world.by_token(WRONG)] {
        all.run(&w, &["cloud", "check"], 1);
        all.run(&w, &["plan"], 1);
        all.add(&w.path(""));
    }
    for (token, code) in [(format!("bnerd_tok_{SECRET}"), 0), (format!("bnerd_tok_{WRONG}"), 1)] {
        let w = world.by_gateway(&token);
        all.run(&w, &["cloud", "check"], code);
        all.run(&w, &["plan", "--json"], code);
        all.add(&w.path(""));
    }
    all.run(&w, &["destroy", "--yes"], 0);
    all.add(&w.path(""));
    all.have_none_of(&world.secrets());
}

/// Complaints show the line that they are about, but not if a secret stands on it.
#[test]
fn no_complaint_shows_a_secret() {
    let w = Workspace::empty();
    w.write("terrace.yaml", "environments: { prod: {} }\n");
    let variable = |more: &str| {
        format!(
            "variables:\n  key:\n    sensitive: true\n{more}networks:\n  n: {{ description: '${{vars.key}}', mtu: '${{vars.key}}' }}\n"
        )
    };
    for (declared, given) in [
        ("    type: integer\n".to_owned(), VARIABLE.to_owned()),
        ("    pattern: '[0-9]+'\n".to_owned(), format!("'{VARIABLE}'")),
        ("    type: list\n    items: integer\n".to_owned(), format!("[1, {VARIABLE}]")),
        (
            "    type: object\n    fields: { a: integer }\n".to_owned(),
            format!("{{ {VARIABLE}: 1 }}"),
        ),
        (
            "    validate: { condition: '${vars.key == \"\"}', message: 'not ${vars.key}' }\n"
                .to_owned(),
            VARIABLE.to_owned(),
        ),
        (format!("    default: {VARIABLE}\n"), "null".to_owned()),
    ] {
        w.write("stacks/web.yaml", &variable(&declared));
        w.write("environments/prod.yaml", &format!("key: {given}\n"));
        for args in [&["validate"][..], &["validate", "--json"], &["plan"]] {
            w.run(&[&["--env", "prod"], args].concat()).code(1).never_says(VARIABLE);
        }
        let given = format!("key={given}");
        w.run(&["validate", "--var", &given]).code(1).never_says(VARIABLE);
    }
}

/// Clouds say back what they do not like of a request.
fn failures() -> Vec<Value> {
    let echo = format!("I do not like the line {VARIABLE}, nor {VARIABLE}, nor {SECRET}");
    let body =
        json!({ "NeutronError": { "message": echo, "type": "X", "detail": echo } }).to_string();
    let page = format!("<html><body><h1>Bad gateway</h1>{echo}</body></html>");
    let status = |code: u16, body: &str| json!({ "kind": "status", "code": code, "body": body });
    let kinds = ["drop_before", "drop_after", "truncate", "expire_token", "lose"];
    let codes = [400, 401, 403, 404, 409, 413, 429, 500, 503];
    let of_codes = codes.map(|code| status(code, &body));
    let of_kinds = kinds.map(|kind| json!({ "kind": kind }));
    of_codes.into_iter().chain(of_kinds).chain([status(502, &page)]).collect()
}

#[test]
fn no_failure_shows_a_secret() {
    let world = World::new();
    let mut all = All::default();
    let w = world.by_credential(SECRET);
    let w = w.env("TERRACE_VAR_key", VARIABLE);
    for (path, method) in [("/networks", "POST"), ("/servers", "POST"), ("/tags", "PUT")] {
        for effect in failures() {
            world.served.set_faults(
                &json!([{ "path": path, "method": method, "count": 1, "effect": effect }]),
            );
            all.run(&w, &["apply", "--yes"], 2);
            world.served.set_faults(&json!([]));
        }
        // Only where it failed once is it made once more.
        all.run(&w, &["apply", "--yes"], 0);
        all.run(&w, &["show", "--json"], 0);
        all.run(&w, &["destroy", "--yes"], 0);
    }
    all.add(&w.path(""));
    all.have_none_of(&world.secrets());
}
