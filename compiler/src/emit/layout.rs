//! The text of a file, item by item: indented, spaced out, long lines broken, with a head that says where it comes
//! from. What is printed a few times for each file comes as syntax and is formatted by prettyplease.

mod broken;
mod quoted;
mod settings;

use proc_macro2::TokenStream;

use super::File;
use super::code::{Code, Piece as _, code};
use super::local::renamed;
use super::prose::escaped;
use crate::plan::RUNTIME;

/// The widest line that settings and the bounds of traits may take before they are broken.
const WIDTH: usize = 100;
/// The widest line of anything else: prettyplease's own.
const MARGIN: usize = 89;

/// The text of a file below the comment lines `head`.
pub(super) fn file(name: &str, head: &str, code: &Printer) -> File {
    let head: String = head.lines().map(|line| ["// ", line, "\n"].concat()).collect();
    File { name: [name, ".rs"].concat(), text: [&head, "\n", &code.text].concat() }
}

/// The file with another path for the crate `pontoon`. Comments are left as they are.
pub(super) fn of_runtime(path: &str, file: File) -> File {
    if path == RUNTIME {
        return file;
    }
    let line = |line: &str| match line.trim_start().starts_with("//") {
        true => line.to_owned(),
        false => renamed(line, &[RUNTIME, "::"].concat(), &[path, "::"].concat()),
    };
    let text = file.text.lines().map(|it| line(it) + "\n").collect();
    File { text, ..file }
}

/// Code as it is printed, in blocks within each other.
#[derive(Default)]
pub(super) struct Printer {
    text: String,
    depth: usize,
    /// Whether the block that is printed has anything in it yet.
    begun: bool,
}

impl Printer {
    /// Begins an item, or a member that is set apart, with a blank line above it unless it is the first.
    pub(super) fn item(&mut self) {
        if self.begun {
            self.text.push('\n');
        }
    }

    /// Prints a line.
    pub(super) fn line(&mut self, code: &Code) {
        self.begun = true;
        broken::push(&mut self.text, 4 * self.depth, code.as_str());
    }

    /// Prints some lines.
    pub(super) fn lines(&mut self, lines: impl IntoIterator<Item = Code>) {
        for line in lines {
            self.line(&line);
        }
    }

    /// Prints a block with what is in it.
    pub(super) fn block(&mut self, head: &Code, inside: impl FnOnce(&mut Self)) {
        self.line(&code!(head, " {"));
        (self.depth, self.begun) = (self.depth + 1, false);
        inside(self);
        self.depth -= 1;
        if self.begun {
            self.line(&code!("}"));
        } else {
            self.text.truncate(self.text.len() - 1);
            self.text.push_str("}\n");
            self.begun = true;
        }
    }

    /// A printer for what comes next in this block, below something that is not known yet.
    pub(super) fn inner(&self) -> Self {
        Self { depth: self.depth, ..Self::default() }
    }

    /// Prints what an inner printer has printed.
    pub(super) fn append(&mut self, inner: &Self) {
        if inner.begun {
            self.item();
            self.text.push_str(&inner.text);
            self.begun = true;
        }
    }

    /// Prints lines that import something, with as many names in a line as there is room for.
    pub(super) fn uses(&mut self, uses: impl IntoIterator<Item = Code>) {
        for line in uses {
            self.begun = true;
            broken::push_filled(&mut self.text, 4 * self.depth, line.as_str());
        }
    }

    /// Prints a doc comment that shows a text as it is, a line for each of its lines.
    pub(super) fn doc(&mut self, text: &str) {
        for line in text.trim().split(['\n', '\r']).map(str::trim) {
            self.verbatim_doc(&[&escaped(line)]);
        }
    }

    /// Prints a line of a doc comment, from its pieces.
    pub(super) fn verbatim_doc(&mut self, line: &[&str]) {
        self.begun = true;
        self.indent();
        self.text.push_str("///");
        let at = self.text.len();
        line.iter().for_each(|piece| self.text.push_str(piece));
        if self.text.len() > at {
            self.text.insert(at, ' ');
        }
        self.text.push('\n');
    }

    /// Prints an attribute with arguments.
    pub(super) fn attribute(&mut self, path: &'static str, arguments: &Code) {
        let line = code!("#[", path, "(", arguments, ")]");
        if 4 * self.depth + line.as_str().len() <= MARGIN {
            return self.line(&line);
        }
        self.line(&code!("#[", path, "("));
        self.depth += 1;
        self.line(arguments);
        self.depth -= 1;
        self.line(&code!(")]"));
    }

    /// Prints a trait without items: as many bounds to a line as there is room for.
    pub(super) fn bare_trait(&mut self, head: &'static str, bounds: &[Code]) {
        let whole = code!(head, ": ", Code::joined(bounds, " + "), " {}");
        let indent = 4 * self.depth;
        if indent + whole.as_str().len() <= WIDTH {
            self.begun = true;
            return push_at(&mut self.text, indent, whole.as_str());
        }
        self.line(&code!(head, ":"));
        let mut line = Code::default();
        for bound in bounds {
            if !line.is_empty() && indent + 4 + line.as_str().len() + " + ".len() + bound.as_str().len() > WIDTH {
                push_at(&mut self.text, indent + 4, std::mem::take(&mut line).as_str());
                "+ ".add_to(&mut line);
            } else if !line.is_empty() {
                " + ".add_to(&mut line);
            }
            bound.add_to(&mut line);
        }
        push_at(&mut self.text, indent + 4, line.as_str());
        self.line(&code!("{}"));
    }

