//! Comprehensions: what their variables stand for, and what is read of each item.

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr};

use super::{Step, StepKey, Walk, root_index};
use crate::expr::functions::{self, Function};
use crate::expr::parse::ItemRead;
use crate::expr::reference::{ResourceReference, Root};

/// Many instances that are walked through.
pub(super) struct Items {
    resource: ResourceReference,
    /// Whether they are the values of a map.
    values: bool,
}

impl Walk<'_> {
    pub(super) fn comprehension(&mut self, inner: &mut ComprehensionExpr) {
        self.expression(&mut inner.iter_range);
        let items = self.items_of(&inner.iter_range);
        let range = std::mem::take(&mut inner.iter_range);
        inner.iter_range = call(functions::SORTED, range);
        let outer = (self.bound.len(), self.items.len());
        self.bound.extend([inner.iter_var.clone(), inner.accu_var.clone()]);
        self.bound.extend(inner.iter_var2.clone());
        self.items.push((inner.iter_var.clone(), items));
        self.expression(&mut inner.accu_init);
        self.guarded(true, &mut inner.loop_cond);
        self.guarded(true, &mut inner.loop_step);
        self.expression(&mut inner.result);
        self.bound.truncate(outer.0);
        self.items.truncate(outer.1);
    }

    /// Walks what may never be evaluated, if it is that.
    pub(super) fn guarded(&mut self, is: bool, node: &mut IdedExpr) {
        self.guards += usize::from(is);
        self.expression(node);
        self.guards -= usize::from(is);
    }

    /// The instances that a range is, which was walked already: `servers.web`, or `values(servers.web)`.
    fn items_of(&self, range: &IdedExpr) -> Option<Items> {
        let (name, values) = match &range.expr {
            Expr::Ident(name) => (name, false),
            Expr::Call(call)
                if Function::find("values").is_some_and(|f| f.inner_name() == call.func_name) =>
            {
                match call.target.as_deref().or(call.args.first()).map(|of| &of.expr) {
                    Some(Expr::Ident(name)) => (name, true),
                    _ => return None,
                }
            }
            _ => return None,
        };
        match self.found.roots.get(root_index(name)?)? {
            Root::Resource(resource)
                if resource.attribute.is_none() && resource.key.is_none() && !resource.own_key =>
            {
                Some(Items { resource: resource.clone(), values })
            }
            _ => None,
        }
    }

    /// Takes down what is read of an item, if the name stands for one.
    pub(super) fn read_of_item(&mut self, name: &str, steps: &[Step]) {
        let Some((_, Some(items))) = self.items.iter().rev().find(|(bound, _)| bound == name)
        else {
            return;
        };
        if let Some(Step { key: StepKey::Text(attribute), dot: true, range }) = steps.first() {
            self.found.reads.push(ItemRead {
                resource: items.resource.clone(),
                values: items.values,
                attribute: attribute.clone(),
                span: (self.span_of)(range.clone()),
            });
        }
    }
}

fn call(name: &str, argument: IdedExpr) -> IdedExpr {
    let id = argument.id;
    let args = vec![argument];
    IdedExpr { id, expr: Expr::Call(CallExpr { func_name: name.into(), target: None, args }) }
}
