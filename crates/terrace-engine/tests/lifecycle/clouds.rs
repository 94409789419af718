//! Bad clouds: each request of every kind once answered badly, before its effect and after it. In a few
//! runs all is there, and nothing is there twice.

use terrace_sim::{Effect, Fault};

use crate::cut::{STACK, counts};
use crate::world::{World, fault};

/// What makes, joins and takes things, of every kind.
const WRITES: [(&str, &str); 12] = [
    ("POST", "*/os-keypairs"),
    ("POST", "*/networks"),
    ("POST", "*/subnets"),
    ("POST", "*/security-groups"),
    ("POST", "*/routers"),
    ("PUT", "*/add_router_interface"),
    ("POST", "*/ports"),
    ("POST", "*/floatingips"),
    ("POST", "*/os-server-groups"),
    ("POST", "*/volumes"),
    ("POST", "*/servers"),
    ("POST", "*/os-volume_attachments"),
];

/// One object read by its id, which is what follows its creation.
const READS: [(&str, &str); 6] = [
    ("GET", "*/networks/*"),
    ("GET", "*/subnets/*"),
    ("GET", "*/routers/*"),
    ("GET", "*/ports/*"),
    ("GET", "*/volumes/*"),
    ("GET", "*/servers/*"),
];

/// A list, which is how many are waited for.
const LISTS: [(&str, &str); 3] =
    [("GET", "*/servers/detail"), ("GET", "*/volumes/detail"), ("GET", "*/ports")];

fn status(code: u16, body: &str, retry_after: Option<u64>) -> Effect {
    let body = (!body.is_empty()).then(|| body.to_owned());
    Effect::Status { code, body, retry_after }
}

const BUSY: &str = r#"{"conflictingRequest": {"code": 409, "message":
    "Cannot 'x' instance a while it is in task_state spawning"}}"#;
const ABSENT: &str = r#"{"itemNotFound": {"code": 404, "message": "It could not be found."}}"#;

fn effects() -> Vec<(&'static [(&'static str, &'static str)], Effect)> {
    let before = [500, 502, 503, 504].map(|code| status(code, "", None));
    let after = [500, 502, 503, 504].map(|code| Effect::StatusAfter {
        code,
        body: None,
        retry_after: None,
    });
    let limits = [
        status(413, "", Some(1)),
        status(429, "", Some(1)),
        status(429, "", None),
        status(503, "", Some(1)),
        status(409, BUSY, None),
        status(200, "<html><title>Sign in</title></html>", None),
    ];
    let lost = [Effect::DropBefore, Effect::DropAfter, Effect::Truncate, Effect::ExpireToken];
    let writes = before.into_iter().chain(after).chain(limits).chain(lost);
    let late = [status(404, ABSENT, None), Effect::Truncate, status(502, "", None)];
    let reads = late.iter().cloned().map(|effect| (&READS[..], effect));
    let lists = late.iter().cloned().chain([Effect::Lag { ms: 3000 }]);
    let lists = lists.map(|effect| (&LISTS[..], effect));
    writes.map(|effect| (&WRITES[..], effect)).chain(reads).chain(lists).collect()
}

/// In so many runs at most: each thing that others need may fail once.
const RUNS: usize = 12;

#[tokio::test]
async fn whatever_a_cloud_answers_once_all_is_there_once_in_the_end() {
    let [whole, empty] = counts().await;
    for (requests, effect) in effects() {
        let told = format!("{effect:?} {:?}", requests[0]);
        let world = World::new();
        let one = |(method, path): &(&str, &str)| fault(method, path, effect.clone());
        let faults: Vec<Fault> = requests.iter().map(one).collect();
        world.cloud.faults().set(faults);
        let mut last = String::new();
        let mut complete = false;
        for _ in 0..RUNS {
            complete = match world.apply(STACK).await {
                Ok(outcome) => {
                    last = format!("{outcome:?}");
                    outcome.is_complete()
                }
                Err(error) => {
                    last = error;
                    false
                }
            };
            if complete {
                break;
            }
            world.settle().await;
        }
        assert!(complete, "{told}: {last}");
        let hit = world.cloud.faults().list().iter().map(|(_, hit)| *hit).sum::<u32>();
        assert!(hit > 0, "{told}: nothing was hit");
        assert_eq!(world.pending(STACK).await, "", "{told}");
        assert_eq!(world.counts(), whole, "{told}");
        world.cloud.faults().set(Vec::new());
        let outcome = world.destroy(STACK).await.expect("destroyed");
        assert!(outcome.is_complete(), "{told}: {outcome:?}");
        world.settle().await;
        assert_eq!(world.counts(), empty, "{told}");
    }
}
