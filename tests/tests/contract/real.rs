//! The same checks against a real OpenStack, and how its answers are written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::{self, FILES, Seen, checks};
use crate::cloud::Wire;
use crate::failures;
use crate::shapes::Shapes;
use crate::world::World;

#[expect(clippy::disallowed_methods, reason = "says where the cloud is")]
#[tokio::test]
async fn on_a_real_openstack() {
    let identity = std::env::var("CONTRACT_IDENTITY");
    let identity = identity.unwrap_or_else(|_| "http://127.0.0.1:5000/v3".to_owned());
    if std::env::var_os("CONTRACT_RECORD").is_some() {
        record(&identity).await;
        return;
    }
    let shapes = Arc::new(Shapes::read());
    let runs = FILES.map(|file| {
        let (identity, shapes) = (identity.clone(), shapes.clone());
        tokio::spawn(async move { failures(file, Wire::network(), &identity, shapes).await })
    });
    let mut all = Vec::new();
    for run in runs {
        all.extend(run.await.expect("it runs to its end"));
    }
    all.extend(shapes.wrong());
    assert!(all.is_empty(), "{} checks fail:\n{}", all.len(), all.join("\n"));
}

/// Writes down what the real cloud answers, for the files that `CONTRACT_RECORD` names or all.
#[expect(clippy::disallowed_methods, reason = "says which files are meant")]
async fn record(identity: &str) {
    let chosen = std::env::var("CONTRACT_RECORD").unwrap_or_default();
    for file in FILES.iter().filter(|file| chosen == "1" || chosen.contains(**file)) {
        let run = format!("contract-{file}-{}", std::process::id());
        let shapes = Arc::new(Shapes::read());
        let mut world = World::new(Wire::network(), identity, &run, shapes).await;
        let mut seen: BTreeMap<String, Seen> = BTreeMap::new();
        for check in checks(file) {
            seen.insert(check.name.clone(), world.run(&check).await);
        }
        world.end().await;
        let text = serde_json::to_string_pretty(&seen).expect("JSON");
        std::fs::write(check::answers_path(file), format!("{text}\n")).expect("written");
    }
}
