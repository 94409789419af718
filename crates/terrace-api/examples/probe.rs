//! Asks a real cloud for a little of everything: `OS_CLOUD=demo cargo run -p terrace-api --example
//! probe`. With the word `write` it also makes and removes a keypair, a network with a subnet and a
//! server group; with `server IMAGE FLAVOR FLAVOR NETWORK` (ids) it takes a server through every
//! action; with `admin` it asks what only administrators may.
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
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["write"] => write(&session).await?,
        ["admin"] => admin(&session).await?,
        ["server", image, small, large, network] => {
            let id = boot(&session, image, small, network).await?;
            let done = actions(&session, &id, image, large).await;
            session.call(compute::delete_server(&id)).await?;
            done?;
        }
        _ => {}
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
    show(&session.one::<compute::Generated>(compute::generate_keypair("probe")).await?);
    session.call(compute::delete_keypair("probe")).await?;
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

async fn admin(session: &Session) -> Result<(), ApiError> {
    let project = session.identity().project_id;
    show(&session.all::<compute::Hypervisor>(compute::hypervisors()).await?);
    let all = compute::ServerFilter { all_tenants: true, limit: Some(3), ..Default::default() };
    show(&session.all::<compute::ServerName>(compute::find_server_names(&all)).await?);
    show(&session.one::<compute::Limits>(compute::limits_of(&project)).await?);
    show(&session.one::<compute::QuotaSet>(compute::quota_defaults(&project)).await?);
    let before = session.one::<compute::QuotaSet>(compute::quota(&project)).await?;
    let cores = before.0["cores"].limit;
    let quotas = [("cores".to_owned(), cores)].into();
    show(&session.one::<compute::QuotaSet>(compute::set_quota(&project, &quotas)).await?);
    show(&session.rescoped(terrace_api::Named::Id(project)).await?.identity());
    Ok(())
}

async fn boot(
    session: &Session,
    image: &str,
    flavor: &str,
    network: &str,
) -> Result<String, ApiError> {
    let new = compute::NewServer {
        name: "probe".into(),
        image_id: Some(image.into()),
        flavor_id: flavor.into(),
        networks: vec![compute::Nic::network(network)],
        tags: vec!["probe".into()],
        ..Default::default()
    };
    let made: compute::ServerName = session.one(compute::create_server(&new)).await?;
    settle(session, &made.id, "ACTIVE").await?;
    let filter = compute::ServerFilter {
        status: Some("ACTIVE".into()),
        tags: vec!["probe".into()],
        not_tags: vec!["other".into()],
        flavor: Some(flavor.into()),
        image: Some(image.into()),
        name: Some("^prob".into()),
        ..Default::default()
    };
    show(&session.all::<compute::ServerName>(compute::find_server_names(&filter)).await?);
    Ok(made.id)
}

async fn settle(session: &Session, id: &str, status: &str) -> Result<(), ApiError> {
    loop {
        let server: compute::Server = session.one(compute::server(id)).await?;
        if server.status == status && server.task_state.is_none() || server.status == "ERROR" {
            show(&format_args!("{} {:?}", server.status, server.fault));
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

async fn actions(session: &Session, id: &str, image: &str, large: &str) -> Result<(), ApiError> {
    let again = compute::Rebuild { image_id: image.into(), ..Default::default() };
    for (call, status) in [
        (compute::reboot(id, compute::Reboot::Soft), "ACTIVE"),
        (compute::reboot(id, compute::Reboot::Hard), "ACTIVE"),
        (compute::stop(id), "SHUTOFF"),
        (compute::start(id), "ACTIVE"),
        (compute::resize(id, large), "VERIFY_RESIZE"),
        (compute::revert_resize(id), "ACTIVE"),
        (compute::resize(id, large), "VERIFY_RESIZE"),
        (compute::confirm_resize(id), "ACTIVE"),
        (compute::rebuild(id, &again), "ACTIVE"),
    ] {
        show(&call);
        session.call(call).await?;
        settle(session, id, status).await?;
    }
    show(&session.call(compute::start(id)).await.map_err(|error| (error.is_busy(), error)));
    show(&session.one::<compute::ConsoleLog>(compute::console_log(id, Some(3))).await);
    show(&session.all::<compute::InstanceAction>(compute::instance_actions(id)).await?);
    let reply = session.call(compute::snapshot(id, "probe", &Default::default())).await?;
    let made = compute::snapshot_id(&reply)?;
    settle(session, id, "ACTIVE").await?;
    show(&session.one::<image::Image>(image::image(&made)).await?);
    session.call(image::delete_image(&made)).await?;
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
