//! The Rust code of the crate that is being built, as far as its text says what there is. The topology names modules
//! and types of it: what is certainly not there is told in the topology, where rustc would tell it once for each place
//! in generated code.
//!
//! Only what is certain counts. What a macro may have made, or a glob may have brought in, is unknown, and rustc's to
//! say.

mod module;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use self::module::{Content, Entry, Module};

pub use self::module::{Type, Visibility};

/// The folder of a package, where code is read.
pub trait Package {
    /// The text of a file in it, if there is one.
    fn read(&self, path: &Path) -> Option<String>;

    /// The Rust files of a folder in it, by name.
    fn list(&self, folder: &Path) -> Vec<PathBuf>;
}

/// The code of a crate.
pub struct Code<'s> {
    package: &'s dyn Package,
    /// The root files of its targets that can have what generated code names.
    roots: Vec<Rc<Module>>,
    known: RefCell<HashMap<PathBuf, Option<Rc<Module>>>>,
}

/// What of a path there is.
pub enum Look {
    /// A type, or whatever else has this name in the place of one.
    There(Found),
    /// Nobody can tell from the text.
    Unknown,
    /// Certainly nothing.
    Missing(Missing),
}

/// What a path leads to.
pub struct Found {
    /// Who can see it.
    pub visibility: Visibility,
    /// The file that it stands in.
    pub file: PathBuf,
    /// The type, where it is defined there.
    pub definition: Option<Type>,
}

/// Where a path ends too early.
pub struct Missing {
    /// How many segments of it there are, `crate` among them.
    pub known: usize,
    /// The file in which the next one would stand.
    pub file: PathBuf,
    /// What else there is of the same kind, in that module.
    pub others: Vec<String>,
    /// Whether the module is there and only private.
    pub is_private: bool,
}

impl<'s> Code<'s> {
    /// The code of a package, or nothing where the target is not found that takes in what is generated. In a crate that
    /// has handlers alone, none does, and its library is meant.
    pub fn of(package: &'s dyn Package, handlers_alone: bool) -> Option<Self> {
        let mut code = Self { package, roots: Vec::new(), known: RefCell::default() };
        let mut main: Vec<PathBuf> = ["src/lib.rs", "src/main.rs"].map(PathBuf::from).into();
        let mut all = main.clone();
        main.extend(package.read(Path::new("Cargo.toml")).map(|manifest| paths(&manifest)).unwrap_or_default());
        all.extend(["src/bin", "tests", "examples", "benches"].iter().flat_map(|it| package.list(Path::new(it))));
        all.extend(main.iter().skip(2).cloned());
        let takes_in = |path: &PathBuf| {
            let text = package.read(path).unwrap_or_default();
            text.contains("topology!") || text.contains("OUT_DIR")
        };
        let roots = if handlers_alone { main } else { all.into_iter().filter(takes_in).collect() };
        code.roots = roots.iter().filter_map(|root| code.file(root, root.parent()?.to_path_buf())).collect();
        (!code.roots.is_empty()).then_some(code)
    }

    /// What of a path there is: `crate`, `contract`, `NewUser`.
    pub fn look(&self, path: &[String]) -> Look {
        let mut missing = None;
        for root in &self.roots {
            match self.look_from(root, path) {
                Look::Missing(found) => missing = missing.or(Some(found)),
                found => return found,
            }
        }
        missing.map_or(Look::Unknown, Look::Missing)
    }

    fn look_from(&self, root: &Rc<Module>, path: &[String]) -> Look {
        let mut module = Rc::clone(root);
        for (index, name) in path.iter().enumerate().skip(1) {
            let is_last = index + 1 == path.len();
            let entry = match module.entry(name, is_last) {
                Some(entry) => entry,
                None if module.may_have_more(name) => return Look::Unknown,
                None => return Look::Missing(Missing::at(&module, index, is_last)),
            };
            // Whatever stands in the root is seen in the whole crate.
            if index > 1 && !is_last && entry.visibility == Visibility::Private {
                return Look::Missing(Missing { is_private: true, ..Missing::at(&module, index, is_last) });
            }
            if is_last {
                let definition = match &entry.content {
                    Content::Type(definition) => Some(definition.clone()),
                    _ => None,
                };
                // An import or an alias in the root is seen in the whole crate, and is what it stands for.
                let visibility = match (index, &definition, entry.visibility) {
                    (1, None, Visibility::Private) => Visibility::Imported,
                    (_, _, visibility) => visibility,
                };
                return Look::There(Found { visibility, file: module.file.clone(), definition });
            }
            let Some(next) = self.enter(&module, name, entry) else { return Look::Unknown };
            module = next;
        }
        // A path to the root itself.
        Look::Unknown
    }

    /// The module behind an entry, where it can be read.
    fn enter(&self, module: &Module, name: &str, entry: &Entry) -> Option<Rc<Module>> {
        match &entry.content {
            Content::Inline(inner) => Some(Rc::clone(inner)),
            Content::File => {
                let flat = module.folder.join(name).with_extension("rs");
                self.file(&flat, module.folder.join(name))
                    .or_else(|| self.file(&module.folder.join(name).join("mod.rs"), module.folder.join(name)))
            }
            Content::Type(_) | Content::Other => None,
        }
    }

    /// A module in a file, whose own modules are in `folder`.
    fn file(&self, path: &Path, folder: PathBuf) -> Option<Rc<Module>> {
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        let read = self.package.read(path).and_then(|text| syn::parse_file(&text).ok());
        let module = read.map(|file| Rc::new(Module::of(&file.items, path, folder)));
        self.known.borrow_mut().insert(path.to_path_buf(), module.clone());
        module
    }

    /// The path of the type that says it handles an operation, by one of its addresses.
    pub fn handling(&self, addresses: &[&str]) -> Option<String> {
        let mut open: Vec<(String, Rc<Module>)> =
            self.roots.iter().map(|root| ("crate".to_owned(), Rc::clone(root))).collect();
        while let Some((path, module)) = open.pop() {
            for (name, entry) in module.entries() {
                let path = format!("{path}::{name}");
                match &entry.content {
                    Content::Type(Type { handles: Some(known), .. }) if addresses.contains(&known.as_str()) => {
                        return Some(path);
                    }
                    Content::Inline(_) | Content::File => {
                        open.extend(self.enter(&module, name, entry).map(|inner| (path, inner)));
                    }
                    Content::Type(_) | Content::Other => {}
                }
            }
        }
        None
    }
}

impl Missing {
    fn at(module: &Module, known: usize, is_last: bool) -> Self {
        Self { known, file: module.file.clone(), others: module.names(is_last), is_private: false }
    }
}

/// The files that a manifest names for its targets. What has a path of its own elsewhere in it is no target.
fn paths(manifest: &str) -> Vec<PathBuf> {
    const TARGETS: [&str; 5] = ["[lib]", "[[bin]]", "[[test]]", "[[example]]", "[[bench]]"];
    let mut of_target = false;
    let mut paths = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            of_target = TARGETS.contains(&line);
        }
        let value = line.strip_prefix("path").and_then(|rest| rest.trim_start().strip_prefix('=')).map(str::trim);
        if let Some(path) = value.and_then(|value| value.strip_prefix('"')?.split('"').next()).filter(|_| of_target) {
            paths.push(PathBuf::from(path));
        }
    }
    paths
}
