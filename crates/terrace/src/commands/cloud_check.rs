//! `terrace cloud check`: is the cloud in order for Terrace, and what to do where it is not.

use std::process::ExitCode;

use futures::future::join_all;
use terrace_api::{
    ApiError, ApiErrorKind, Call, CloudConfig, Microversion, Service, Session, compute, image,
    network,
};
use terrace_model::Driver;
use terrace_render::{Check, Verdict};

use super::cloud::Format;
use crate::args::Global;
use crate::cloud::{self, Target};
use crate::ui;

/// What Terrace does with versions of the compute API, the oldest first.
const FEATURES: [(Microversion, Verdict, &str); 5] = [
    (Microversion::new(2, 26), Verdict::Bad, "servers with tags and descriptions"),
    (Microversion::new(2, 35), Verdict::Bad, "keypairs in pages"),
    (Microversion::new(2, 52), Verdict::Doubtful, "creating a server with tags"),
    (Microversion::new(2, 57), Verdict::Doubtful, "rebuilding with user data"),
    (Microversion::new(2, 64), Verdict::Doubtful, "`max_server_per_host` of server groups"),
];
/// More than the tick of a clock and the way of an answer explain.
const SKEW_MS: u64 = 5_000;

pub(crate) async fn run(
    global: &Global,
    target: &Target,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let checks = look(global, target).await;
    if format.json {
        ui::print_json(&terrace_render::checks_json(&checks));
    } else {
        ui::print(&terrace_render::checks(&checks, ui::out_style()));
    }
    let bad = checks.iter().any(|check| check.verdict == Verdict::Bad);
    Ok(ExitCode::from(u8::from(bad)))
}

fn check(subject: &str, verdict: Verdict, finding: impl Into<String>, advice: &str) -> Check {
    let advice = (!advice.is_empty()).then(|| advice.to_owned());
    Check { subject: subject.to_owned(), verdict, finding: finding.into(), advice }
}

/// Everything that can be looked at; without a login that is little.
async fn look(global: &Global, target: &Target) -> Vec<Check> {
    let (config, transport) = match cloud::way(global, &target.choice, None) {
        Ok(way) => way,
        Err(error) => {
            let advice = "write a clouds.yaml and set OS_CLOUD, or `cloud:` in terrace.yaml";
            return vec![check("settings", Verdict::Bad, format!("{error:#}"), advice)];
        }
    };
    let mut checks = vec![settings(&config)];
    let session = match cloud::log_in(config, transport).await {
        Ok(session) => session,
        Err(error) => {
            let advice = crate::error::help(&error).unwrap_or_default();
            checks.push(check("login", Verdict::Bad, format!("{error:#}"), advice));
            return checks;
        }
    };
    checks.push(login(&session));
    if session.driver() == Driver::Gateway {
        checks.extend(permissions(&session).await);
        checks.push(clock(&session));
        return checks;
    }
    checks.extend(Service::OPENSTACK.iter().map(|service| catalogue(&session, *service)));
    checks.push(versions(&session).await);
    checks.extend(permissions(&session).await);
    checks.push(quota(&session).await);
    checks.push(clock(&session));
    checks
}

fn settings(config: &CloudConfig) -> Check {
    let found = format!("`{}` of {}, at {}", config.name, config.origin, config.auth_url);
    if config.tls.insecure {
        let found = format!("{found}; certificates are NOT checked");
        let advice = "name the cloud's authority with `cacert` in place of `insecure`";
        return check("settings", Verdict::Doubtful, found, advice);
    }
    if config.auth_url.starts_with("http:") && !is_local(&config.auth_url) {
        let found = format!("{found}; the password travels in the clear");
        return check("settings", Verdict::Doubtful, found, "use an https address");
    }
    check("settings", Verdict::Good, found, "")
}

fn is_local(url: &str) -> bool {
    ["//127.", "//localhost", "//[::1]"].iter().any(|host| url.contains(host))
}

fn login(session: &Session) -> Check {
    let who = session.identity();
    let roles = who.roles.join(", ");
    let found = format!(
        "user {} in project {} ({}), roles: {}",
        who.user_name,
        who.project_name,
        who.project_id,
        if roles.is_empty() { "not told" } else { &roles }
    );
    let only_reads = !who.roles.is_empty() && who.roles.iter().all(|role| role == "reader");
    if only_reads {
        let advice = "plans work; for applying ask for the role `member`";
        return check("login", Verdict::Doubtful, found, advice);
    }
    check("login", Verdict::Good, found, "")
}

