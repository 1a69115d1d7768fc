//! Paths of the user's crates as they are seen from the crate that is being built: its own name there is `crate`.

/// The text of a path in the crate `krate`.
pub(super) fn text_seen_from(krate: Option<&str>, path: &str) -> String {
    let below =
        krate.and_then(|krate| path.strip_prefix(krate)).filter(|rest| rest.is_empty() || rest.starts_with("::"));
    below.map_or_else(|| path.to_owned(), |below| ["crate", below].concat())
}

/// A type or path with `crate` where a path in it begins with `krate`, in generic arguments too.
pub(super) fn localized(krate: &str, text: &str) -> String {
    renamed(text, &[krate, "::"].concat(), "crate::")
}

/// Puts `to` where a path begins with `from`.
pub(super) fn renamed(text: &str, from: &str, to: &str) -> String {
    let mut parts = text.split(from);
    let mut renamed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let begins = !renamed.ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':' | '#'));
        renamed.push_str(if begins { to } else { from });
        renamed.push_str(part);
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_crate_becomes_crate() {
        let seen = |text: &str| localized("shop", text);
        assert_eq!(seen("shop::user::Find"), "crate::user::Find");
        assert_eq!(seen("Vec<(shop::A, other::shop::B, shops::C)>"), "Vec<(crate::A, other::shop::B, shops::C)>");
        assert_eq!(seen("shop"), "shop");
        assert_eq!(text_seen_from(Some("shop"), "shop::topology"), "crate::topology");
        assert_eq!(text_seen_from(Some("shop"), "shops::topology"), "shops::topology");
        assert_eq!(text_seen_from(None, "shop::topology"), "shop::topology");
    }
}
