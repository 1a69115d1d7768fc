//! `literal_secret`: a secret that stands in the topology itself.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::Node;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let sections = input.text.root().children();
    let place = |node: Node<'_>| node.key() == Some("environments");
    let mut open: Vec<Place<'_>> =
        sections.map(|node| Place { node, under: None, settings: place(node), ephemeral: false }).collect();
    // What several aliases refer to stands under each of them.
    let mut seen = HashSet::new();
    while let Some(place) = open.pop() {
        if let Some(text) = place.node.text() {
            let found = place.finding(text).filter(|_| seen.insert(place.node.value_span()));
            findings.extend(found);
            continue;
        }
        let (settings, under) = (place.settings, place.node.key().or(place.under));
        let ephemeral =
            |node: Node<'_>| place.ephemeral || settings && node.get("ephemeral").and_then(Node::text) == Some("true");
        open.extend(place.node.children().map(|node| Place { node, under, settings, ephemeral: ephemeral(node) }));
    }
}

/// A node, with what it stands under.
struct Place<'t> {
    node: Node<'t>,
    /// The nearest key above.
    under: Option<&'t str>,
    /// Whether this is the setting of an environment: elsewhere, words such as `token` are names.
    settings: bool,
    /// Whether that environment says that losing data is acceptable: it has credentials that everybody knows, such as
    /// `guest`.
    ephemeral: bool,
}

impl Place<'_> {
    fn finding(&self, text: &str) -> Option<Diagnostic> {
        let key = self.node.key().or(self.under).unwrap_or_default();
        let (message, label) = if let Some(kind) = token_shape(text) {
            (format!("{kind} is written into the topology"), format!("this looks like {kind}"))
        } else if has_password(text) {
            (
                "a password is written into a URL of the topology".to_owned(),
                "there is a password in this URL".to_owned(),
            )
        } else if !self.settings || is_public(text) || is_file(key, text) {
            return None;
        } else if is_secret_key(key, self.under) && !literal(text).is_empty() {
            (
                format!("the {} is written into the topology", secret_name(key).replace('_', " ")),
                format!("the value of `{key}:` itself"),
            )
        } else if text.split(['-', ' ', ':', '.', ',', '{', '}', '$', '@']).any(is_random) {
            (format!("`{key}:` has a value that looks like a secret"), "too random to be a name".to_owned())
        } else {
            return None;
        };
        if let Some(variable) = variable_with_default(text).filter(|_| self.ephemeral) {
            return Some(
                Diagnostic::error("literal_secret", message)
                    .label(self.node.value_span(), format!("{label}: a default stands in the repository like any other text"))
                    .help(format!(
                        "write `${{{variable}}}` without a default, and set the variable where this runs, for yourself too"
                    )),
            );
        }
        let name = if is_secret_key(key, self.under) && key != "key" { key } else { secret_name(key) };
        Some(
            Diagnostic::error("literal_secret", message)
                .label(self.node.value_span(), format!("{label}: everybody who can read the repository has it"))
                .help(format!(
                    "write `${{secret:{name}}}` here and put the value into the environment's secret store, then make a new \
                     one: this one is known by now"
                )),
        )
    }
}

/// The variable of which a text is the value, if it has a default and nothing stands beside it.
fn variable_with_default(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("${")?.strip_suffix('}')?;
    let (name, _) = inside.split_once(":-")?;
    (!name.contains(['{', '}', '$', ':'])).then_some(name)
}

/// What stands for itself in a text: everything but its references; a default, though, is as literal as the rest.
fn literal(text: &str) -> String {
    let (mut literal, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        literal.push_str(before);
        let (reference, after) = after.split_once('}').unwrap_or((after, ""));
        literal.push_str(reference.split_once(":-").map_or("", |(_, default)| default));
        rest = after;
    }
    literal.push_str(rest);
    literal
}

/// A certificate is shown to everybody; its private key is found by its shape.
fn is_public(text: &str) -> bool {
    text.contains("-----BEGIN CERTIFICATE-----")
}

/// Where a key may hold a secret or the path of its file: whether this is a path.
fn is_file(key: &str, text: &str) -> bool {
    key == "credentials" && (text.starts_with(['/', '.']) || text.ends_with(".creds"))
}

fn is_secret_key(key: &str, under: Option<&str>) -> bool {
    const WORDS: [&str; 9] =
        ["password", "passwd", "passphrase", "secret", "token", "credentials", "api_key", "access_key", "private_key"];
    key == "key" && under == Some("api_key")
        || WORDS.iter().any(|word| key == *word || key.ends_with(&format!("_{word}")))
}

