//! Deleting.

use std::time::Duration;

use terrace_api::ApiError;
use terrace_model::{Kind, Timed, Value};
use terrace_plan::{InstanceChange, Operation};
use terrace_state::{Ended, Intent, Verb};

use super::step::{Trouble, Work, cloud, limit};
use crate::kinds::{self, Progress, Waiting};
use crate::wait::{Until, Waited};

/// How often, and how far apart, a delete is tried again while something that is on its way out
/// still stands in the way, such as the port of a server just deleted.
const TRIES: u32 = 30;
const BETWEEN: Duration = Duration::from_secs(2);

impl Work<'_> {
    pub(super) async fn delete(&self, instance: &InstanceChange) -> Result<String, Trouble> {
        let address = &instance.address;
        let id = instance.id.clone().expect("invariant: what is deleted exists");
        let intent = Intent {
            address: address.clone(),
            verb: Verb::Delete,
            detail: "delete".into(),
            id: Some(id.clone()),
            marker: String::new(),
            existing: Vec::new(),
            replaces: None,
            request_hash: String::new(),
            at_ms: self.context.now(),
            planned: None,
        };
        let op = self.begin(intent).await?;
        if self.declares(instance, "stop_before_destroy") {
            self.power(instance, &id, Some(&Value::text("shutoff"))).await?;
        }
        let goes_later = match self.ask(instance, &id).await {
            Err(error) if self.goes_with_server(instance, &id, &error) => true,
            Err(error) => {
                if !error.is_unknown_outcome() {
                    self.end(op, Ended::NotDone).await?;
                }
                return Err(cloud(&error));
            }
            Ok(()) => false,
        };
        if !goes_later && kinds::waiting(address.kind()) == Waiting::Polled {
            let limit = limit(instance, Timed::Delete);
            match self.wait(address, &id, (Until::Gone, None), limit).await?.0 {
                Waited::TimedOut(state) => {
                    return Err(Trouble::new(
                        format!("it is still there ({state})"),
                        Some("run the command again: it goes on deleting"),
                    ));
                }
                Waited::Settled(Progress::Stuck(fault)) => {
                    self.end(op, Ended::NotDone).await?;
                    return Err(Trouble::new(
                        format!("the cloud could not delete it: {fault}"),
                        Some("ask the cloud's operator, then run the command again"),
                    ));
                }
                Waited::Settled(_) | Waited::Gone => {}
            }
        }
        self.end(op, Ended::Removed).await?;
        Ok(id)
    }

    /// A server in ERROR gives no volume away, and does when it goes itself.
    fn goes_with_server(&self, instance: &InstanceChange, id: &str, error: &ApiError) -> bool {
        let refused = error.conflict().is_some() && error.message().contains("vm_state error");
        let goes = |other: &InstanceChange| {
            other.id.as_deref() == Some(kinds::server_of(id))
                && other.operations().contains(&Operation::Delete)
        };
        instance.address.kind() == Kind::VolumeAttachment
            && refused
            && self.plan.instances.iter().any(goes)
    }

    /// Whether an instance that goes was applied with this.
    fn declares(&self, instance: &InstanceChange, name: &str) -> bool {
        let record = self.recorded.record(&instance.slot());
        record.and_then(|record| record.declared.get(name)?.as_bool()) == Some(true)
    }

    async fn ask(&self, instance: &InstanceChange, id: &str) -> Result<(), ApiError> {
        let address = &instance.address;
        let forced = self.declares(instance, "force_delete");
        let mut tries = 0;
        loop {
            tries += 1;
            match kinds::delete(address.kind(), self.context.session(address), id, forced).await {
                Err(error) if error.is_not_found() => return Ok(()),
                Err(error) if tries < TRIES && passing(&error) => {
                    self.context.clock.sleep(BETWEEN).await;
                }
                other => return other,
            }
        }
    }
}

/// Whether a conflict goes away by itself once what was deleted before is really gone.
fn passing(error: &ApiError) -> bool {
    let in_use = [
        "NetworkInUse",
        "SubnetInUse",
        "SecurityGroupInUse",
        "RouterInUse",
        "RouterInterfaceInUseByFloatingIP",
        "RouterInterfaceInUseByRoute",
        "ServicePortInUse",
    ];
    // Cinder answers 400 while a volume is on its way out of a server.
    let attached = error.status() == Some(400) && error.to_string().contains("nvalid volume");
    attached || error.conflict().is_some_and(|kind| in_use.contains(&kind))
}
