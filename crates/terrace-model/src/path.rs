//! Paths of names inside a stack.

use std::fmt;

use smol_str::SmolStr;

use crate::address::Name;

/// Stands between the names: less than all that a name can have, so that texts of paths are in the
/// same order as their names one by one.
const BETWEEN: char = '\0';

/// One name, or parent and child for nested kinds (`front`, `v4`). One short text, which mostly
/// takes no memory of its own: there are very many, and they are compared all the time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(SmolStr);

impl Path {
    /// Of names from the outermost; `None` when there are none.
    pub fn of(names: &[Name]) -> Option<Self> {
        let (first, inside) = names.split_first()?;
        Some(inside.iter().fold(first.clone().into(), |path: Self, name| path.child(name)))
    }

    /// The names, from the outermost.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split(BETWEEN)
    }

    /// The outermost name.
    pub fn first(&self) -> &str {
        self.names().next().unwrap_or_default()
    }

    /// The name of the block itself.
    pub fn last(&self) -> &str {
        self.names().next_back().unwrap_or_default()
    }

    /// The path of what is written inside.
    #[must_use]
    pub fn child(&self, name: &Name) -> Self {
        self.join(name.as_str())
    }

    /// The same inside of another block than before.
    #[must_use]
    pub(crate) fn within(&self, parent: &Self) -> Self {
        self.names().skip(1).fold(parent.clone(), |path, name| path.join(name))
    }

    fn join(&self, name: &str) -> Self {
        Self(smol_str::format_smolstr!("{}{BETWEEN}{name}", self.0))
    }
}

impl From<Name> for Path {
    fn from(name: Name) -> Self {
        Self(name.into_text())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, name) in self.names().enumerate() {
            f.write_str(if at > 0 { "." } else { "" })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_paths_are_in_the_order_of_their_names() {
        let path = |text: &str| {
            let names = text.split('.').map(|name| Name::new(name).expect("a name"));
            Path::of(&names.collect::<Vec<_>>()).expect("a path")
        };
        let mut paths: Vec<Path> =
            ["b.a", "a-b.c", "a.c", "a.b", "a-b.a", "a", "A.z"].map(path).into();
        paths.sort();
        let shown: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["A.z", "a", "a.b", "a.c", "a-b.a", "a-b.c", "b.a"]);
        let inner = path("front.v4");
        assert_eq!((inner.first(), inner.last()), ("front", "v4"));
        assert_eq!(inner.within(&path("back")).to_string(), "back.v4");
        assert_eq!(path("front").within(&path("back")).to_string(), "back");
    }
}
