//! The files of a topology: the one that is built, and those it includes, merged into one tree.

use std::io;

use pontoon_schema::document::FilePath;
use pontoon_schema::name::shown;

use super::collect::{collect, singular, twice};
use super::tree::{Id, Key, Kind, Node, Tree};
use super::walk::walk;
use super::{Files, Limits, ThroughLink, text};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources, Span};

/// All files, read and merged.
pub(super) struct Merged {
    /// Nothing if a file could not be read to its end.
    pub(super) tree: Option<Tree>,
    /// Nodes that have been reported already.
    pub(super) skip: Vec<Id>,
    pub(super) problems: Vec<Diagnostic>,
}

/// The most files that a topology may have.
const MOST: usize = 1_000;

/// How deep files may include each other.
const DEEPEST: usize = 32;

/// The keys that only the topology itself has.
const HEAD: [&str; 5] = ["pontoon", "name", "description", "types", "contract"];

/// Reads the topology at `path` and everything that it includes, each file once.
pub(super) fn read_all(path: &str, files: &dyn Files, limits: Limits, sources: &mut Sources) -> Merged {
    let mut reader = Reader {
        files,
        limits,
        sources,
        total: 0,
        tree: Tree::default(),
        skip: Vec::new(),
        problems: Vec::new(),
        whole: true,
        chain: Vec::new(),
        seen: Vec::new(),
        roots: Vec::new(),
    };
    reader.file(path, None);
    reader.merge();
    let Reader { tree, skip, problems, whole, .. } = reader;
    Merged { tree: whole.then_some(tree), skip, problems }
}

struct Reader<'a> {
    files: &'a dyn Files,
    limits: Limits,
    sources: &'a mut Sources,
    total: usize,
    tree: Tree,
    skip: Vec<Id>,
    problems: Vec<Diagnostic>,
    whole: bool,
    /// The files that are being read, each included by the one before it.
    chain: Vec<String>,
    seen: Vec<(String, Span)>,
    roots: Vec<Id>,
}

