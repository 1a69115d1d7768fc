//! Lines that are longer than there is room for. A line is broken before the calls of a chain, or else within its last
//! brackets, and what is then still too long is broken in the same way.

use super::{MARGIN, push_at};

/// Adds a line of code, broken if it has to be.
pub(super) fn push(text: &mut String, indent: usize, line: &str) {
    if indent + line.len() <= MARGIN {
        return push_at(text, indent, line);
    }
    let marks = Marks::of(line);
    if let [first, ..] = *marks.calls {
        push(text, indent, &line[..first]);
        for (index, start) in marks.calls.iter().enumerate() {
            let end = marks.calls.get(index + 1).copied().unwrap_or(line.len());
            push(text, indent + 4, &line[*start..end]);
        }
        return;
    }
    let Some(Brackets { opens, closes }) = marks.brackets.or(marks.generics) else {
        return push_at(text, indent, line);
    };
    push_at(text, indent, &line[..=opens]);
    for part in parts(&line[opens + 1..closes]) {
        push(text, indent + 4, &[part, ","].concat());
    }
    push_at(text, indent, &line[closes..]);
}

/// Adds a line `use path::{…};`, with as many names in a line as there is room for.
pub(super) fn push_filled(text: &mut String, indent: usize, line: &str) {
    let parts = line.split_once('{').and_then(|(head, rest)| Some((head, rest.strip_suffix("};")?)));
    let Some((head, names)) = parts.filter(|_| indent + line.len() > MARGIN) else {
        return push_at(text, indent, line);
    };
    push_at(text, indent, &[head, "{"].concat());
    let mut filled = String::new();
    for name in names.split(", ") {
        if !filled.is_empty() && indent + 4 + filled.len() + name.len() + " ,".len() > MARGIN {
            push_at(text, indent + 4, &filled);
            filled.clear();
        }
        filled.push_str(if filled.is_empty() { "" } else { " " });
        filled.push_str(name);
        filled.push(',');
    }
    push_at(text, indent + 4, &filled);
    push_at(text, indent, "};");
}

/// A pair of brackets with something in it, by the places of the two.
#[derive(Clone, Copy)]
struct Brackets {
    opens: usize,
    closes: usize,
}

/// Where a line can be broken.
#[derive(Default)]
struct Marks {
    /// The dots of calls on what a call gives.
    calls: Vec<usize>,
    /// The last round or square brackets that are in no others.
    brackets: Option<Brackets>,
    /// The last angle brackets that are in no others.
    generics: Option<Brackets>,
}

impl Marks {
    fn of(line: &str) -> Self {
        let mut marks = Self::default();
        let mut opens = 0;
        walk(line, |Seen { at, byte, before, depth }| match byte {
            b'.' if depth == 0 && before == b')' => marks.calls.push(at),
            b'(' | b'[' | b'<' if depth == 0 => opens = at,
            b')' | b']' | b'>' if depth == 0 && opens + 1 < at => {
                let found = Some(Brackets { opens, closes: at });
                let is_array = byte == b']' && line[opens..at].contains(';');
                match byte {
                    b'>' => marks.generics = found,
                    _ if is_array => {}
                    _ => marks.brackets = found,
                }
            }
            _ => {}
        });
        marks
    }
}

/// What stands between the commas that are in no brackets.
fn parts(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    walk(list, |Seen { at, byte, depth, .. }| {
        if byte == b',' && depth == 0 {
            parts.push(list[start..at].trim());
            start = at + 1;
        }
    });
    parts.push(list[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A byte of code that is in no literal.
struct Seen {
    at: usize,
    byte: u8,
    before: u8,
    /// In how many brackets it is; those themselves are in none but what is around them.
    depth: usize,
}

/// Goes through the bytes of a line that are in no literal.
fn walk(line: &str, mut see: impl FnMut(Seen)) {
    let (mut depth, mut before, mut quoted) = (0_usize, b' ', false);
    for (at, byte) in line.bytes().enumerate() {
        if quoted {
            // Of two backslashes the second escapes nothing.
            let escaped = before == b'\\';
            quoted = byte != b'"' || escaped;
            before = if escaped && byte == b'\\' { b' ' } else { byte };
            continue;
        }
        let arrow = byte == b'>' && matches!(before, b'-' | b'=');
        let (closes, opens) =
            (matches!(byte, b')' | b']') || byte == b'>' && !arrow, matches!(byte, b'(' | b'[' | b'<'));
        if closes {
            depth = depth.saturating_sub(1);
        }
        if !arrow {
            see(Seen { at, byte, before, depth });
        }
        if opens {
            depth += 1;
        }
        quoted = byte == b'"';
        before = byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(line: &str) -> String {
        let mut text = String::new();
        push(&mut text, 4, line);
        text
    }

    #[test]
    fn chains_are_broken_before_their_calls() {
        assert_eq!(
            broken("const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once().ordered().concurrency(1);"),
            "    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once()\n        .ordered()\n        \
             .concurrency(1);\n"
        );
    }

    #[test]
    fn lists_have_a_line_for_each_entry() {
        assert_eq!(
            broken(
                "const ALL: &'static [KnownSubscription] = &[A::of::<super::email::Greet>(), A::of::<super::B<C, D>>()];"
            ),
            "    const ALL: &'static [KnownSubscription] = &[\n        A::of::<super::email::Greet>(),\n        \
             A::of::<super::B<C, D>>(),\n    ];\n"
        );
        assert_eq!(
            broken(
                "pub fn start(resources: Resources) -> impl Future<Output = pontoon::Result<Started<Monolith>>> + Send {"
            ),
            "    pub fn start(\n        resources: Resources,\n    ) -> impl Future<Output = \
             pontoon::Result<Started<Monolith>>> + Send {\n"
        );
        assert_eq!(
            broken(
                "type Output = Option<(crate::one::of::the::longer::paths::A, crate::one::of::the::longer::paths::B)>;"
            ),
            "    type Output = Option<\n        (crate::one::of::the::longer::paths::A, \
             crate::one::of::the::longer::paths::B),\n    >;\n"
        );
    }

    #[test]
    fn what_has_no_place_to_break_stays_in_one_line() {
        for line in [
            "const SUBJECT: &'static str = \"a.text.with(brackets).[and].dots.\\\"and\\\\\\\\.quotes\\\".that.is.longer.than.a.line\";",
            "type Input = [crate::one::of::the::longer::paths::that::there::are::and::still::longer::Item; 4];",
        ] {
            assert_eq!(broken(line), format!("    {line}\n"));
        }
    }

    #[test]
    fn names_that_are_imported_fill_lines() {
        let mut text = String::new();
        let names =
            ["Command", "Exposed", "Kind", "Never", "Operation", "Policy", "Subscription", "SubscriptionPolicy"];
        push_filled(&mut text, 0, &["use pontoon::generated::{", &names.join(", "), "};"].concat());
        assert_eq!(
            text,
            "use pontoon::generated::{\n    Command, Exposed, Kind, Never, Operation, Policy, Subscription, \
             SubscriptionPolicy,\n};\n"
        );
    }
}
