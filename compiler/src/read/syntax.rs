//! Syntax errors in words for people, and the commonest of them: something bare inside `{ }` that needs quotes.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// What the parser could not go on with, at a byte of the text; `open` is the innermost bracket that is not closed
/// there.
pub(super) fn explain(file: FileId, text: &str, at: u32, open: Option<u32>, info: &str) -> Diagnostic {
    if open.is_some()
        && let Some(bare) = bare_braces(file, text, at)
    {
        return bare;
    }
    let (message, help) = in_words(info);
    let code = if info == "recursion limit exceeded" { "input_limit" } else { "invalid_syntax" };
    let mut problem = Diagnostic::error(code, message).label(place(file, text, at), "up to here it can be read");
    if let Some(open) = open {
        problem = problem.label(Span::new(file, open, open + 1), "this bracket is still open");
    }
    if help.is_empty() { problem } else { problem.help(help) }
}

/// The character at a byte; at the end of the text, or of a line, the last one before it.
fn place(file: FileId, text: &str, at: u32) -> Span {
    let at = (at as usize).min(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let letter = rest.chars().next().filter(|letter| *letter != '\n' && *letter != '\r');
    let (start, end) = match letter {
        Some(letter) => (at, at + letter.len_utf8()),
        None => {
            let before = text.get(..at).unwrap_or_default().trim_end();
            (before.len() - before.chars().next_back().map_or(0, char::len_utf8), before.len())
        }
    };
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(file, byte(start), byte(end))
}

/// Reports a value such as `${NAME}` or `GET /users/{id}` that stands bare inside `{ }`, where its own brackets mean
/// something else; `at` is at or behind its first bracket, on the same line.
pub(super) fn bare_braces(file: FileId, text: &str, at: u32) -> Option<Diagnostic> {
    let at = (at as usize).min(text.len());
    let line_start = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text.get(at..)?.find('\n').map_or(text.len(), |newline| at + newline);
    let line = text.get(line_start..line_end)?;
    // A bracket right behind a word: `${`, `/{`, `Vec<[`. The first such on the line is where the trouble began.
    let bytes = line.as_bytes();
    let mut quote = None;
    let bracket = (1..bytes.len()).find(|index| {
        let (before, byte) = (bytes[index - 1], bytes[*index]);
        match (quote, bytes[index - 1]) {
            (None, b'"' | b'\'') => quote = Some(before),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        let word =
            before == b'$' || before == b'/' || before == b'<' || before == b'(' || before.is_ascii_alphanumeric();
        quote.is_none() && matches!(byte, b'{' | b'[') && word
    })?;
    let begin = value_start(line, bracket);
    let end = value_end(line, begin);
    let key = line[..begin]
        .trim_end()
        .strip_suffix(':')
        .map_or("", |before| before.rsplit([' ', '{', ',', '[']).next().unwrap_or_default());
    let byte = |at: usize| u32::try_from(line_start + at).unwrap_or(u32::MAX);
    Some(unquoted(Span::new(file, byte(begin), byte(end)), key, &line[begin..end]))
}

/// Where the bare value around this bracket begins: behind the `: `, the `, ` or the opening bracket before it.
fn value_start(line: &str, bracket: usize) -> usize {
    let before = &line[..bracket];
    let starts = [before.rfind(": "), before.rfind(", "), before.rfind("{ "), before.rfind("[ ")];
    let space = starts.into_iter().flatten().max().map_or(0, |at| at + 2);
    let tight = before.rfind(['[', '{', '}']).map_or(0, |at| at + 1);
    let start = space.max(tight);
    start + (before[start..].len() - before[start..].trim_start().len())
}

/// Where it ends: at the comma or the closing bracket that is not its own.
fn value_end(line: &str, begin: usize) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in line.bytes().enumerate().skip(begin) {
        match byte {
            b'{' | b'[' | b'<' | b'(' => depth += 1,
            b'}' | b']' | b'>' | b')' if depth == 0 => return line[..at].trim_end().len().max(begin),
            b'}' | b']' | b'>' | b')' => depth -= 1,
            b',' if depth == 0 => return at,
            b'#' if line[..at].ends_with(' ') => return line[..at].trim_end().len().max(begin),
            _ => {}
        }
    }
    line.trim_end().len().max(begin)
}

/// Reports a value that needs quotes.
pub(super) fn unquoted(span: Span, key: &str, value: &str) -> Diagnostic {
    let value = pontoon_schema::name::shown(value);
    let key = pontoon_schema::name::shown(key);
    // In the quotes that it has none of; within single ones, two mean one.
    let quoted = match value.contains(['"', '\\']) {
        true => format!("'{}'", value.replace('\'', "''")),
        false => format!("\"{value}\""),
    };
    let written = if key.is_empty() { quoted } else { format!("{key}: {quoted}") };
    Diagnostic::error(
        "unquoted_flow",
        format!("`{value}` stands bare inside `{{ }}` or `[ ]`, where it means something else"),
    )
    .label(span, "its brackets and commas are read as those around it")
    .help(format!("quote it: `{written}`"))
}

/// The parser's words for what it expected, for people who do not know how a parser works.
fn in_words(info: &str) -> (String, &'static str) {
    let (message, help) = match info {
        "recursion limit exceeded" => (
            "lists and mappings stand too deep inside each other",
            "a topology needs about ten levels: is a bracket not closed?",
        ),
        "while parsing a block mapping, did not find expected key" => (
            "a key was expected here",
            "are these lines indented like the keys they belong to? Is a quote or a bracket closed?",
        ),
        "while parsing a block collection, did not find expected '-' indicator" => {
            ("another `- ` of this list was expected here", "are these lines indented like the list they belong to?")
        }
        "while parsing a flow mapping, did not find expected ',' or '}'" => (
            "a `,` or the closing `}` was expected here",
            "close the `{` with `}`, and quote values with brackets or commas of their own",
        ),
        "while parsing a flow sequence, expected ',' or ']'" => (
            "a `,` or the closing `]` was expected here",
            "close the `[` with `]`, and quote values with brackets or commas of their own",
        ),
        "mapping values are not allowed in this context" => {
            ("a `:` can't stand here", "is the line indented too far? A value with `: ` in it needs quotes")
        }
        "simple key expected" | "simple key expect ':'" => {
            ("this line has no `:`", "write `key: value`, or indent the line if it belongs to the value above")
        }
        "tab cannot be used as indentation"
        | "tabs disallowed in this context"
        | "tabs disallowed within this context (block indentation)"
        | "while scanning a plain scalar, found a tab"
        | "a block scalar content cannot start with a tab" => {
            ("a tab stands where only spaces may", "indent with spaces")
        }
        "while scanning a quoted scalar, found unexpected end of stream" => {
            ("a quote is opened and never closed", "close it with the same sign")
        }
        "while parsing node, found unknown anchor" => {
            ("this alias has no anchor", "name the value before it with `&name`, or write it out")
        }
        "unexpected eof" => ("the file ends in the middle of something", "is a bracket or a quote not closed?"),
        "misplaced bracket" => {
            ("a closing bracket stands here that nothing opened", "delete it, or write the opening one")
        }
        "invalid trailing content after double-quoted scalar" => {
            ("something stands behind a quoted value", "put all of it into the quotes, or delete it")
        }
        "while parsing a quoted scalar, found unknown escape character" => {
            ("a `\\` in double quotes begins something that is not known", "write `\\\\`, or use single quotes")
        }
        "block sequence entries are not allowed in this context" => {
            ("a `- ` can't stand here", "put the list on the lines below its key, or write `[a, b]`")
        }
        _ if info.starts_with("unexpected character") => {
            ("a character stands here that can't begin a value", "quote the value")
        }
        _ => {
            let info =
                info.strip_prefix("while ").map_or(info, |rest| rest.split_once(", ").map_or(rest, |(_, what)| what));
            return (format!("this is not YAML: {info}"), "");
        }
    };
    (message.to_owned(), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value that is found to stand bare in this line, and what to write.
    fn bare(line: &str) -> Option<(String, String)> {
        let end = u32::try_from(line.len()).unwrap();
        let problem = bare_braces(FileId(0), line, end)?;
        let span = problem.labels[0].span;
        Some((line[span.start as usize..span.end as usize].to_owned(), problem.help?))
    }

    #[test]
    fn bare_values_are_found_whole() {
        for (line, value, help) in [
            ("a: { url: ${URL} }", "${URL}", "quote it: `url: \"${URL}\"`"),
            ("a: {url: ${A}:${B}, tls: disabled}", "${A}:${B}", "quote it: `url: \"${A}:${B}\"`"),
            ("f: { http: GET /users/{id}/x } # all", "GET /users/{id}/x", "quote it: `http: \"GET /users/{id}/x\"`"),
            ("a: { payload: Vec<[u8; 4]> }", "Vec<[u8; 4]>", "quote it: `payload: \"Vec<[u8; 4]>\"`"),
            ("a: [x, ${A}]", "${A}", "quote it: `\"${A}\"`"),
            ("a: { b: x{\"c\"} }", "x{\"c\"}", "quote it: `b: 'x{\"c\"}'`"),
        ] {
            assert_eq!(bare(line), Some((value.to_owned(), help.to_owned())), "{line}");
        }
    }

    #[test]
    fn brackets_of_the_language_are_not() {
        for line in ["", "a: { b: [c, d] }", "a: { b: \"${C}\" }", "a: { b: '/{c}' }", "{}", "[[[[", "ä{"] {
            assert_eq!(bare(line).filter(|(value, _)| value.contains(['$', '/'])), None, "{line}");
        }
    }
}
