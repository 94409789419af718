//! Checks that every plan must pass, in production too. A finding is a bug of Terrace, not of the
//! user: apply refuses such a plan.

use terrace_model::Value;

use crate::plan::{Action, Operation, Plan};

impl Plan {
    /// Runs all checks and returns what they found; empty for a sound plan.
    ///
    /// 1. Instances are sorted by address and each occurs once.
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
        let pairs = self.instances.windows(2);
        pairs
            .filter(|p| p[0].address >= p[1].address)
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
        let expected = |action| match action {
            Action::NoOp => vec![],
            Action::Resume => vec![Operation::Resume],
            Action::Forget => vec![Operation::Forget],
            Action::Update | Action::Resize | Action::Rebuild => vec![Operation::Update],
            Action::Create => vec![Operation::Create],
            Action::Replace => vec![Operation::Delete, Operation::Create],
            Action::Delete => vec![Operation::Delete],
        };
        let wrong =
            self.instances.iter().zip(steps).filter(|(i, steps)| *steps != expected(i.action));
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
            let found = self.instances.binary_search_by(|i| i.address.cmp(address));
            found.is_ok_and(|at| self.instances[at].action != Action::NoOp)
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
