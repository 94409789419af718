//! Names that lead out of the stack: other stacks, components, what exists already.

use std::ops::Range;

use super::{Step, StepKey, Walk};
use crate::address::{InstanceKey, StackName};
use crate::diagnostic::Diagnostic;
use crate::expr::reference::{Reference, Root};
use crate::kind::Kind;
use crate::observed::LookupKind;
use crate::suggest;

impl Walk<'_> {
    /// `stacks.NAME` and an output or a resource of it.
    pub(super) fn other_stack(
        &self,
        at: Range<usize>,
        steps: &[Step],
    ) -> Result<(Reference, usize), Diagnostic> {
        let [Step { key: StepKey::Text(stack), range, .. }, rest @ ..] = steps else {
            return Err(self.incomplete("stacks", at));
        };
        let stack = StackName::new(stack).map_err(|error| {
            Diagnostic::error("E0401", (self.span_of)(range.clone()), error.to_string())
        })?;
        let [Step { key: StepKey::Text(name), range, .. }, more @ ..] = rest else {
            return Err(self.incomplete("stacks", at));
        };
        if let Some(kind) = Kind::from_section(name) {
            let (mut found, used) = self.resource(kind, at, more)?;
            if let Root::Resource(reference) = &mut found.root {
                reference.stack = Some(stack);
            }
            return Ok((found, used + 2));
        }
        let span = (self.span_of)(at.start..range.end);
        Ok((Reference::new(Root::Output { stack, name: name.clone() }, span), 2))
    }

    pub(super) fn component(
        &self,
        at: Range<usize>,
        name: &str,
        steps: &[Step],
    ) -> (Reference, usize) {
        let step = steps.get(1).and_then(|step| match &step.key {
            StepKey::Index(index) => u32::try_from(*index).ok().map(InstanceKey::Index),
            StepKey::Text(text) => Some(InstanceKey::Text(text.into())),
            StepKey::Own => None,
        });
        let used = 1 + usize::from(step.is_some());
        let next = steps.get(used).filter(|_| step.is_some()).and_then(|step| match &step.key {
            StepKey::Text(text) => Some(text.clone()),
            StepKey::Index(_) | StepKey::Own => None,
        });
        let last = used + usize::from(next.is_some());
        let span = (self.span_of)(at.start..steps[last - 1].range.end);
        (Reference::new(Root::Component { name: name.to_owned(), step, next }, span), used)
    }

    pub(super) fn existing(
        &self,
        at: Range<usize>,
        steps: &[Step],
    ) -> Result<(Reference, usize), Diagnostic> {
        let [
            Step { key: StepKey::Text(section), range, .. },
            Step { key: StepKey::Text(name), range: last, .. },
            rest @ ..,
        ] = steps
        else {
            return Err(self.incomplete("existing", at));
        };
        let Some(kind) = LookupKind::from_section(section) else {
            let message = format!("`{section}` cannot be looked up");
            let diagnostic = Diagnostic::error("E0401", (self.span_of)(range.clone()), message);
            let known = LookupKind::ALL.map(LookupKind::section);
            return Err(diagnostic.helped(suggest::help("", section, &known)));
        };
        let (attribute, end, used) = match rest.first() {
            Some(Step { key: StepKey::Text(text), dot: true, range }) => {
                (Some(text.clone()), range.end, 3)
            }
            _ => (None, last.end, 2),
        };
        let root = Root::Existing { kind, name: name.clone(), attribute };
        Ok((Reference::new(root, (self.span_of)(at.start..end)), used))
    }
}

/// How a reference goes on that begins so.
pub(super) fn known_fields(root: &str) -> String {
    match root {
        "vars" => "write `vars.NAME` with the name of a variable".into(),
        "locals" => "write `locals.NAME` with the name of a local".into(),
        "env" => "the name of the environment is `env.name`".into(),
        "count" => "there is `count.index`, from 0".into(),
        "each" => "there are `each.key` and `each.value`".into(),
        "stacks" => "write `stacks.STACK.OUTPUT`, or `stacks.STACK.SECTION.NAME`, as in `stacks.net.networks.front.id`".into(),
        "components" => "write `components.NAME.OUTPUT`, or `components.NAME[\"key\"].OUTPUT` for one of many".into(),
        "existing" => "write `existing.SECTION.NAME`, as in `existing.networks.public.id`".into(),
        "subnets" => "write `subnets.NETWORK.NAME`, as in `subnets.front.v4.id`".into(),
        section => format!("write `{section}.NAME`, as in `{section}.web.id`"),
    }
}
