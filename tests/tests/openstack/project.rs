//! A project and a user made for one test, and what the client sees in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use terrace_tests::Workspace;

use crate::client::Client;
use crate::somebody::Somebody;

/// What the harness made for everybody and every project sees.
const SHARED: [&str; 4] = ["public", "provider", "public-subnet", "provider-subnet"];
const PASSWORD: &str = "acceptance";

/// A project, a user with the role `member` in it, and the client's session as this user.
pub(crate) struct Project {
    name: String,
    clouds: TempDir,
    admin: Client,
    pub(crate) client: Client,
}

/// What the client lists of a project, by name.
#[derive(Debug, PartialEq)]
pub(crate) struct Observed {
    pub(crate) servers: BTreeMap<String, Value>,
    pub(crate) networks: BTreeMap<String, Value>,
    pub(crate) subnets: BTreeMap<String, Value>,
    pub(crate) groups: BTreeMap<String, Value>,
    pub(crate) keypairs: BTreeMap<String, Value>,
    pub(crate) ports: Vec<Value>,
}

impl Project {
    /// Makes the project of a test.
    pub(crate) fn new(test: &str) -> Self {
        let name = format!("acceptance-{test}-{}", std::process::id());
        let harness = PathBuf::from(variable("OS_CLIENT_CONFIG_FILE"));
        let mut admin = Client::new(&harness, "devstack-admin");
        let config = admin.json("configuration show");
        let auth_url = text(&config, "auth.auth_url").to_owned();
        admin.json(&format!("project create {name}"));
        admin.json(&format!("user create --project {name} --password {PASSWORD} {name}"));
        admin.run(&format!("role add --project {name} --user {name} member"));
        let clouds = tempfile::tempdir().expect("cannot make a folder");
        write_clouds(clouds.path(), &auth_url, &name);
        let mut client = Client::new(&clouds.path().join("clouds.yaml"), "demo");
        let made =
            client.json(&format!("application credential create --secret {PASSWORD} {name}"));
        append_application_credential(clouds.path(), &auth_url, text(&made, "id"));
        Self { name, clouds, admin, client }
    }

    /// Makes the project of a test, in which its user is an administrator.
    pub(crate) fn of_administrator(test: &str) -> Self {
        let mut project = Self::new(test);
        let name = project.name.clone();
        project.admin.run(&format!("role add --project {name} --user {name} admin"));
        project
    }

    /// The user of the test, by another way than the client.
    pub(crate) fn somebody(&self, cloud: &str) -> Somebody {
        Somebody::of(&self.clouds.path().join("clouds.yaml"), cloud)
    }

    /// What is the project's own, of a kind of which administrators see everybody's.
    #[track_caller]
    pub(crate) fn list_own(&mut self, kind: &str) -> Vec<Value> {
        self.admin.list(&format!("{kind} list --project {}", self.name))
    }

    /// A copy of the quickstart that talks to this project.
    pub(crate) fn quickstart(&self) -> Workspace {
        let clouds = self.clouds.path().join("clouds.yaml");
        Workspace::of_example("quickstart", Path::new(&variable("TERRACE_BIN")))
            .with("OS_CLIENT_CONFIG_FILE", &clouds.to_string_lossy())
            .with("OS_CLOUD", "demo")
    }

    /// Lets the project have that many servers.
    pub(crate) fn allow_servers(&mut self, count: usize) {
        let name = &self.name;
        self.admin.run(&format!("quota set --instances {count} --cores {count} --ram -1 {name}"));
    }

    /// The client as a command of its own.
    pub(crate) fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(crate::client::PROGRAM);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("OS_CLIENT_CONFIG_FILE", self.clouds.path().join("clouds.yaml"))
            .env("OS_CLOUD", "demo");
        command
    }

    /// Deletes the servers whose name begins so.
    #[track_caller]
    pub(crate) fn delete_servers(&mut self, beginning: &str) {
        let servers = self.server_ids();
        let ids = servers.iter().filter(|(name, _)| name.starts_with(beginning)).map(|(_, id)| id);
        let ids: Vec<&str> = ids.map(String::as_str).collect();
        self.client.run(&format!("server delete --wait {}", ids.join(" ")));
    }

    /// Lists everything in the project.
    #[track_caller]
    pub(crate) fn observe(&mut self) -> Observed {
        let client = &mut self.client;
        Observed {
            servers: there(by_name(client.list("server list --long"))),
            networks: by_name(client.list("network list")),
            subnets: by_name(client.list("subnet list")),
            groups: by_name(client.list("server group list --long")),
            keypairs: by_name(client.list("keypair list")),
            ports: client.list("port list --long"),
        }
    }

    /// The ids of the servers by name: cheaper than [`Project::observe`], for watching.
    #[track_caller]
    pub(crate) fn server_ids(&mut self) -> BTreeMap<String, String> {
        let servers = there(by_name(self.client.list("server list")));
        servers.iter().map(|(name, server)| (name.clone(), text(server, "ID").to_owned())).collect()
    }

    /// Checks that nothing is left, and removes the project. A test that fails leaves it to look at.
    #[track_caller]
    pub(crate) fn finish(mut self) {
        let left = self.observe();
        let none = BTreeMap::new;
        let nothing = Observed {
            servers: none(),
            networks: none(),
            subnets: none(),
            groups: none(),
            keypairs: none(),
            ports: Vec::new(),
        };
        assert_eq!(left, nothing, "left in {}", self.name);
        self.remove();
    }

    /// Removes the project.
    #[track_caller]
    pub(crate) fn remove(mut self) {
        self.admin.run(&format!("user delete {}", self.name));
        self.admin.run(&format!("project delete {}", self.name));
    }
}

/// A text field of an object that the client printed.
#[track_caller]
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_else(|| panic!("no text `{field}` in {object}"))
}

#[expect(clippy::disallowed_methods, reason = "the suite is told its cloud by the environment")]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see tests/openstack/main.rs"))
}

/// Rows by their name, without what is everybody's. Two of a name would be a duplicate of ours.
#[track_caller]
/// Without those that Nova tells for a moment after they were deleted, until it marks them.
fn there(mut servers: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    servers.retain(|_, server| text(server, "Status") != "DELETED");
    servers
}

fn by_name(rows: Vec<Value>) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for row in rows {
        let name = text(&row, "Name").to_owned();
        if !SHARED.contains(&name.as_str()) {
            let other = found.insert(name, row);
            assert!(other.is_none(), "two of a name: {other:?}");
        }
    }
    found
}

fn write_clouds(folder: &Path, auth_url: &str, name: &str) {
    let cloud = |title: &str, password: &str| {
        format!(
            "  {title}:
    region_name: RegionOne
    auth:
      auth_url: {auth_url}
      username: {name}
      password: {password}
      project_name: {name}
      user_domain_name: Default
      project_domain_name: Default
"
        )
    };
    let text = format!("clouds:\n{}{}", cloud("demo", PASSWORD), cloud("mistyped", "wrong"));
    fs::write(folder.join("clouds.yaml"), text).expect("cannot write clouds.yaml");
}

fn append_application_credential(folder: &Path, auth_url: &str, id: &str) {
    let path = folder.join("clouds.yaml");
    let before = fs::read_to_string(&path).expect("cannot read clouds.yaml");
    let text = format!(
        "{before}  demo-appcred:
    region_name: RegionOne
    auth_type: v3applicationcredential
    auth:
      auth_url: {auth_url}
      application_credential_id: {id}
      application_credential_secret: {PASSWORD}
"
    );
    fs::write(path, text).expect("cannot write clouds.yaml");
}