fn catalogue(session: &Session, service: Service) -> Check {
    let subject = format!("{service} service");
    match session.endpoint_of(service) {
        Ok(url) => check(&subject, Verdict::Good, url, ""),
        Err(error) => {
            let verdict = match service {
                Service::BlockStorage => Verdict::Doubtful,
                _ => Verdict::Bad,
            };
            let advice = "check region and interface, or name the address as \
                          `SERVICE_endpoint_override` in clouds.yaml";
            check(&subject, verdict, error.message(), advice)
        }
    }
}

async fn versions(session: &Session) -> Check {
    let newest = match session.newest(Service::Compute).await {
        Ok(newest) => newest,
        Err(error) => return failed("compute version", &error),
    };
    let missing: Vec<_> = FEATURES.iter().filter(|(version, ..)| newest < Some(*version)).collect();
    let offered = newest.map_or("no microversions".to_owned(), |v| format!("up to {v}"));
    let Some((.., verdict, _)) = missing.first() else {
        return check("compute version", Verdict::Good, offered, "");
    };
    let missing: Vec<String> =
        missing.iter().map(|(version, _, feature)| format!("{feature} ({version})")).collect();
    let found = format!("{offered}: too old for {}", missing.join(", "));
    check("compute version", *verdict, found, "leave out what needs a newer version")
}

/// Reads a little of everything that Terrace reads.
async fn permissions(session: &Session) -> Vec<Check> {
    let volumes = Call::get(Service::BlockStorage, "/volumes").query("limit", "1");
    let few = compute::ServerFilter { limit: Some(1), ..compute::ServerFilter::default() };
    let one = [("limit", "1")];
    let calls = [
        ("servers", compute::find_servers(&few)),
        ("flavors", compute::flavors_detail().query("limit", "1")),
        ("keypairs", compute::keypairs().query("limit", "1")),
        ("server groups", compute::server_groups()),
        ("networks", network::networks(&one)),
        ("subnets", network::subnets(&one)),
        ("ports", network::ports(&one)),
        ("security groups", network::security_groups(&one)),
        ("images", image::images(&one)),
        ("volumes", volumes),
    ];
    // What has no service was told already, and of a gateway's kinds there are few.
    let few = ["servers", "flavors", "keypairs", "networks", "subnets", "images"];
    let gateway = session.driver() == Driver::Gateway;
    let calls = calls.into_iter().filter(|(name, call)| {
        if gateway { few.contains(name) } else { session.endpoint_of(call.service).is_ok() }
    });
    join_all(calls.map(|(name, call)| async move {
        let subject = format!("reading {name}");
        match session.call(call).await {
            Ok(_) => check(&subject, Verdict::Good, "allowed", ""),
            Err(error) => failed(&subject, &error),
        }
    }))
    .await
}

fn failed(subject: &str, error: &ApiError) -> Check {
    let advice = match error.kind() {
        ApiErrorKind::Forbidden => {
            "ask the operator for the role, or give the application credential an access rule \
             for this path"
        }
        ApiErrorKind::Unsupported => "this cloud is too old, or a service is missing",
        ApiErrorKind::Protocol => "something between here and the cloud changes answers",
        _ => "the service does not work: see the message, or tell its operator the request id",
    };
    check(subject, Verdict::Bad, error.to_string(), advice)
}

async fn quota(session: &Session) -> Check {
    let limits: compute::Limits = match session.one(compute::limits()).await {
        Ok(limits) => limits,
        Err(error) => return failed("quota", &error),
    };
    let number = |name: &str| limits.absolute.get(name).copied().unwrap_or(-1);
    let of = [
        ("servers", "totalInstancesUsed", "maxTotalInstances"),
        ("cores", "totalCoresUsed", "maxTotalCores"),
        ("MiB of memory", "totalRAMUsed", "maxTotalRAMSize"),
    ];
    let full = of.iter().any(|(_, used, most)| number(most) >= 0 && number(used) >= number(most));
    let used = of.iter().map(|(name, used, most)| match number(most) {
        most if most < 0 => format!("{} {name}", number(used)),
        most => format!("{} of {most} {name}", number(used)),
    });
    let found = format!("{} in use", used.collect::<Vec<_>>().join(", "));
    if full {
        let advice = "ask for more quota, or remove something: no server can be created";
        return check("quota", Verdict::Doubtful, found, advice);
    }
    check("quota", Verdict::Good, found, "")
}

fn clock(session: &Session) -> Check {
    let Some(skew) = session.clock_skew_ms() else {
        return check("clock", Verdict::Good, "the cloud does not tell the time", "");
    };
    let side = if skew > 0 { "behind" } else { "ahead of" };
    if skew.unsigned_abs() <= SKEW_MS {
        return check("clock", Verdict::Good, "as the cloud's", "");
    }
    let found = format!("this machine is {} s {side} the cloud", skew.unsigned_abs() / 1000);
    check("clock", Verdict::Doubtful, found, "set the clock (NTP): certificates and logs go by it")
}
