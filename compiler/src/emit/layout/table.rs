//! Tables that a macro of the runtime takes. Its tokens come filled into lines, wherever those break.

use super::push;

/// How such a table begins.
pub(super) const BEGINS: &str = "pontoon::generated::handlers! {";

/// Adds a table: its doc comment as one, and a line for each entry.
pub(super) fn push_table(text: &mut String, lines: &[&str]) {
    let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let joined = joined.replace(" ::", "::").replace(" : ", ": ");
    match parts(&joined) {
        Some((doc, head, entries)) => {
            push(text, BEGINS);
            push(text, &format!("    ///{doc}"));
            push(text, &format!("    {head}{{"));
            let entries = entries.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            entries.for_each(|entry| push(text, &format!("        {entry},")));
            push(text, "    }");
            push(text, "}");
        }
        None => lines.iter().for_each(|line| push(text, line)),
    }
}

/// The doc comment, what is before the entries, and the entries.
fn parts(table: &str) -> Option<(&str, &str, &str)> {
    let inside = table.strip_prefix(BEGINS)?.strip_suffix('}')?.trim();
    let (doc, inside) = inside.strip_prefix("#[doc = \"")?.split_once("\"] ")?;
    let (head, entries) = inside.strip_suffix('}')?.split_once('{')?;
    Some((doc, head, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_a_line() {
        let printed = "\
pontoon::generated::handlers! {
    #[doc = \" The handlers of `user`.\"] struct UserHandlers in Monolith.user from crate
    ::user::Resources { sign_up : user::SignUp => crate ::user::SignUp, find : user::Find
    => crate ::user::Find }
}";
        let laid_out = "\
pontoon::generated::handlers! {
    /// The handlers of `user`.
    struct UserHandlers in Monolith.user from crate::user::Resources {
        sign_up: user::SignUp => crate::user::SignUp,
        find: user::Find => crate::user::Find,
    }
}
";
        let mut text = String::new();
        push_table(&mut text, &printed.lines().collect::<Vec<_>>());
        assert_eq!(text, laid_out);
    }
}