    /// Prints the impl of a trait without items for whatever keeps its bounds. Few of them fit into the line.
    pub(super) fn blanket_impl(&mut self, name: &'static str, bounds: &[Code]) {
        let line = code!("impl<C: ", Code::joined(bounds, " + "), "> ", name, " for C {}");
        let indent = 4 * self.depth;
        if bounds.len() <= 2 && indent + line.as_str().len() <= MARGIN {
            return self.line(&line);
        }
        self.line(&code!("impl<C> ", name, " for C"));
        self.line(&code!("where"));
        let mut line = code!("C: ");
        let (mut at, last) = (indent + 4, bounds.len().saturating_sub(1));
        for (index, bound) in bounds.iter().enumerate() {
            let comma = usize::from(index == last);
            if index > 0 && at + line.as_str().len() + " + ".len() + bound.as_str().len() + comma > MARGIN {
                push_at(&mut self.text, at, std::mem::take(&mut line).as_str());
                at = indent + 8;
                "+ ".add_to(&mut line);
            } else if index > 0 {
                " + ".add_to(&mut line);
            }
            bound.add_to(&mut line);
        }
        ",".add_to(&mut line);
        push_at(&mut self.text, at, line.as_str());
        self.line(&code!("{}"));
    }

    /// Prints items that come as syntax, at the outermost level.
    pub(super) fn quoted(&mut self, items: &TokenStream) {
        let text = quoted::items(items);
        if !text.is_empty() {
            self.item();
            self.text.push_str(&text);
            self.begun = true;
        }
    }

    /// Prints members of an impl at the outermost level that come as syntax.
    pub(super) fn quoted_members(&mut self, members: &TokenStream) {
        self.text.push_str(&quoted::members(members));
        self.begun = true;
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("    ", self.depth));
    }
}

/// Adds a line as it is.
fn push_at(text: &mut String, indent: usize, line: &str) {
    text.extend(std::iter::repeat_n(' ', indent));
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(names: &[&'static str]) -> Vec<Code> {
        names.iter().map(|name| code!(*name)).collect()
    }

    #[test]
    fn items_are_spaced_out_and_keep_what_belongs_to_them() {
        let mut printer = Printer::default();
        printer.uses([code!("use a::B;"), code!("use c::D;")]);
        printer.item();
        printer.doc("One.\n\nStill *one*.");
        printer.line(&code!("#[derive(Debug)]"));
        printer.line(&code!("pub struct One;"));
        printer.item();
        printer.block(&code!("impl B for One"), |printer| {
            printer.line(&code!("type C = D;"));
            printer.item();
            printer.block(&code!("fn g(&self)"), |_| {});
            let mut inner = printer.inner();
            inner.item();
            inner.line(&code!("fn h() {}"));
            printer.append(&inner);
        });
        assert_eq!(
            printer.text,
            "\
use a::B;
use c::D;

/// One.
///
/// Still \\*one\\*.
#[derive(Debug)]
pub struct One;

impl B for One {
    type C = D;

    fn g(&self) {}

    fn h() {}
}
"
        );
    }

    #[test]
    fn long_bounds_are_filled_into_lines() {
        let mut printer = Printer::default();
        let long = bounds(&[
            "pontoon::Context",
            "MayInvoke<email::SendWelcome>",
            "MayEmit<event::UserSignedUp>",
            "MayWrite<state::Users>",
        ]);
        printer.block(&code!("pub mod sign_up"), |printer| {
            printer.bare_trait("pub trait Context", &long);
            printer.item();
            printer.blanket_impl("Context", &long);
            printer.item();
            printer.bare_trait("pub trait Short", &long[..1]);
            printer.item();
            printer.blanket_impl("Short", &long[..1]);
        });
        assert_eq!(
            printer.text,
            "\
pub mod sign_up {
    pub trait Context:
        pontoon::Context + MayInvoke<email::SendWelcome> + MayEmit<event::UserSignedUp>
        + MayWrite<state::Users>
    {}

    impl<C> Context for C
    where
        C: pontoon::Context + MayInvoke<email::SendWelcome>
            + MayEmit<event::UserSignedUp> + MayWrite<state::Users>,
    {}

    pub trait Short: pontoon::Context {}

    impl<C: pontoon::Context> Short for C {}
}
"
        );
    }

    #[test]
    fn another_path_of_the_runtime_stands_where_paths_begin() {
        let text = "// pontoon::x\nuse pontoon::a;\nb::pontoon::c(pontoon::d);\n".to_owned();
        let file = of_runtime("company::pontoon", File { name: "a.rs".to_owned(), text });
        assert_eq!(file.text, "// pontoon::x\nuse company::pontoon::a;\nb::pontoon::c(company::pontoon::d);\n");
    }
}
