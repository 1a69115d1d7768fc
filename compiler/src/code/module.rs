//! One module: the names that its text defines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use syn::{Attribute, Fields, Item, UseTree};

/// A module, as far as its text says what is in it.
pub(super) struct Module {
    /// The file that it stands in.
    pub(super) file: PathBuf,
    /// Where the files of its own modules are.
    pub(super) folder: PathBuf,
    /// Modules and types may have the same name.
    modules: BTreeMap<String, Entry>,
    types: BTreeMap<String, Entry>,
    /// Whether a glob or a macro may have brought in anything.
    is_open: bool,
    /// Names of items from which a derive or an attribute may have made others.
    seeds: Vec<String>,
}

/// Something with a name.
pub(super) struct Entry {
    pub(super) visibility: Visibility,
    pub(super) content: Content,
}

/// What has the name.
pub(super) enum Content {
    /// A module whose text stands there.
    Inline(Rc<Module>),
    /// A module in a file of its own.
    File,
    /// A type.
    Type(Type),
    /// Something imported, or of another kind: nothing more is known of it.
    Other,
}

/// Who can see something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody who sees its module.
    Public,
    /// This crate, or a part of it.
    Crate,
    /// Its module.
    Private,
    /// It is brought in from elsewhere, for others as well: what it is there counts.
    Imported,
}

/// A type that is defined in the text.
#[derive(Clone, Debug)]
pub struct Type {
    /// The names of its fields, where it is a struct that has such.
    pub fields: Option<Vec<String>>,
    /// The operation that it says it handles: `user.sign_up`.
    pub handles: Option<String>,
    /// Whether it has parameters: a name alone does not mean it then.
    pub has_parameters: bool,
}

/// Attributes that make nothing else.
const PLAIN: [&str; 24] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "command",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "non_exhaustive",
    "repr",
    "rustfmt",
    "schedule",
    "serde",
    "subscription",
    "test",
    "warn",
    "worker",
];

impl Module {
    pub(super) fn of(items: &[Item], file: &Path, folder: PathBuf) -> Self {
        let (modules, types) = (BTreeMap::new(), BTreeMap::new());
        let mut module = Self { file: file.to_path_buf(), folder, modules, types, is_open: false, seeds: Vec::new() };
        for item in items {
            module.take(item);
        }
        module
    }

    /// What has a name: a type at the end of a path, a module before that.
    pub(super) fn entry(&self, name: &str, is_last: bool) -> Option<&Entry> {
        if is_last { self.types.get(name) } else { self.modules.get(name) }
    }

