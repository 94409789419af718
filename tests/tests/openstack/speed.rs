//! Many servers on one network: how many requests it takes, whatever their number, and that it is
//! no slower than the cloud's own client with as many commands at once.

use std::process::{Command, Stdio};
use std::time::Instant;

use terrace_tests::{Output, Workspace};

use crate::create::{destroy, expect_no_changes};
use crate::project::Project;

/// Steps, and commands of the client, at a time.
const PARALLELISM: usize = 20;
/// Most requests of a plan in which nothing changes.
const PLAN: u64 = 12;
/// The login, which is not told.
const LOGIN: u64 = 1;

fn write(workspace: &Workspace, servers: usize) {
    let text = format!(
        "networks:
  front:
    subnets:
      v4: {{ cidr: 10.10.0.0/24 }}
servers:
  web:
    count: {servers}
    image: cirros
    flavor: m1.tiny
    networks: [front]
"
    );
    std::fs::write(workspace.path().join("stacks/web.yaml"), text).expect("cannot write");
}

/// The sum of all numbers of requests that a command tells.
#[track_caller]
fn requests(output: &Output) -> u64 {
    let text = output.to_string();
    let words: Vec<&str> = text.split([' ', '(', ')', ',', '\n']).collect();
    let told = words.windows(2).filter(|pair| pair[1] == "requests");
    told.map(|pair| pair[0].parse::<u64>().expect("a number")).sum::<u64>() + LOGIN
}

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn timed<T>(act: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let done = act();
    (done, started.elapsed().as_secs_f64())
}

/// Applies that many servers; the requests of a server, and the seconds that it took.
#[track_caller]
fn apply(workspace: &Workspace, servers: usize) -> (f64, f64) {
    write(workspace, servers);
    let parallelism = PARALLELISM.to_string();
    let run = || workspace.terrace(&["apply", "--yes", "--parallelism", &parallelism]);
    let (output, seconds) = timed(run);
    let output = output.code(0);
    (requests(&output) as f64 / servers as f64, seconds)
}

/// Makes the same servers with the client, each by a command of its own; the seconds that it took.
fn by_client(project: &Project, servers: usize) -> f64 {
    let create = |n: usize| -> Command {
        let mut command = project.command();
        command.args(["server", "create", "--wait", "--image", "cirros", "--flavor", "m1.tiny"]);
        command.args(["--network", "front", &format!("by-client-{n}")]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let ((), seconds) = timed(|| {
        std::thread::scope(|scope| {
            for worker in 0..PARALLELISM {
                scope.spawn(move || {
                    for n in (worker..servers).step_by(PARALLELISM) {
                        let status = create(n).status().expect("the client runs");
                        assert!(status.success(), "server {n}: {status}");
                    }
                });
            }
        });
    });
    seconds
}

#[test]
#[ignore = "takes six minutes; run by name, its figures are in docs/performance.md"]
fn requests_do_not_grow_with_the_servers_and_the_client_is_not_faster() {
    let mut project = Project::new("speed");
    project.allow_servers(200);
    let workspace = project.quickstart();
    for servers in [20, 60] {
        let (each, ours) = apply(&workspace, servers);
        let plan = workspace.terrace(&["plan", "--detailed-exitcode"]).code(0).says("no changes");
        let plan = requests(&plan);
        println!("{servers} servers: {each:.2} requests each, plan {plan}, {ours:.1} s");
        assert!(plan <= PLAN, "{plan} requests of a plan with {servers} servers");
        assert!(each <= 2.5, "{each} requests a server of {servers}");
        if servers == 20 {
            let theirs = by_client(&project, servers);
            println!("by the client: {theirs:.1} s");
            project.delete_servers("by-client-");
            assert!(ours <= theirs, "{ours} s, and the client took {theirs} s");
        }
        expect_no_changes(&workspace);
        let _ = workspace.terrace(&["destroy", "--yes"]).code(0);
    }
    destroy(&workspace, project);
}
