//! `terrace init`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::args::Global;
use crate::ui;

/// Write a commented workspace that works on the simulator.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  mkdir infra && terrace -C infra init && terrace -C infra apply"
)]
pub(crate) struct Init {}

const FILES: [(&str, &str); 4] = [
    ("terrace.yaml", include_str!("../../templates/terrace.yaml")),
    ("stacks/web.yaml", include_str!("../../templates/stacks/web.yaml")),
    ("keys/deploy.pub", include_str!("../../templates/keys/deploy.pub")),
    (".gitignore", "state/\n"),
];

pub(crate) fn run(global: &Global, _: &Init) -> anyhow::Result<ExitCode> {
    let root = &global.folder;
    if root.join("terrace.yaml").exists() {
        anyhow::bail!(
            "`{}` is a workspace already: it has a `terrace.yaml`, which is left as it is",
            root.display()
        );
    }
    for (path, text) in FILES {
        let path = root.join(path);
        if path.exists() {
            ui::note(&format!("kept    {}", path.display()));
            continue;
        }
        write(&path, text).with_context(|| format!("`{}` cannot be written", path.display()))?;
        ui::note(&format!("written {}", path.display()));
    }
    ui::print(&format!(
        "A workspace is in `{0}`. Try it on the simulator:\n\n  terrace -C {0} plan\n  terrace -C {0} apply\n",
        root.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}
