//! Asks a real cloud for a little of everything: `OS_CLOUD=demo cargo run -p terrace-api --example
//! probe`. With the word `write` it also makes and removes a keypair, a network with a subnet and a
//! server group.
#![expect(clippy::print_stdout, reason = "a program for the hand")]
#![expect(clippy::disallowed_methods, reason = "a program's rim is where the environment is read")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use terrace_api::{
    ApiError, CloudConfig, HttpOptions, HttpTransport, Selection, Session, SystemClock, compute,
    image, network,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let env = |name: &str| std::env::var(name).ok();
    let home = env("HOME").map(PathBuf::from);
    let cwd = std::env::current_dir()?;
    let config = CloudConfig::resolve(&Selection::default(), &env, &cwd, home.as_deref())?;
    println!("{config:?}");
    let transport = Arc::new(HttpTransport::new(&HttpOptions::for_cloud(&config))?);
    let session = Session::connect(config, transport, Arc::new(SystemClock)).await?;
    println!("{:?}", session.identity());
    read(&session).await?;
    if std::env::args().any(|word| word == "write") {
        write(&session).await?;
    }
    fail(&session).await;
    println!("{} requests", session.calls_made());
    Ok(())
}

async fn read(session: &Session) -> Result<(), ApiError> {
    let project = session.identity().project_id;
    println!("{:#?}", session.all::<compute::Server>(compute::servers_detail(&[])).await?);
    println!("{:?}", session.all::<compute::Keypair>(compute::keypairs()).await?);
    println!("{:?}", session.all::<compute::ServerGroup>(compute::server_groups()).await?);
    println!("{:?}", session.all::<compute::Flavor>(compute::flavors_detail()).await?);
    println!("{:?}", session.all::<compute::Zone>(compute::availability_zones()).await?);
    println!("{:?}", session.one::<compute::Limits>(compute::limits()).await?);
    println!("{:?}", session.one::<compute::QuotaSet>(compute::quota_detail(&project)).await);
    println!("{:?}", session.all::<network::Network>(network::networks(&[])).await?);
    let page = network::subnets(&[("limit", "1")]);
    println!("{:?}", session.all::<network::Subnet>(page).await?);
    println!("{:?}", session.all::<network::Port>(network::ports(&[])).await?);
    println!("{:?}", session.all::<network::SecurityGroup>(network::security_groups(&[])).await?);
    println!("{:?}", session.one::<network::Quotas>(network::quotas(&project)).await);
    let images = image::images(&[("status", "active"), ("limit", "2")]);
    println!("{:?}", session.all::<image::Image>(images).await?);
    Ok(())
}

async fn write(session: &Session) -> Result<(), ApiError> {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPJu/eXDtnmzAZkAzGTNZ1tnKJzjMsXQRlvBiS3BSHx me";
    let made = session.one::<compute::Keypair>(compute::import_keypair("probe", key, None)).await?;
    println!("{made:?}");
    println!("{:?}", session.call(compute::import_keypair("probe", key, None)).await);
    println!("{:?}", session.one::<compute::Keypair>(compute::keypair("probe")).await?);
    session.call(compute::delete_keypair("probe")).await?;

    let new = json!({ "name": "probe", "description": "made by the probe" });
    let made = session.one::<network::Network>(network::create_network(new)).await?;
    let subnet = json!({ "network_id": made.id, "ip_version": 4, "cidr": "10.99.0.0/24" });
    let subnet = network::create_subnet(subnet);
    println!("{:?}", session.one::<network::Subnet>(subnet).await?);
    let rename = |revision| network::update_network(&made.id, json!({ "name": "q" }), revision);
    println!("{:?}", session.one::<network::Network>(rename(made.revision_number)).await);
    println!("{:?}", session.one::<network::Network>(rename(Some(0))).await);
    session.call(network::delete_network(&made.id)).await?;

    let rules = compute::GroupRules { max_server_per_host: Some(1) };
    let group = compute::create_server_group("probe", "anti-affinity", &rules);
    let group = session.one::<compute::ServerGroup>(group).await?;
    println!("{group:?}");
    session.call(compute::delete_server_group(&group.id)).await?;
    Ok(())
}

async fn fail(session: &Session) {
    let mut new = compute::NewServer { name: "probe".into(), ..Default::default() };
    println!("{:?}", session.call(compute::create_server(&new)).await);
    new.flavor_id = "1".into();
    new.user_data = Some("not base64, and secret".into());
    println!("{:?}", session.call(compute::create_server(&new)).await);
    println!("{:?}", session.call(compute::server("none")).await);
    println!("{:?}", session.call(network::network("none")).await);
    println!("{:?}", session.call(image::image("none")).await);
    let bad = json!({ "network_id": "none", "ip_version": 4, "cidr": "x" });
    println!("{:?}", session.call(network::create_subnet(bad)).await);
}
