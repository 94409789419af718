//! `terrace cloud`: what the cloud offers.

use std::process::ExitCode;

use terrace_api::{ApiError, Call, Service, Session, Wire, compute, image, network};
use terrace_render::{Cell, Table};

use crate::args::Global;
use crate::{cloud, ui};

/// Look at the cloud: is it in order, what does it offer, how much is left.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Cloud {
    /// Check credentials, services, versions, clock and permissions, with advice for each.
    #[command(
        after_help = "Examples:\n  terrace cloud check\n  OS_CLOUD=demo terrace cloud check\n\nExit code 1 when something is FAIL."
    )]
    Check(Format),
    /// The flavors, the smallest first.
    #[command(after_help = "Example:\n  terrace cloud flavors")]
    Flavors(Format),
    /// The images that servers can be made from.
    #[command(after_help = "Example:\n  terrace cloud images --json")]
    Images(Format),
    /// The availability zones.
    #[command(after_help = "Example:\n  terrace cloud zones")]
    Zones(Format),
    /// Quotas and what is used of them.
    #[command(
        after_help = "Examples:\n  terrace cloud quotas\n  terrace cloud quotas --project 3a1f...   (administrators)"
    )]
    Quotas {
        #[command(flatten)]
        format: Format,
        /// Another project's, by its id; for administrators.
        #[arg(long, value_name = "ID")]
        project: Option<String>,
    },
    /// The hosts that servers run on; for administrators.
    #[command(after_help = "Example:\n  OS_CLOUD=admin terrace cloud hypervisors")]
    Hypervisors(Format),
}

/// How to show it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Format {
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Format {
    /// Prints a table, or what to say when it is empty.
    pub(crate) fn print(self, table: &Table, none: &str) {
        if self.json {
            ui::print_json(&table.to_json());
        } else {
            ui::print(&table.to_text(none, ui::out_style()));
        }
    }
}

