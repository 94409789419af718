//! `terrace server list`: the recorded servers as the cloud has them, and which of them to show.

use std::collections::{BTreeMap, BTreeSet};

use terrace_api::{ApiError, Session, compute, image};
use terrace_engine::Context;
use terrace_model::{Address, Kind, Snapshot, suggest};
use terrace_render::{Cell, Table};

use super::cloud::Format;
use super::server::{addresses, power};

/// What a server is shown as that the cloud has no more.
const ABSENT: &str = "ABSENT";

/// Every recorded server as the cloud has it now.
///
/// With filters only those that pass all of them. They are held against what one list of the servers
/// tells, so that they mean the same in every cloud.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  terrace server list\n  terrace server list --status ERROR --json\n  terrace server list --flavor m1.small --tags blue,canary\n  terrace server list --limit 20 --marker 'web/servers.web[19]'"
)]
pub(crate) struct List {
    /// In this status, such as ACTIVE, SHUTOFF or ERROR, or ABSENT when the cloud has it no more.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// With this in its name in the cloud.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Of this flavor, by name or id.
    #[arg(long, value_name = "FLAVOR")]
    flavor: Option<String>,
    /// Made from this image, by name or id.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// With all of these tags.
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    tags: Vec<String>,
    /// With one of these tags at least.
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    tags_any: Vec<String>,
    /// Without one of these tags at least.
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    not_tags: Vec<String>,
    /// Without any of these tags.
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    not_tags_any: Vec<String>,
    /// Not more than so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only those after this address, the last one that was shown.
    #[arg(long, value_name = "ADDRESS")]
    marker: Option<Address>,
    #[command(flatten)]
    format: Format,
}

impl List {
    pub(super) async fn run(&self, snapshot: &Snapshot, context: &Context) -> anyhow::Result<()> {
        let recorded = snapshot.records.iter().filter(|(a, _)| a.kind() == Kind::Server);
        let recorded: Vec<_> = recorded.map(|(address, record)| (address, &record.id)).collect();
        let sessions = sessions(snapshot, context);
        let mut there = there(&sessions).await?;
        let flavors = self.ids(&sessions, &there, Made::Of).await?;
        let images = self.ids(&sessions, &there, Made::From).await?;
        let passes = |server: &compute::Server| {
            let among = |ids: &Option<BTreeSet<String>>, id: &Option<String>| {
                ids.as_ref().is_none_or(|ids| id.as_ref().is_some_and(|id| ids.contains(id)))
            };
            self.passes(server)
                && among(&flavors, &server.flavor_id)
                && among(&images, &server.image_id)
        };
        let (mut table, mut shown) = (table(), 0);
        let after = |address: &Address| self.marker.as_ref().is_none_or(|last| address > last);
        for (address, id) in recorded.into_iter().filter(|(address, _)| after(address)) {
            if self.limit.is_some_and(|limit| shown >= limit) {
                break;
            }
            let server = match there.remove(id) {
                Some(server) => Some(server),
                None => alone(context.session(address), id).await?,
            };
            if server.as_ref().map_or(self.takes_absent(), passes) {
                table.row(row(address, id, server.as_ref()));
                shown += 1;
            }
        }
        let none =
            if self.filters() { "No recorded server passes." } else { "No servers are recorded." };
        self.format.print(&table, none);
        Ok(())
    }

    /// Whether something is left out.
    fn filters(&self) -> bool {
        self.status.is_some()
            || self.marker.is_some()
            || self.limit.is_some()
            || self.looks_inside()
    }

    /// Whether more matters than the status.
    fn looks_inside(&self) -> bool {
        let tags = [&self.tags, &self.tags_any, &self.not_tags, &self.not_tags_any];
        let texts = [&self.name, &self.flavor, &self.image];
        texts.iter().any(|text| text.is_some()) || tags.iter().any(|tags| !tags.is_empty())
    }

    fn takes_absent(&self) -> bool {
        !self.looks_inside() && self.takes_status(ABSENT)
    }

