//! `create_before_destroy`.

use terrace_plan::Mode;
use terrace_sim::Effect;

use crate::world::{Cut, World, fault};

fn stack(more: &str) -> String {
    format!(
        "
networks:
  n: {{ subnets: {{ v4: {{ cidr: 10.0.0.0/24 }} }} }}
server_groups:
  g: {{ policy: affinity }}
servers:
  a:
    image: cirros
    flavor: m1.tiny
    networks: [n]
    server_group: g
    lifecycle: {{ create_before_destroy: true }}
{more}
  b:
    image: cirros
    flavor: m1.tiny
    networks: [n]
    metadata: {{ peer: '${{servers.a.id}}' }}
"
    )
}

fn changed() -> String {
    stack("    config_drive: true").replace("policy: affinity", "policy: anti-affinity")
}

#[tokio::test]
async fn the_old_one_serves_until_the_new_one_is_there() {
    let world = World::new();
    let outcome = world.apply(&stack("")).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    let whole = world.counts();
    let outcome = world.apply(&changed()).await.expect("applied");
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!((outcome.done.create, outcome.done.update, outcome.done.delete), (2, 1, 2));
    assert_eq!(world.pending(&changed()).await, "");
    assert_eq!(world.counts(), whole);
    assert!(world.recorded().iter().all(|line| !line.contains("deposed")));
}

#[tokio::test]
async fn a_new_one_that_fails_leaves_the_old_one() {
    for (effect, recorded) in [
        (
            Effect::Status { code: 403, body: None, retry_after: None },
            vec!["web/servers.a ready", "web/servers.b ready"],
        ),
        (
            Effect::ServerError { message: "no host".into() },
            vec!["web/servers.a failed", "web/servers.b ready", "web/servers.a (deposed id) ready"],
        ),
    ] {
        let world = World::new();
        world.apply(&stack("")).await.expect("applied");
        let whole = world.counts();
        world.fault(fault("POST", "/servers", effect));
        let outcome = world.apply(&changed()).await.expect("applied");
        assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
        let servers: Vec<String> =
            world.recorded().into_iter().filter(|l| l.contains("servers")).collect();
        assert_eq!(servers, recorded);
        let pending = world.pending(&changed()).await;
        assert!(pending.contains("replace web/servers.a"), "{pending}");
        let outcome = world.apply(&changed()).await.expect("applied");
        assert!(outcome.is_complete(), "{outcome:?}");
        assert_eq!(world.pending(&changed()).await, "");
        assert_eq!(world.counts(), whole);
    }
}

#[tokio::test]
async fn killed_at_any_request_the_next_run_goes_on() {
    let (before, after) = (stack(""), changed());
    let clean = World::new();
    clean.apply(&before).await.expect("applied");
    let whole = clean.counts();
    clean.destroy(&before).await.expect("destroyed");
    let nothing = clean.counts();
    let mut killed = 0;
    for cut in [Cut::Before, Cut::After] {
        for at in 1..12 {
            let world = World::new();
            world.apply(&before).await.expect("applied");
            if !world.cut(&after, Mode::Apply, at, cut).await {
                continue;
            }
            killed += 1;
            let outcome = world.apply(&after).await.expect("applied");
            assert!(outcome.is_complete(), "{cut:?} {at}: {outcome:?}");
            assert_eq!(world.pending(&after).await, "", "{cut:?} {at}");
            assert_eq!(world.counts(), whole, "{cut:?} {at}");
            // Killed again, and everything destroyed: nothing is left.
            world.cut(&before, Mode::Apply, at, cut).await;
            let outcome = world.destroy(&before).await.expect("destroyed");
            assert!(outcome.is_complete(), "{cut:?} {at}: {outcome:?}");
            assert_eq!(world.counts(), nothing, "{cut:?} {at}");
        }
    }
    assert!(killed >= 10, "only {killed} runs were killed");
}
