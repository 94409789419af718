//! Asks a real cloud for a little of everything: `OS_CLOUD=demo cargo run -p terrace-api --example
//! probe`. With the word `write` it also makes and removes a keypair, a network with a subnet and a
//! server group.
#![expect(clippy::disallowed_methods, reason = "a program's rim is where the environment is read")]

use std::error::Error;
use std::fmt::Debug;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use terrace_api::{
    ApiError, CloudConfig, HttpOptions, HttpTransport, Selection, Session, SystemClock, compute,
    image, network,
};

/// A reader that went away is no reason to stop in the middle.
fn show(value: &dyn Debug) {
    let _gone = writeln!(std::io::stdout(), "{value:?}");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let env = |name: &str| std::env::var(name).ok();
    let home = env("HOME").map(PathBuf::from);
    let cwd = std::env::current_dir()?;
    let config = CloudConfig::resolve(&Selection::default(), &env, &cwd, home.as_deref())?;
    show(&config);
    let transport = Arc::new(HttpTransport::new(&HttpOptions::for_cloud(&config))?);
    let session = Session::connect(config, transport, Arc::new(SystemClock)).await?;
    show(&session.identity());
    read(&session).await?;
    if std::env::args().any(|word| word == "write") {
        write(&session).await?;
    }
    fail(&session).await;
    show(&format_args!("{} requests", session.calls_made()));
    Ok(())
}

async fn read(session: &Session) -> Result<(), ApiError> {
    let project = session.identity().project_id;
    show(&session.all::<compute::Server>(compute::servers_detail(&[])).await?);
    show(&session.all::<compute::Keypair>(compute::keypairs()).await?);
    show(&session.all::<compute::ServerGroup>(compute::server_groups()).await?);
    show(&session.all::<compute::Flavor>(compute::flavors_detail()).await?);
    show(&session.all::<compute::Zone>(compute::availability_zones()).await?);
    show(&session.one::<compute::Limits>(compute::limits()).await?);
    show(&session.one::<compute::QuotaSet>(compute::quota_detail(&project)).await);
    show(&session.all::<network::Network>(network::networks(&[])).await?);
    let page = network::subnets(&[("limit", "1")]);
    show(&session.all::<network::Subnet>(page).await?);
    show(&session.all::<network::Port>(network::ports(&[])).await?);
    show(&session.all::<network::SecurityGroup>(network::security_groups(&[])).await?);
    show(&session.one::<network::Quotas>(network::quotas(&project)).await);
    let images = image::images(&[("status", "active"), ("limit", "2")]);
    show(&session.all::<image::Image>(images).await?);
    Ok(())
}

async fn write(session: &Session) -> Result<(), ApiError> {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPJu/eXDtnmzAZkAzGTNZ1tnKJzjMsXQRlvBiS3BSHx me";
    let made = session.one::<compute::Keypair>(compute::import_keypair("probe", key, None)).await?;
    show(&made);
    show(&session.call(compute::import_keypair("probe", key, None)).await);
    show(&session.one::<compute::Keypair>(compute::keypair("probe")).await?);
    session.call(compute::delete_keypair("probe")).await?;

    let new = json!({ "name": "probe", "description": "made by the probe" });
    let made = session.one::<network::Network>(network::create_network(new)).await?;
    let subnet = json!({ "network_id": made.id, "ip_version": 4, "cidr": "10.99.0.0/24" });
    let subnet = network::create_subnet(subnet);
    show(&session.one::<network::Subnet>(subnet).await?);
    let rename = |revision| network::update_network(&made.id, json!({ "name": "q" }), revision);
    show(&session.one::<network::Network>(rename(made.revision_number)).await);
    show(&session.one::<network::Network>(rename(Some(0))).await);
    session.call(network::delete_network(&made.id)).await?;

    let rules = compute::GroupRules { max_server_per_host: Some(1) };
    let group = compute::create_server_group("probe", "anti-affinity", &rules);
    let group = session.one::<compute::ServerGroup>(group).await?;
    show(&group);
    session.call(compute::delete_server_group(&group.id)).await?;
    Ok(())
}

async fn fail(session: &Session) {
    let mut new = compute::NewServer { name: "probe".into(), ..Default::default() };
    show(&session.call(compute::create_server(&new)).await);
    new.flavor_id = "1".into();
    new.user_data = Some("not base64, and secret".into());
    show(&session.call(compute::create_server(&new)).await);
    show(&session.call(compute::server("none")).await);
    show(&session.call(network::network("none")).await);
    show(&session.call(image::image("none")).await);
    let bad = json!({ "network_id": "none", "ip_version": 4, "cidr": "x" });
    show(&session.call(network::create_subnet(bad)).await);
}
