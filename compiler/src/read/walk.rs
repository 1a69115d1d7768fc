//! One walk over the events of a file: its limits, its syntax errors, its duplicate keys, and its part of the tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked};

use super::collect::{collect, push, singular, twice};
use super::marks::Marks;
use super::syntax;
use super::tree::{Entry, Id, Key, Kind, Tree, Word};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// How deep lists and mappings may stand inside each other.
const DEEPEST: u32 = 64;

/// How many nodes aliases may stand for, all together.
const ALIASED: u32 = 100_000;

/// After so many problems in one file the rest would not help.
const ENOUGH: usize = 50;

/// Reads one file into the tree. There is no node where the file could not be understood to its end, which the problems
/// then say.
pub(super) fn walk(
    file: FileId,
    text: &str,
    tree: &mut Tree,
    skip: &mut Vec<Id>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Id> {
    let mut walk = Walk {
        file,
        text,
        marks: Marks::new(text),
        tree,
        skip,
        problems,
        open: Vec::new(),
        pending: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        root: None,
    };
    match walk.run() {
        Ok(()) => walk.root,
        Err(problem) => {
            walk.problems.push(*problem);
            None
        }
    }
}

struct Walk<'a> {
    file: FileId,
    text: &'a str,
    marks: Marks<'a>,
    tree: &'a mut Tree,
    skip: &'a mut Vec<Id>,
    problems: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    /// The children of all open nodes, those of the innermost last.
    pending: Vec<Id>,
    anchors: HashMap<usize, Option<Id>>,
    aliased: u32,
    root: Option<Id>,
}

/// A list or a mapping whose end has not been seen.
struct Open {
    mapping: bool,
    flow: bool,
    start: u32,
    anchor: usize,
    /// Where its children begin in `pending`.
    from: usize,
    /// Its own key.
    key: Option<Key>,
    /// The key whose value comes next.
    next: Option<Key>,
}

