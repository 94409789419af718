//! The event pass: parser events in, tree out.

use foldhash::HashMap;
use saphyr_parser::{Event, Parser, Tag};
use smol_str::SmolStr;
use terrace_model::{Diagnostic, Diagnostics, FileId, Span};

use super::place::{Offsets, scalar};
use super::{Content, Entry, MAX_ALIASED, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, explain};

pub(crate) fn build(text: &str, file: FileId) -> (Option<Node>, Diagnostics) {
    let start = Span::new(file, 0, 0);
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MB", MAX_BYTES / 1_000_000);
        return (None, std::iter::once(Diagnostic::error("E0108", start, message)).collect());
    }
    let mut builder = Builder {
        text,
        offsets: Offsets::new(text, file),
        diagnostics: Diagnostics::default(),
        open: Vec::new(),
        root: None,
        anchors: HashMap::default(),
        nodes: 0,
        aliased: 0,
        documents: 0,
    };
    let finished = builder.run();
    builder.anchors.clear();
    let root = if finished { builder.root } else { None };
    (root, builder.diagnostics)
}

/// Where reading stops for good.
struct Stop;

struct Builder<'a> {
    text: &'a str,
    offsets: Offsets,
    diagnostics: Diagnostics,
    open: Vec<Frame>,
    root: Option<Node>,
    /// Finished nodes with an anchor, with their number of nodes and bytes of text.
    anchors: HashMap<usize, (Node, usize, usize)>,
    nodes: usize,
    aliased: usize,
    documents: usize,
}

/// A list or map that is not complete yet.
struct Frame {
    start: Span,
    anchor: usize,
    kind: Collection,
}

enum Collection {
    List(Vec<Node>),
    Map(MapFrame),
}

/// From so many keys on they are looked up in an index.
const MANY_KEYS: usize = 16;

#[derive(Default)]
struct MapFrame {
    entries: Vec<Entry>,
    /// Where each key is, once there are too many to look through.
    index: HashMap<SmolStr, usize>,
    key: Option<(Option<SmolStr>, Span)>,
    merges: Vec<Node>,
}

impl Builder<'_> {
    fn run(&mut self) -> bool {
        let mut last = Span::new(self.offsets.span(saphyr_parser::Span::default()).file, 0, 0);
        for event in Parser::new_from_str(self.text) {
            let done = match event {
                Ok((event, span)) => {
                    last = self.offsets.span(span);
                    self.event(event, last)
                }
                Err(error) => {
                    let at = self.offsets.byte(error.marker().index());
                    self.diagnostics.push(explain::syntax(self.text, last.file, at, error.info()));
                    Err(Stop)
                }
            };
            if done.is_err() {
                return false;
            }
        }
        true
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                let mut scalar = scalar(text.into(), style, self.text, span);
                match self.tag(tag.as_deref(), span) {
                    Some("str") => scalar.plain = false,
                    Some("int" | "float" | "bool" | "null") => scalar.plain = true,
                    _ => {}
                }
                let node = Node {
                    span: scalar_span(&scalar.text, span),
                    content: Content::Scalar(scalar),
                };
                self.finished(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.tag(tag.as_deref(), span);
                self.begin(Collection::List(Vec::new()), anchor, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.tag(tag.as_deref(), span);
                self.begin(Collection::Map(MapFrame::default()), anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
        }
    }

    fn document(&mut self, span: Span) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let message = "a second document begins here";
        let diagnostic = Diagnostic::error("E0109", span, message);
        self.diagnostics.push(
            diagnostic.help("one file holds one document: take out the `---`, or make two files"),
        );
        Err(Stop)
    }

    /// The core schema's tag, if there is one; others are reported.
    fn tag<'t>(&mut self, tag: Option<&'t Tag>, span: Span) -> Option<&'t str> {
        let tag = tag?;
        let core = ["str", "int", "float", "bool", "null", "seq", "map"];
        if tag.is_yaml_core_schema() && core.contains(&tag.suffix.as_str()) {
            return Some(&tag.suffix);
        }
        let written =
            if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
        self.diagnostics.push(
            Diagnostic::error("E0106", span, format!("unknown tag `{written}`"))
                .help("tags are not used in stacks; expressions are written `${...}`"),
        );
        None
    }

    fn begin(&mut self, kind: Collection, anchor: usize, span: Span) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return self.refuse(span, format!("nested more than {MAX_DEPTH} deep"));
        }
        self.open.push(Frame { start: span, anchor, kind });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Stop> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        let content = match frame.kind {
            // Room for more than there is would be most of the memory of a large file.
            Collection::List(mut items) => {
                items.shrink_to_fit();
                Content::List(items)
            }
            Collection::Map(map) => self.close(map),
        };
        let end = self.trimmed(frame.start.start, span.end);
        let span = Span { end, ..frame.start };
        self.finished(Node { content, span }, frame.anchor)
    }

    /// Block collections end where the next thing begins; the blanks before that are not theirs.
    fn trimmed(&self, start: u32, end: u32) -> u32 {
        let text = self.text.get(start as usize..end as usize).unwrap_or_default();
        start + u32::try_from(text.trim_end().len()).unwrap_or(u32::MAX - start)
    }

    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return self
                .refuse(node.span, format!("more than {MAX_NODES} values, with aliases expanded"));
        }
        if anchor > 0 {
            let (nodes, bytes) = size(&node);
            self.anchors.insert(anchor, (node.clone(), nodes, bytes));
        }
        self.place(node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let Some((node, nodes, bytes)) = self.anchors.get(&anchor) else {
            let diagnostic =
                Diagnostic::error("E0107", span, "this alias stands inside of what it names");
            self.diagnostics.push(diagnostic);
            return Err(Stop);
        };
        self.nodes += nodes;
        self.aliased += bytes;
        let depth = self.open.len() + depth(node);
        if self.nodes > MAX_NODES || self.aliased > MAX_ALIASED || depth > MAX_DEPTH {
            return self.refuse(span, "aliases make the file too large".into());
        }
        let node = node.clone();
        self.place(node);
        Ok(())
    }

    fn place(&mut self, node: Node) {
        let diagnostics = &mut self.diagnostics;
        match self.open.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(Collection::List(items)) => items.push(node),
            Some(Collection::Map(map)) => map.place(node, diagnostics),
        }
    }

    /// Applies merge keys: what they bring stands behind what the map says itself.
    fn close(&mut self, mut map: MapFrame) -> Content {
        for merge in std::mem::take(&mut map.merges) {
            let sources = match merge.content {
                Content::Map(_) => vec![merge],
                Content::List(items) => items,
                Content::Scalar(_) => vec![merge],
            };
            for source in sources {
                let Content::Map(entries) = source.content else {
                    let text = "`<<` takes a map, an alias of one, or a list of those";
                    self.diagnostics.push(Diagnostic::error("E0111", source.span, text));
                    continue;
                };
                for entry in entries {
                    if map.find(&entry.key).is_none() {
                        map.push(entry);
                    }
                }
            }
        }
        map.entries.shrink_to_fit();
        Content::Map(map.entries)
    }

    fn refuse(&mut self, span: Span, message: String) -> Result<(), Stop> {
        self.diagnostics.push(Diagnostic::error("E0108", span, message));
        Err(Stop)
    }
}