pub(crate) async fn run(global: &Global, args: &Cloud) -> anyhow::Result<ExitCode> {
    let target = cloud::target_alone(global)?;
    if let Cloud::Check(format) = args {
        return super::cloud_check::run(global, &target, *format).await;
    }
    let session = cloud::connect(global, &target.choice, None).await?;
    match args {
        Cloud::Check(_) => {}
        Cloud::Flavors(format) => {
            format.print(&flavors(&session).await?, "The cloud has no flavors.");
        }
        Cloud::Images(format) => {
            format.print(&images(&session).await?, "The cloud has no active images.");
        }
        Cloud::Zones(format) => {
            format.print(&zones(&session).await?, "The cloud has no availability zones.");
        }
        Cloud::Quotas { format, project } => {
            let project = project.clone().unwrap_or_else(|| session.identity().project_id);
            format.print(&quotas(&session, &project).await?, "The cloud tells no quotas.");
        }
        Cloud::Hypervisors(format) => {
            format.print(&hypervisors(&session).await?, "The cloud has no hypervisors.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn flavors(session: &Session) -> Result<Table, ApiError> {
    let mut all: Vec<compute::Flavor> = session.all(compute::flavors_detail()).await?;
    all.sort_by(|a, b| (a.ram, a.vcpus, a.disk, &a.name).cmp(&(b.ram, b.vcpus, b.disk, &b.name)));
    let mut table = Table::new(&[
        ("name", "NAME"),
        ("vcpus", "VCPUS"),
        ("ram_mib", "RAM (MiB)"),
        ("disk_gib", "DISK (GiB)"),
        ("public", "PUBLIC"),
        ("id", "ID"),
    ]);
    for flavor in all {
        table.row([
            Cell::text(flavor.name),
            Cell::number(flavor.vcpus),
            Cell::number(flavor.ram),
            Cell::number(flavor.disk),
            Cell::Truth(flavor.is_public),
            Cell::text(flavor.id),
        ]);
    }
    Ok(table)
}

async fn images(session: &Session) -> Result<Table, ApiError> {
    let mut all: Vec<image::Image> = session.all(image::images(&[("status", "active")])).await?;
    all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let mut table = Table::new(&[
        ("name", "NAME"),
        ("visibility", "VISIBILITY"),
        ("size_mib", "SIZE (MiB)"),
        ("min_disk_gib", "MIN DISK (GiB)"),
        ("min_ram_mib", "MIN RAM (MiB)"),
        ("created_at", "CREATED"),
        ("id", "ID"),
    ]);
    for image in all {
        table.row([
            Cell::text(image.name),
            Cell::text(image.visibility),
            image.size.map_or(Cell::Nothing, |bytes| Cell::number(bytes.div_ceil(1 << 20))),
            Cell::number(image.min_disk),
            Cell::number(image.min_ram),
            Cell::text(image.created_at),
            Cell::text(image.id),
        ]);
    }
    Ok(table)
}

async fn zones(session: &Session) -> Result<Table, ApiError> {
    let mut all: Vec<compute::Zone> = session.all(compute::availability_zones()).await?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = Table::new(&[("name", "NAME"), ("available", "AVAILABLE")]);
    for zone in all {
        table.row([Cell::text(zone.name), Cell::Truth(zone.available)]);
    }
    Ok(table)
}

/// What each service tells; a service that the cloud has not got is left out.
async fn quotas(session: &Session, project: &str) -> Result<Table, ApiError> {
    let volumes = Call::get(Service::BlockStorage, format!("/os-quota-sets/{project}"));
    let volumes = volumes.query("usage", "true");
    let (compute, network, volume) = futures::try_join!(
        told::<compute::QuotaSet>(session, compute::quota_detail(project)),
        told::<network::Quotas>(session, network::quotas(project)),
        told::<compute::QuotaSet>(session, volumes),
    )?;
    let mut table = Table::new(&[
        ("service", "SERVICE"),
        ("name", "NAME"),
        ("limit", "LIMIT"),
        ("used", "USED"),
        ("left", "LEFT"),
    ]);
    let services = [
        ("compute", compute.map(|set| set.0)),
        ("network", network.map(|set| set.0)),
        ("block-storage", volume.map(|set| set.0)),
    ];
    for (service, quotas) in services {
        for (name, quota) in quotas.into_iter().flatten() {
            let unlimited = quota.limit < 0;
            table.row([
                Cell::text(service),
                Cell::text(name),
                if unlimited { Cell::Nothing } else { Cell::Number(quota.limit) },
                Cell::Number(quota.in_use),
                quota.left().map_or(Cell::Nothing, Cell::number),
            ]);
        }
    }
    Ok(table)
}

async fn told<T: Wire>(session: &Session, call: Call) -> Result<Option<T>, ApiError> {
    if session.endpoint_of(call.service).is_err() {
        return Ok(None);
    }
    session.one(call).await.map(Some)
}

async fn hypervisors(session: &Session) -> Result<Table, ApiError> {
    let mut all: Vec<compute::Hypervisor> = session.all(compute::hypervisors()).await?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let mut table = Table::new(&[
        ("name", "NAME"),
        ("type", "TYPE"),
        ("state", "STATE"),
        ("status", "STATUS"),
        ("vcpus_used", "VCPUS USED"),
        ("vcpus", "OF"),
        ("ram_mib_used", "RAM USED (MiB)"),
        ("ram_mib", "OF"),
        ("servers", "SERVERS"),
        ("id", "ID"),
    ]);
    for host in all {
        table.row([
            Cell::text(host.name),
            Cell::text(host.kind),
            Cell::text(host.state),
            Cell::text(host.status),
            Cell::number(host.vcpus_used),
            Cell::number(host.vcpus),
            Cell::number(host.memory_mb_used),
            Cell::number(host.memory_mb),
            Cell::number(host.running_vms),
            Cell::text(host.id),
        ]);
    }
    Ok(table)
}