/// What ends the walk. Boxed, as it is large and rare.
type Stop = Box<Diagnostic>;

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mut parser = Parser::new_from_str(self.text);
        let mut documents = 0;
        while let Some(event) = parser.next_event() {
            let (event, marked) = match event {
                Ok(event) => event,
                Err(error) => {
                    let at = self.marks.byte(error.marker().index());
                    let open = self.open.last().filter(|open| open.flow).map(|open| open.start);
                    return Err(Box::new(syntax::explain(self.file, self.text, at, open, error.info())));
                }
            };
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let problem = Diagnostic::error("invalid_syntax", "a topology is one document")
                            .label(self.span(marked), "a second one begins here")
                            .help("put it into a file of its own and name that under `include:`");
                        return Err(Box::new(problem));
                    }
                }
                Event::Scalar(value, style, anchor, tag) => {
                    self.refuse_tag(tag.is_some(), marked)?;
                    self.scalar(&value, style, anchor, marked)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.refuse_tag(tag.is_some(), marked)?;
                    self.begin(false, anchor, marked)?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.refuse_tag(tag.is_some(), marked)?;
                    self.begin(true, anchor, marked)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(marked),
                Event::Alias(anchor) => self.alias(anchor, marked)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
            if self.problems.len() >= ENOUGH {
                return Ok(());
            }
        }
        Ok(())
    }

    fn span(&self, marked: Marked) -> Span {
        Span::new(self.file, self.marks.byte(marked.start.index()), self.marks.byte(marked.end.index()))
    }

    fn refuse_tag(&self, tagged: bool, marked: Marked) -> Result<(), Stop> {
        if !tagged {
            return Ok(());
        }
        let problem = Diagnostic::error("invalid_syntax", "this language has no tags")
            .label(self.span(marked), "the value of a tag")
            .help("delete the `!…` before the value");
        Err(Box::new(problem))
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, anchor: usize, marked: Marked) -> Result<(), Stop> {
        let mut span = self.span(marked);
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        span.end = span.start + u32::try_from(text.trim_end().len()).unwrap_or(u32::MAX);
        let plain = style == ScalarStyle::Plain;

        let start = self.place();
        self.tree.words.push_str(value);
        let word = Word { start, end: self.place() };

        match self.open.last_mut() {
            Some(open) if open.mapping && open.next.is_none() => {
                open.next = Some(Key { word, span });
                if plain && value == "<<" {
                    let problem =
                        Diagnostic::error("invalid_syntax", "this language does not merge mappings with `<<`")
                            .label(span, "here")
                            .help("write the keys out; environments can inherit with `extends:`");
                    return Err(Box::new(problem));
                }
                Ok(())
            }
            _ => {
                // A value that is left out stands where the next token is: its key is the better place.
                let key = self.open.last().and_then(|open| open.next);
                if plain && value.is_empty() {
                    span = key.map_or(span, |key| key.span);
                }
                let kind = if plain { Kind::Plain(word) } else { Kind::Quoted(word) };
                let id = self.push(Entry { kind, key, span, first: 0, last: 0, weight: 1, height: 0 });
                self.name(anchor, Some(id));
                self.add(id);
                Ok(())
            }
        }
    }

    fn place(&self) -> u32 {
        u32::try_from(self.tree.words.len()).unwrap_or(u32::MAX)
    }

    fn begin(&mut self, mapping: bool, anchor: usize, marked: Marked) -> Result<(), Stop> {
        let span = self.span(marked);
        if self.open.len() >= DEEPEST as usize {
            return Err(Box::new(too_deep(span)));
        }
        let start = self.after_anchor(span.start, anchor);
        let flow = matches!(self.text.as_bytes().get(start as usize), Some(b'{' | b'['));
        let key = match self.open.last() {
            Some(open) if open.mapping && open.next.is_none() => {
                let mut problem = syntax::bare_braces(self.file, self.text, start).unwrap_or_else(|| {
                    Diagnostic::error("invalid_syntax", "a key is a word, not a list or a mapping")
                        .label(Span::new(self.file, start, start + 1), "a key was expected here")
                });
                if problem.help.is_none() {
                    problem = problem.help("write a word and a colon before it, such as `key: { … }`");
                }
                return Err(Box::new(problem));
            }
            Some(open) => open.next,
            None => None,
        };
        self.name(anchor, None);
        self.open.push(Open { mapping, flow, start, anchor, from: self.pending.len(), key, next: None });
        Ok(())
    }

    /// Where the value behind `&anchor` begins.
    fn after_anchor(&self, start: u32, anchor: usize) -> u32 {
        let rest = self.text.get(start as usize..).unwrap_or_default();
        if anchor == 0 || !rest.starts_with('&') {
            return start;
        }
        let name = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = rest[name..].find(|letter: char| !letter.is_whitespace()).unwrap_or(0);
        start + u32::try_from(name + space).unwrap_or(0)
    }

    fn end(&mut self, marked: Marked) {
        let Some(open) = self.open.pop() else { return };
        let end = if open.flow {
            self.marks.byte(marked.end.index())
        } else {
            // The parser ends a block with the next token: it really ends with the last thing in it.
            let last = self.pending[open.from..].last().map(|id| self.tree.entries[id.0 as usize].span.end);
            last.unwrap_or(open.start)
        };
        let span = Span::new(self.file, open.start, end);
        let children = self.pending.split_off(open.from);
        if open.mapping && open.flow {
            self.find_split_types(&children);
        }
        let kind = if open.mapping { Kind::Mapping } else { Kind::Sequence };
        let named = self.pending_name(&open);
        let id = collect(self.tree, kind, open.key, span, &children, &mut |tree, first, again| {
            self.skip.push(again);
            if self.problems.len() < ENOUGH {
                self.problems.push(twice(tree, named, first, again));
            }
        });
        self.name(open.anchor, Some(id));
        self.add(id);
    }

    /// What the keys of a mapping are, by the key it stands under.
    fn pending_name(&self, open: &Open) -> &'static str {
        singular(open.key.map_or("", |key| self.tree.word(key.word)))
    }

    /// Finds `{ output: HashMap<String, User> }`, of which YAML makes two keys.
    fn find_split_types(&mut self, children: &[Id]) {
        let balance = |text: &str| {
            text.bytes().fold(0_i32, |depth, byte| match byte {
                b'<' | b'(' => depth + 1,
                b'>' | b')' => depth - 1,
                _ => depth,
            })
        };
        let mut at = 0;
        while at < children.len() {
            let first = children[at];
            at += 1;
            let entry = &self.tree.entries[first.0 as usize];
            let (Kind::Plain(word), Some(key)) = (entry.kind, entry.key) else {
                continue;
            };
            let mut depth = balance(self.tree.word(word));
            if depth <= 0 {
                continue;
            }
            let mut span = entry.span;
            let mut parts = Vec::new();
            while let Some(part) = children.get(at).copied().filter(|_| depth > 0) {
                let part_entry = &self.tree.entries[part.0 as usize];
                let alone = matches!(part_entry.kind, Kind::Plain(word) if word.start == word.end);
                let (Some(part_key), true) = (part_entry.key, alone) else {
                    break;
                };
                depth += balance(self.tree.word(part_key.word));
                span.end = part_key.span.end;
                parts.push(part);
                at += 1;
            }
            if depth != 0 || parts.is_empty() {
                continue;
            }
            let key = self.tree.word(key.word).to_owned();
            let value = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
            self.problems.push(syntax::unquoted(span, &key, value));
            self.skip.push(first);
            self.skip.append(&mut parts);
        }
    }

    fn alias(&mut self, anchor: usize, marked: Marked) -> Result<(), Stop> {
        let span = self.span(marked);
        let stop = |problem: Diagnostic| Err(Box::new(problem));
        let Some(target) = self.anchors.get(&anchor).copied().flatten() else {
            return stop(
                Diagnostic::error("invalid_syntax", "this alias stands inside of what it is an alias for")
                    .label(span, "it would contain itself"),
            );
        };
        if self.open.last().is_some_and(|open| open.mapping && open.next.is_none()) {
            return stop(
                Diagnostic::error("invalid_syntax", "an alias can't be a key")
                    .label(span, "a key was expected here")
                    .help("write the key out"),
            );
        }
        let mut entry = self.tree.entries[target.0 as usize].clone();
        self.aliased = self.aliased.saturating_add(entry.weight);
        if self.aliased > ALIASED {
            return stop(
                Diagnostic::error("input_limit", "the aliases of this file stand for more than 100,000 values")
                    .label(span, "with this one")
                    .help("write out what you need: a topology does not take that many"),
            );
        }
        if self.open.len() as u32 + entry.height > DEEPEST {
            return stop(too_deep(span));
        }
        entry.key = self.open.last().and_then(|open| open.next);
        entry.span = span;
        let id = self.push(entry);
        self.add(id);
        Ok(())
    }

    fn push(&mut self, entry: Entry) -> Id {
        push(self.tree, entry)
    }

    fn name(&mut self, anchor: usize, id: Option<Id>) {
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
    }

    /// Hands a finished node to the one around it.
    fn add(&mut self, id: Id) {
        match self.open.last_mut() {
            Some(open) => {
                open.next = None;
                self.pending.push(id);
            }
            None => self.root = Some(id),
        }
    }
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("input_limit", format!("lists and mappings stand more than {DEEPEST} deep inside each other"))
        .label(span, "here it gets too deep")
        .help("a topology needs about ten levels: is a bracket not closed?")
}