/// What a secret that stands under `key` might be called.
fn secret_name(key: &str) -> &str {
    match key {
        "url" => "broker_url",
        "key" => "api_key",
        "" => "the_name",
        key => key,
    }
}

/// `scheme://user:password@host`, with a password that is not read from elsewhere.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        let Some((user, _)) = authority.rsplit_once('@') else { return false };
        user.split_once(':').is_some_and(|(_, password)| !literal(password).is_empty())
    })
}

/// Tokens that give themselves away by how they begin.
fn token_shape(text: &str) -> Option<&'static str> {
    /// The shortest of them; most words of a topology are shorter.
    const SHORTEST: usize = 20;
    if text.len() < SHORTEST {
        return None;
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    text.split(|c: char| !c.is_ascii() || !(is_word(c as u8) || c == '.')).find_map(|word| {
        let capitals = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let long = |prefix: &str, least: usize| {
            word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= least && rest.bytes().all(is_word))
        };
        match word {
            _ if (word.starts_with("AKIA") || word.starts_with("ASIA")) && word.len() == 20 && capitals(word) => {
                Some("an access key of AWS")
            }
            _ if word.len() == 58 && word.starts_with('S') && capitals(word) => Some("a seed of NATS"),
            _ if word.starts_with("eyJ") && word.matches('.').count() == 2 && word.len() > 30 => {
                Some("a JSON web token")
            }
            _ if long("ghp_", 30) || long("gho_", 30) || long("ghs_", 30) || long("github_pat_", 30) => {
                Some("a token of GitHub")
            }
            _ if long("glpat-", 20) => Some("a token of GitLab"),
            _ if long("xoxb-", 20) || long("xoxp-", 20) || long("xoxa-", 20) => Some("a token of Slack"),
            _ if long("sk_live_", 16) || long("rk_live_", 16) => Some("a key of Stripe"),
            _ if long("AIza", 35) => Some("a key of Google"),
            _ => None,
        }
    })
}

/// Whether a word of letters and digits is spread so evenly over its alphabet that nobody made it up.
fn is_random(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.bytes().any(|byte| test(&byte));
    if word.len() < 20 || !word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_".contains(&byte)) {
        return false;
    }
    let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    // People put numbers at the end of a name.
    let digit_within = word.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic());
    let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) && digit_within;
    match () {
        () if hexadecimal => word.len() >= 32 && entropy(word) > 3.0 && has(u8::is_ascii_digit),
        () => mixed && !word.contains('/') && entropy(word) > 3.8,
    }
}

/// Bits in each character, by how often each occurs.
fn entropy(word: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in word.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = word.len() as f64;
    let shares = counts.into_iter().filter(|count| *count > 0).map(|count| f64::from(count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_itself_is_literal() {
        assert_eq!(literal("${A}"), "");
        assert_eq!(literal("a${secret:b}c"), "ac");
        assert_eq!(literal("${A:-hunter2}"), "hunter2");
        assert_eq!(literal("${A"), "");
    }

    #[test]
    fn passwords_in_urls() {
        assert!(has_password("amqp://shop:hunter2@broker:5672/%2f"));
        assert!(has_password("redis://:hunter2@cache"));
        for harmless in
            ["amqp://broker", "amqp://${USER}:${secret:password}@broker", "redis://cache:6379", "a://b/c:d@e"]
        {
            assert!(!has_password(harmless), "{harmless}");
        }
    }

    #[test]
    fn tokens_by_their_shape() {
        // Put together here, so that no scanner takes this file for a leak.
        assert_eq!(token_shape(&format!("AKIA{}", "IOSFODNN7EXAMPLE")), Some("an access key of AWS"));
        assert_eq!(token_shape(&format!("x ghp_{} y", "a1B2".repeat(9))), Some("a token of GitHub"));
        assert_eq!(token_shape(&format!("S{}", "UAB".repeat(19))), Some("a seed of NATS"));
        assert_eq!(token_shape("a description with AKIA in it"), None);
    }

    #[test]
    fn files_are_no_secrets() {
        assert!(is_file("credentials", "/run/secrets/nats.creds"));
        assert!(is_file("credentials", "${SECRETS_DIR}/nats.creds"));
        assert!(!is_file("credentials", "hunter2"));
        assert!(!is_file("password", "/hunter2"));
    }

    #[test]
    fn randomness() {
        assert!(is_random("9f86d081884c7d659a2feaa0c55ad015"));
        assert!(is_random("hT7kQ2mZx9Lw4RvB8nPc"));
        for word in
            ["a_long_name_that_somebody_chose", "AnotherLongNameThatIsCamelCase2", "00000000000000000000000000000000"]
        {
            assert!(!is_random(word), "{word}");
        }
    }
}