impl MapFrame {
    fn place(&mut self, node: Node, diagnostics: &mut Diagnostics) {
        match self.key.take() {
            None => self.key = Some(key_of(node, diagnostics)),
            Some((None, _)) => {}
            Some((Some(key), key_span)) if key == "<<" => {
                let _ = key_span;
                self.merges.push(node);
            }
            Some((Some(key), key_span)) => match self.find(&key) {
                Some(first) => diagnostics.push(
                    Diagnostic::error("E0104", key_span, format!("`{key}` is written twice"))
                        .related(self.entries[first].key_span, "first here"),
                ),
                None => self.push(Entry { key, key_span, value: node }),
            },
        }
    }

    fn find(&self, key: &str) -> Option<usize> {
        if self.index.is_empty() {
            return self.entries.iter().position(|entry| entry.key == key);
        }
        self.index.get(key).copied()
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == MANY_KEYS {
            let known = self.entries.iter().enumerate();
            self.index = known.map(|(at, entry)| (entry.key.clone(), at)).collect();
        }
        if self.entries.len() >= MANY_KEYS {
            self.index.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
    }
}

fn key_of(node: Node, diagnostics: &mut Diagnostics) -> (Option<SmolStr>, Span) {
    match node.content {
        Content::Scalar(scalar) => (Some(scalar.text), node.span),
        _ => {
            let text = format!("a key must be text, not {}", node.describe());
            diagnostics.push(Diagnostic::error("E0105", node.span, text));
            (None, node.span)
        }
    }
}

/// Nothing has no extent: the parser gives `key:` the place of the colon.
fn scalar_span(text: &str, span: Span) -> Span {
    if text.is_empty() && span.end - span.start <= 1 {
        Span { end: span.start, ..span }
    } else {
        span
    }
}

fn size(node: &Node) -> (usize, usize) {
    match &node.content {
        Content::Scalar(scalar) => (1, scalar.text.len()),
        Content::List(items) => total(items.iter().map(size)),
        Content::Map(entries) => {
            let (nodes, bytes) = total(entries.iter().map(|e| size(&e.value)));
            (nodes + entries.len(), bytes + entries.iter().map(|e| e.key.len()).sum::<usize>())
        }
    }
}

fn total(sizes: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    sizes.fold((1, 0), |(nodes, bytes), (n, b)| (nodes + n, bytes + b))
}

fn depth(node: &Node) -> usize {
    match &node.content {
        Content::Scalar(_) => 0,
        Content::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Content::Map(entries) => 1 + entries.iter().map(|e| depth(&e.value)).max().unwrap_or(0),
    }
}