    fn takes_status(&self, status: &str) -> bool {
        self.status.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(status))
    }

    /// Everything but flavor and image, which have names.
    fn passes(&self, server: &compute::Server) -> bool {
        let has = |tag: &String| server.tags.contains(tag);
        self.takes_status(&server.status)
            && self.name.as_ref().is_none_or(|part| server.name.contains(part))
            && self.tags.iter().all(has)
            && (self.tags_any.is_empty() || self.tags_any.iter().any(has))
            && (self.not_tags.is_empty() || !self.not_tags.iter().all(has))
            && !self.not_tags_any.iter().any(has)
    }

    /// The ids that are meant by a flavor or an image: several clouds have one each, and names of
    /// images are not unique.
    async fn ids(
        &self,
        sessions: &[&Session],
        there: &BTreeMap<String, compute::Server>,
        made: Made,
    ) -> anyhow::Result<Option<BTreeSet<String>>> {
        let Some(wanted) = made.wanted(self) else { return Ok(None) };
        let mut known = Vec::new();
        for session in sessions {
            known.extend(made.known(session).await?);
        }
        let meant = known.iter().filter(|(id, name)| id == wanted || name == wanted);
        // What a server was made from may be gone from the lists.
        let gone = there.values().filter_map(|server| made.id(server)).filter(|id| id == wanted);
        let meant: BTreeSet<String> = meant.map(|(id, _)| id.clone()).chain(gone).collect();
        if meant.is_empty() && !sessions.is_empty() {
            let names: Vec<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
            let help = suggest::help("", wanted, &names);
            let help = help.map(|help| format!("\nhelp: {help}")).unwrap_or_default();
            anyhow::bail!("the cloud has no {} `{wanted}`{help}", made.noun());
        }
        Ok(Some(meant))
    }
}

/// What servers are made of and from.
#[derive(Clone, Copy)]
enum Made {
    /// A flavor.
    Of,
    /// An image.
    From,
}

impl Made {
    fn wanted(self, list: &List) -> Option<&String> {
        match self {
            Self::Of => list.flavor.as_ref(),
            Self::From => list.image.as_ref(),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Of => "flavor",
            Self::From => "image",
        }
    }

    fn id(self, server: &compute::Server) -> Option<String> {
        match self {
            Self::Of => server.flavor_id.clone(),
            Self::From => server.image_id.clone(),
        }
    }

    /// Ids and names.
    async fn known(self, session: &Session) -> Result<Vec<(String, String)>, ApiError> {
        Ok(match self {
            Self::Of => {
                let all: Vec<compute::Flavor> = session.all(compute::flavors_detail()).await?;
                all.into_iter().map(|flavor| (flavor.id, flavor.name)).collect()
            }
            Self::From => {
                let all: Vec<image::Image> = session.all(image::images(&[])).await?;
                all.into_iter().map(|image| (image.id, image.name)).collect()
            }
        })
    }
}

/// A connection to each cloud that has some of the servers.
fn sessions<'a>(snapshot: &Snapshot, context: &'a Context) -> Vec<&'a Session> {
    let servers = snapshot.records.iter().filter(|(address, _)| address.kind() == Kind::Server);
    let clouds = servers.map(|(address, record)| (&record.cloud, context.session(address)));
    clouds.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// The servers of these clouds, by id.
async fn there(sessions: &[&Session]) -> Result<BTreeMap<String, compute::Server>, ApiError> {
    let mut there = BTreeMap::new();
    for session in sessions {
        let all: Vec<compute::Server> = session.all(compute::servers_detail(&[])).await?;
        there.extend(all.into_iter().map(|server| (server.id.clone(), server)));
    }
    Ok(there)
}

/// A server that no list shows: absence there is not proof.
async fn alone(session: &Session, id: &str) -> Result<Option<compute::Server>, ApiError> {
    match session.one(compute::server(id)).await {
        Ok(server) => Ok(Some(server)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn table() -> Table {
    Table::new(&[
        ("address", "ADDRESS"),
        ("status", "STATUS"),
        ("power", "POWER"),
        ("name", "NAME"),
        ("ip", "IP"),
        ("id", "ID"),
    ])
}

fn row(address: &Address, id: &str, server: Option<&compute::Server>) -> [Cell; 6] {
    let cell = |text: Option<String>| text.map_or(Cell::Nothing, Cell::Text);
    [
        Cell::text(address.to_string()),
        Cell::text(server.map_or(ABSENT, |server| &server.status)),
        cell(server.map(|server| power(server.power_state).to_owned())),
        cell(server.map(|server| server.name.clone())),
        cell(server.map(addresses)),
        Cell::text(id),
    ]
}