impl Reader<'_> {
    /// Reads a file, and then those it includes; `asked` is the place that includes it.
    fn file(&mut self, path: &str, asked: Option<Span>) {
        if let Some(problem) = self.refuse(path, asked) {
            self.problems.push(problem);
            self.whole = false;
            return;
        }
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let problem = unreadable(path, &error);
                self.problems.push(match asked {
                    Some(span) => problem.label(span, "included here"),
                    None => problem,
                });
                self.whole = false;
                return;
            }
        };
        self.total = self.total.saturating_add(bytes.len());
        if let Some(problem) = self.too_large(path, bytes.len()) {
            // The text is left out: it could not be shown anyway.
            self.sources.add(path, "");
            self.problems.push(match asked {
                Some(span) => problem.label(span, "included here"),
                None => problem,
            });
            self.whole = false;
            return;
        }
        let id = FileId(u32::try_from(self.sources.files().count()).unwrap_or(u32::MAX));
        let text = match text::decode(bytes) {
            Ok(text) => text,
            Err((text, why)) => {
                self.problems.push(text::not_utf8(id, &why));
                self.sources.add(path, text);
                self.whole = false;
                return;
            }
        };
        let hidden = text::hidden(id, &text);
        let root = if hidden.is_empty() {
            walk(id, &text, &mut self.tree, &mut self.skip, &mut self.problems)
        } else {
            self.problems.extend(hidden);
            None
        };
        let empty = text.trim_start_matches('\u{feff}').trim().is_empty();
        self.sources.add(path, text);
        self.seen.push((path.to_owned(), asked.unwrap_or(Span::new(id, 0, 0))));
        match root {
            Some(root) if matches!(self.tree.entries[root.0 as usize].kind, Kind::Mapping) => {
                self.roots.push(root);
                self.chain.push(path.to_owned());
                self.includes(path, root);
                self.chain.pop();
            }
            Some(root) => {
                let span = self.tree.entries[root.0 as usize].span;
                self.problems.push(not_a_topology(empty, span));
                self.whole = false;
            }
            None => {
                if self.problems.is_empty() {
                    self.problems.push(not_a_topology(true, Span::new(id, 0, 0)));
                }
                self.whole = false;
            }
        }
    }

    fn refuse(&self, path: &str, asked: Option<Span>) -> Option<Diagnostic> {
        let asked = asked?;
        if let Some(from) = self.chain.iter().position(|file| file == path) {
            let mut circle: Vec<&str> = self.chain[from..].iter().map(String::as_str).collect();
            circle.push(path);
            return Some(
                Diagnostic::error(
                    "invalid_path",
                    format!("files include each other in a circle: {}", circle.join(" → ")),
                )
                .label(asked, "this closes the circle")
                .help("delete this line: a file that is included once belongs to the whole topology"),
            );
        }
        if let Some((_, first)) = self.seen.iter().find(|(file, _)| file == path) {
            return Some(
                Diagnostic::error("duplicate_name", format!("`{}` is included twice", shown(path)))
                    .label(*first, "first here")
                    .label(asked, "and here again")
                    .help("delete one of them"),
            );
        }
        if self.chain.len() >= DEEPEST {
            let message = format!("files include each other more than {DEEPEST} deep");
            return Some(
                Diagnostic::error("input_limit", message)
                    .label(asked, "with this one")
                    .help("include them side by side: `include:` is a list"),
            );
        }
        (self.seen.len() >= MOST).then(|| {
            Diagnostic::error("input_limit", format!("this topology has more than {MOST} files"))
                .label(asked, "with this one")
        })
    }

    fn too_large(&self, path: &str, length: usize) -> Option<Diagnostic> {
        const MOST: usize = 1 << 30;
        let (file, total) = (self.limits.file.min(MOST), self.limits.total.min(MOST));
        let path = shown(path);
        if length > file {
            let message = format!("`{path}` has {length} bytes, and a file of a topology may have {file}");
            return Some(
                Diagnostic::error("input_limit", message)
                    .help("split it with `include:`, or raise the limit where it is built"),
            );
        }
        (self.total > total).then(|| {
            let message = format!("with `{path}` the files of this topology have more than {total} bytes");
            Diagnostic::error("input_limit", message).help("raise the limit where it is built")
        })
    }

    fn includes(&mut self, path: &str, root: Id) {
        let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
        let Some(list) = (Node::new(&self.tree, root)).get("include") else {
            return;
        };
        // What is not a path is reported when the document is filled.
        let asked: Vec<(String, Span)> = list
            .children()
            .filter_map(|entry| Some((entry.text()?.parse::<FilePath>().ok()?, entry.value_span())))
            .map(|(file, span)| (format!("{folder}{file}"), span))
            .collect();
        for (file, span) in asked {
            self.file(&file, Some(span));
        }
    }

    /// Makes one tree of all files. Sections of the same name become one.
    fn merge(&mut self) {
        let Some((first, others)) = self.roots.split_first() else {
            return;
        };
        self.tree.root = *first;
        if others.is_empty() {
            return;
        }
        let mut sections: Vec<(String, Vec<Id>)> = Vec::new();
        let roots = self.roots.clone();
        for (at, root) in roots.iter().enumerate() {
            let ids: Vec<Id> = Node::new(&self.tree, *root).children().map(|node| node.id).collect();
            for id in ids {
                let key = self.tree.key(id).to_owned();
                if at > 0 && HEAD.contains(&key.as_str()) {
                    self.problems.push(misplaced(&self.tree, id, &key));
                    continue;
                }
                match sections.iter_mut().find(|(name, _)| *name == key) {
                    Some((_, parts)) => parts.push(id),
                    None => sections.push((key, vec![id])),
                }
            }
        }
        let children: Vec<Id> = sections.into_iter().flat_map(|(name, parts)| self.join(&name, &parts)).collect();
        let span = self.tree.entries[first_span(&roots)].span;
        self.tree.root = collect(&mut self.tree, Kind::Mapping, None, span, &children, &mut |_, _, _| {});
    }

    /// The parts of a section from several files as one. Parts that do not fit together are left as they are: filling
    /// the document reports them.
    fn join(&mut self, name: &str, parts: &[Id]) -> Vec<Id> {
        let entry = |tree: &Tree, id: Id| tree.entries[id.0 as usize].clone();
        let mapping = |tree: &Tree, id: Id| matches!(tree.entries[id.0 as usize].kind, Kind::Mapping);
        let sequence = |tree: &Tree, id: Id| matches!(tree.entries[id.0 as usize].kind, Kind::Sequence);
        let kind = if parts.iter().all(|id| mapping(&self.tree, *id)) {
            Kind::Mapping
        } else if parts.iter().all(|id| sequence(&self.tree, *id)) {
            Kind::Sequence
        } else {
            return parts.to_vec();
        };
        let [first, ..] = parts else { return Vec::new() };
        let children: Vec<Id> = parts
            .iter()
            .flat_map(|part| Node::new(&self.tree, *part).children().map(|node| node.id).collect::<Vec<_>>())
            .collect();
        let head = entry(&self.tree, *first);
        let key: Option<Key> = head.key;
        let what = singular(name);
        let (skip, problems) = (&mut self.skip, &mut self.problems);
        let id = collect(&mut self.tree, kind, key, head.span, &children, &mut |tree, original, again| {
            // What stands twice in one file has been reported when that file was read.
            if file_of(tree, original) != file_of(tree, again) {
                problems.push(twice(tree, what, original, again));
                skip.push(again);
            }
        });
        vec![id]
    }
}