    /// Everything in it: modules, then types.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.modules.iter().chain(&self.types).map(|(name, entry)| (name.as_str(), entry))
    }

    /// The names of its types, or of its modules.
    pub(super) fn names(&self, is_last: bool) -> Vec<String> {
        (if is_last { &self.types } else { &self.modules }).keys().cloned().collect()
    }

    /// Whether there may be something of this name all the same.
    pub(super) fn may_have_more(&self, name: &str) -> bool {
        self.is_open || self.seeds.iter().any(|seed| name.contains(seed.as_str()))
    }

    fn take(&mut self, item: &Item) {
        match item {
            Item::Mod(it) => self.take_module(it),
            Item::Struct(it) => {
                let fields = match &it.fields {
                    Fields::Named(fields) => {
                        Some(fields.named.iter().filter_map(|field| field.ident.as_ref()).map(unraw).collect())
                    }
                    Fields::Unnamed(_) | Fields::Unit => None,
                };
                // What an attribute has made of the fields, nobody can tell.
                let fields = fields.filter(|_| it.attrs.iter().all(is_plain));
                let (handles, has_parameters) = (handles(&it.attrs), !it.generics.params.is_empty());
                self.define(&it.ident, &it.vis, &it.attrs, Type { fields, handles, has_parameters });
            }
            Item::Enum(it) => self.define(&it.ident, &it.vis, &it.attrs, Type::unknown(&it.attrs)),
            Item::Union(it) => self.define(&it.ident, &it.vis, &it.attrs, Type::unknown(&it.attrs)),
            // An alias has the visibility of what it stands for.
            Item::Type(it) => {
                let visibility = match visibility(&it.vis) {
                    Visibility::Private => Visibility::Private,
                    _ => Visibility::Imported,
                };
                Self::enter(&mut self.types, unraw(&it.ident), Entry { visibility, content: Content::Other });
            }
            Item::Use(it) => {
                let visibility = match visibility(&it.vis) {
                    Visibility::Private => Visibility::Private,
                    _ => Visibility::Imported,
                };
                self.import(&it.tree, None, visibility);
            }
            Item::ExternCrate(it) => {
                let name = it.rename.as_ref().map_or(&it.ident, |(_, name)| name);
                self.bring_in(name, visibility(&it.vis));
            }
            Item::Macro(it) if it.ident.is_none() => {
                match it.mac.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
                    Some("topology") => {
                        let entry = Entry { visibility: Visibility::Public, content: Content::Other };
                        Self::enter(&mut self.modules, "topology".to_owned(), entry);
                    }
                    _ => self.is_open = true,
                }
            }
            Item::Fn(it) if !it.attrs.iter().all(is_plain) => self.seeds.push(unraw(&it.sig.ident)),
            Item::Impl(it) if !it.attrs.iter().all(is_plain) => self.is_open = true,
            Item::Trait(it) => {
                let entry = Entry { visibility: visibility(&it.vis), content: Content::Other };
                Self::enter(&mut self.types, unraw(&it.ident), entry);
            }
            Item::Macro(_) | Item::Fn(_) | Item::Impl(_) | Item::Const(_) | Item::Static(_) => {}
            _ => self.is_open = true,
        }
    }

    fn take_module(&mut self, it: &syn::ItemMod) {
        let name = unraw(&it.ident);
        let is_elsewhere =
            it.attrs.iter().any(|attribute| !is_plain(attribute) || attribute.path().is_ident("cfg_attr"));
        let content = match &it.content {
            _ if is_elsewhere => Content::Other,
            Some((_, items)) => Content::Inline(Rc::new(Self::of(items, &self.file, self.folder.join(&name)))),
            None => Content::File,
        };
        Self::enter(&mut self.modules, name, Entry { visibility: visibility(&it.vis), content });
    }

    /// Takes in something with a name. Where the name is there already, conditions decide which of the two counts
    /// (`#[cfg]`): nothing more is known of it.
    fn enter(names: &mut BTreeMap<String, Entry>, name: String, entry: Entry) {
        let is_new = !names.contains_key(&name);
        let unknown = Entry { visibility: Visibility::Imported, content: Content::Other };
        names.insert(name, if is_new { entry } else { unknown });
    }

    fn define(&mut self, name: &syn::Ident, written: &syn::Visibility, attributes: &[Attribute], definition: Type) {
        let name = unraw(name);
        if attributes.iter().any(|attribute| attribute.path().is_ident("derive") || !is_plain(attribute)) {
            self.seeds.push(name.clone());
        }
        let entry = Entry { visibility: visibility(written), content: Content::Type(definition) };
        Self::enter(&mut self.types, name, entry);
    }

    fn import(&mut self, tree: &UseTree, parent: Option<&syn::Ident>, visibility: Visibility) {
        match tree {
            UseTree::Path(path) => self.import(&path.tree, Some(&path.ident), visibility),
            UseTree::Name(name) if name.ident == "self" => {
                parent.into_iter().for_each(|parent| self.bring_in(parent, visibility));
            }
            UseTree::Name(name) => self.bring_in(&name.ident, visibility),
            UseTree::Rename(rename) => self.bring_in(&rename.rename, visibility),
            UseTree::Glob(_) => self.is_open = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, parent, visibility)),
        }
    }

    /// A name that may stand for a module and for a type.
    fn bring_in(&mut self, name: &syn::Ident, visibility: Visibility) {
        for names in [&mut self.modules, &mut self.types] {
            Self::enter(names, unraw(name), Entry { visibility, content: Content::Other });
        }
    }
}

impl Type {
    fn unknown(attributes: &[Attribute]) -> Self {
        Self { fields: None, handles: handles(attributes), has_parameters: false }
    }
}

fn visibility(written: &syn::Visibility) -> Visibility {
    match written {
        syn::Visibility::Public(_) => Visibility::Public,
        syn::Visibility::Restricted(restricted) if restricted.path.is_ident("self") => Visibility::Private,
        syn::Visibility::Restricted(_) => Visibility::Crate,
        syn::Visibility::Inherited => Visibility::Private,
    }
}

fn is_plain(attribute: &Attribute) -> bool {
    attribute.path().segments.first().is_some_and(|first| PLAIN.iter().any(|known| first.ident == known))
}

/// The operation that a handler's attribute names: `user.v2.sign_up`.
fn handles(attributes: &[Attribute]) -> Option<String> {
    const KINDS: [&str; 4] = ["command", "subscription", "worker", "schedule"];
    let attribute = attributes.iter().find(|it| KINDS.iter().any(|kind| it.path().is_ident(kind)))?;
    let syn::Meta::List(list) = &attribute.meta else { return None };
    Some(list.tokens.to_string().split_whitespace().collect())
}

fn unraw(ident: &syn::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}
