//! Checks that every plan must pass, in production too. A finding is a bug of Terrace, not of the
//! user: apply refuses such a plan.

use terrace_model::Value;

use crate::plan::{Action, InstanceChange, Plan};

impl Plan {
    /// Runs all checks and returns what they found; empty for a sound plan.
    ///
    /// 1. Instances are sorted by address, deposed objects after the others, and each occurs once.
    /// 2. Each step waits only for earlier steps.
    /// 3. Each action has its steps, and no other.
    /// 4. Nothing is changed, waited for or deleted that has no id.
    /// 5. A value that is pending waits for an instance that this plan creates or changes.
    /// 6. A change of an attribute leads to an action at least as severe.
    pub fn verify(&self) -> Vec<String> {
        let checks = [
            Self::sorted,
            Self::ordered,
            Self::complete,
            Self::identified,
            Self::resolvable,
            Self::severe,
        ];
        checks
            .into_iter()
            .enumerate()
            .flat_map(|(n, check)| {
                check(self).into_iter().map(move |finding| format!("check {}: {finding}", n + 1))
            })
            .collect()
    }

    fn sorted(&self) -> Vec<String> {
        fn key(i: &InstanceChange) -> (&terrace_model::Address, Option<&String>) {
            (&i.address, i.id.as_ref().filter(|_| i.deposed))
        }
        let pairs = self.instances.windows(2);
        pairs
            .filter(|p| key(&p[0]) >= key(&p[1]))
            .map(|p| format!("`{}` is out of order", p[1].address))
            .collect()
    }

    fn ordered(&self) -> Vec<String> {
        let late = |(at, step): (usize, &crate::plan::Step)| {
            step.after
                .iter()
                .filter(|&&a| a >= at)
                .map(|a| format!("step {at} waits for step {a}"))
                .collect::<Vec<_>>()
        };
        self.steps.iter().enumerate().flat_map(late).collect()
    }

    fn complete(&self) -> Vec<String> {
        let mut steps = vec![Vec::new(); self.instances.len()];
        for step in &self.steps {
            if let Some(list) = steps.get_mut(step.instance) {
                list.push(step.operation);
            }
        }
        let wrong = self.instances.iter().zip(steps).filter(|(i, steps)| *steps != i.operations());
        wrong
            .map(|(i, steps)| format!("`{}` has steps {steps:?} for {:?}", i.address, i.action))
            .collect()
    }

    fn identified(&self) -> Vec<String> {
        let needs_id = |a: Action| !matches!(a, Action::Create);
        let wrong = self.instances.iter().filter(|i| needs_id(i.action) && i.id.is_none());
        wrong.map(|i| format!("`{}` has no id", i.address)).collect()
    }

    fn resolvable(&self) -> Vec<String> {
        let made = |address: &terrace_model::Address| {
            self.primary(address).is_some_and(|i| i.action != Action::NoOp)
        };
        let values = self.instances.iter().flat_map(|i| i.desired.values());
        let outputs = self.outputs.values().map(|o| &o.after);
        let origins = values.chain(outputs).flat_map(Value::origins);
        origins
            .filter(|o| !made(&o.address))
            .map(|o| format!("nothing makes `{}` known", o.address))
            .collect()
    }

    fn severe(&self) -> Vec<String> {
        let least = |effect| match effect {
            terrace_model::OnChange::InPlace => Action::Update,
            terrace_model::OnChange::Resize => Action::Resize,
            terrace_model::OnChange::Rebuild => Action::Rebuild,
            terrace_model::OnChange::Replace => Action::Replace,
        };
        let wrong =
            self.instances.iter().filter(|i| i.changes.iter().any(|c| i.action < least(c.effect)));
        wrong.map(|i| format!("`{}` is only {:?}", i.address, i.action)).collect()
    }
}