fn first_span(roots: &[Id]) -> usize {
    roots.first().map_or(0, |root| root.0 as usize)
}

fn file_of(tree: &Tree, id: Id) -> FileId {
    let entry = &tree.entries[id.0 as usize];
    entry.key.map_or(entry.span, |key| key.span).file
}

fn misplaced(tree: &Tree, id: Id, key: &str) -> Diagnostic {
    let place = Node::new(tree, id).key_span();
    Diagnostic::error("unknown_key", format!("`{key}:` stands in a file that is only included"))
        .label(place, "this belongs to the topology as a whole")
        .help("delete it here: the file that includes this one says it")
}

fn not_a_topology(empty: bool, span: Span) -> Diagnostic {
    let message =
        if empty { "this file says nothing" } else { "this is not a topology: keys with values were expected" };
    Diagnostic::error("invalid_syntax", message).label(span, "").help(
        "begin with `pontoon: 1` and `name: shop`, and the sections below: events, services, environments, deployments",
    )
}

fn unreadable(path: &str, error: &io::Error) -> Diagnostic {
    let path = shown(path);
    let link = error.get_ref().and_then(|error| error.downcast_ref::<ThroughLink>());
    if let Some(ThroughLink(link)) = link {
        let message = match *link == path {
            true => format!("`{path}` is a symbolic link, and those are not followed"),
            false => format!("`{path}` lies behind the symbolic link `{}`, and those are not followed", shown(link)),
        };
        return Diagnostic::error("invalid_path", message).help(
            "include the file that it leads to, if that is below the folder of the topology; or have links followed: \
             `.follow_links()` in build.rs, and `--follow-links` for `cargo pontoon`",
        );
    }
    match error.kind() {
        io::ErrorKind::NotFound => Diagnostic::error("invalid_path", format!("there is no file `{path}`"))
            .help("paths are relative to the file that includes them"),
        io::ErrorKind::PermissionDenied => Diagnostic::error("invalid_path", format!("`{path}` may not be read"))
            .help("let whoever builds read it: its permissions, or those of a folder above, forbid it"),
        _ => Diagnostic::error("invalid_path", format!("`{path}` can't be read: {error}")),
    }
}
