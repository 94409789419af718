//! A peer, where one is on the path: `terraform` or `tofu` with its built-in `terraform_data`, which
//! talks to no cloud: every second is the engine's. The same shapes as ours.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::emptied;
use super::measure::{Cost, best, run};
use super::workspaces::Shape;

/// It goes through the whole map for each instance: more takes half an hour.
const MOST_FOR_EACH: usize = 1_000;

/// A peer and the folder of its workspace.
pub(super) struct Peer {
    name: &'static str,
    folder: PathBuf,
}

impl Peer {
    /// The first that is on the path.
    pub(super) fn found(folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(name) = ["terraform", "tofu"].into_iter().find(|name| there(name)) else {
            return Ok(None);
        };
        Ok(Some(Self { name, folder: folder.to_owned() }))
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn is_to_run(&self, shape: Shape, size: usize) -> bool {
        shape != Shape::ForEach || size <= MOST_FOR_EACH
    }

    /// Writes the workspace and makes it ready.
    pub(super) fn prepare(&self, shape: Shape, size: usize) -> anyhow::Result<()> {
        emptied(&self.folder)?;
        std::fs::write(self.folder.join("main.tf"), configuration(shape, size))?;
        self.run(&["init", "-no-color"]).map(drop)
    }

    /// The cheapest of so many runs.
    pub(super) fn best(&self, times: u8, arguments: &[&str]) -> anyhow::Result<Cost> {
        best(times, || self.run(arguments))
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<Cost> {
        let mut command = Command::new(self.name);
        run(command.current_dir(&self.folder).args(arguments), &self.folder.join("errors"))
    }

    /// Changes one server.
    pub(super) fn change_one(&self, shape: Shape) -> anyhow::Result<()> {
        let path = self.folder.join("main.tf");
        let text = std::fs::read_to_string(&path)?;
        let from = if shape == Shape::ForEach { "role = \"r" } else { "role   = \"r" };
        std::fs::write(path, text.replacen(from, &from.replace("\"r", "\"x"), 1))?;
        Ok(())
    }
}

fn there(name: &str) -> bool {
    let version = Command::new(name)
        .arg("version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// What a server has, as in our workspaces.
fn server(name: &str, network: &str, more: &str) -> String {
    format!(
        "resource \"terraform_data\" \"{name}\" {{\n  input = {{\n    image = \"cirros\"\n    flavor = \"m1.tiny\"\n    networks = [{network}]\n    role   = \"r1\"\n{more}  }}\n}}\n"
    )
}

fn thing(name: &str, more: &str) -> String {
    format!(
        "resource \"terraform_data\" \"{name}\" {{\n  input = {{ name = \"{name}\" {more} }}\n}}\n"
    )
}

fn configuration(shape: Shape, size: usize) -> String {
    let mut text = String::new();
    match shape {
        Shape::Flat => {
            text.push_str(&thing("front", ""));
            for n in 0..size - 1 {
                text.push_str(&server(&format!("app{n}"), "terraform_data.front.id", ""));
            }
        }
        Shape::ForEach => {
            text.push_str(&thing("front", ""));
            text.push_str("locals {\n  all = {\n");
            for n in 0..size - 1 {
                let _ =
                    writeln!(text, "    k{n} = {{ flavor = \"m1.tiny\", role = \"r{}\" }}", n % 50);
            }
            text.push_str(
                "  }\n}\nresource \"terraform_data\" \"app\" {\n  for_each = local.all\n  input = {\n    image = \"cirros\"\n    flavor = each.value.flavor\n    networks = [terraform_data.front.id]\n    role = each.value.role\n  }\n}\n",
            );
        }
        Shape::Layered => {
            for n in 0..size / 10 {
                text.push_str(&thing(&format!("n{n}"), ""));
                let network = format!(", network = terraform_data.n{n}.id");
                text.push_str(&thing(&format!("v{n}"), &network));
                text.push_str(&thing(&format!("k{n}"), ""));
                text.push_str(&thing(&format!("g{n}"), ""));
                let needs = format!(
                    "    needs = [terraform_data.v{n}.id, terraform_data.k{n}.id, terraform_data.g{n}.id]\n"
                );
                for member in 0..6 {
                    let network = format!("terraform_data.n{n}.id");
                    text.push_str(&server(&format!("s{n}_{member}"), &network, &needs));
                }
            }
        }
    }
    text
}
