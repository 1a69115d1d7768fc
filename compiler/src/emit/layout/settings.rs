//! Environments, as a person would break their lines: what fits into one stays in one, and an argument that is alone in
//! its brackets begins where they do.

use super::{WIDTH, push_at};

/// How the constant begins that holds them.
pub(super) const BEGINS: &str = "const ENVIRONMENTS";

/// A piece of code as it was broken into lines.
enum Piece {
    /// A line that opens nothing.
    Line(String),
    /// A line that opens brackets, what is in them, and the line that closes them.
    Brackets(String, Vec<Piece>, String),
}

/// Adds the constant, whose `lines` stand at `depth`, broken anew.
pub(super) fn push_constant(text: &mut String, lines: &[&str], depth: usize) {
    let indent = 4 * depth;
    for piece in pieces(&mut lines.iter().map(|line| line.trim())) {
        // An environment has a line of its own, however short it is.
        match piece {
            Piece::Brackets(opens, inside, closes) => print_broken(text, indent, &opens, &inside, &closes),
            Piece::Line(line) => push_at(text, indent, &line),
        }
    }
}

/// The lines up to the one that closes what was opened before them.
fn pieces(lines: &mut dyn Iterator<Item = &str>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some(line) = lines.next() {
        if !line.ends_with(['(', '[']) {
            pieces.push(Piece::Line(line.to_owned()));
            // What closes ends the list; whoever opened it takes it off again.
            if line.starts_with([')', ']']) {
                break;
            }
            continue;
        }
        let mut inside = self::pieces(lines);
        let closes = match inside.pop() {
            Some(Piece::Line(closes)) => closes,
            _ => String::new(),
        };
        pieces.push(hugged(line.to_owned(), inside, closes));
    }
    pieces
}

/// Brackets that hold nothing but brackets are one pair.
fn hugged(opens: String, mut inside: Vec<Piece>, closes: String) -> Piece {
    match (inside.pop(), inside.is_empty()) {
        (Some(Piece::Brackets(inner, innermost, end)), true) => {
            Piece::Brackets(opens + &inner, innermost, end.trim_end_matches(',').to_owned() + &closes)
        }
        (last, _) => {
            inside.extend(last);
            Piece::Brackets(opens, inside, closes)
        }
    }
}

/// All of it in one line.
fn joined(piece: &Piece) -> String {
    let Piece::Brackets(opens, inside, closes) = piece else {
        let Piece::Line(line) = piece else { return String::new() };
        return line.clone();
    };
    let mut line = opens.clone();
    for (index, piece) in inside.iter().enumerate() {
        let piece = joined(piece);
        line.push_str(if index == 0 || piece.starts_with('.') { "" } else { " " });
        line.push_str(&piece);
    }
    line.trim_end_matches(',').to_owned() + closes
}

fn print(text: &mut String, indent: usize, piece: &Piece) {
    let line = joined(piece);
    match piece {
        Piece::Brackets(opens, inside, closes) if indent + line.len() > WIDTH => {
            print_broken(text, indent, opens, inside, closes);
        }
        _ => push_at(text, indent, &line),
    }
}

fn print_broken(text: &mut String, indent: usize, opens: &str, inside: &[Piece], closes: &str) {
    push_at(text, indent, opens);
    for piece in inside {
        // What is called on the line before stands deeper than that.
        let called = joined(piece).starts_with('.');
        print(text, indent + if called { 8 } else { 4 }, piece);
    }
    push_at(text, indent, closes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stay_together() {
        let printed = "    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new(\"staging\")
            .event_bridge(
                &Amqp::new(
                        Template::variable_or(
                            \"AMQP_URL\",
                            \"amqps://an.address.that.takes.nearly.a.whole.line.of.its.own.example.com\",
                        ),
                    )
                    .username(Template::literal(\"shop\")),
            )
            .secret_store(
                &File::new(Template::joined(&[TemplatePart::Variable(\"DIR\"), TemplatePart::Literal(\"/here\")])),
            ),
    ];
";
        let laid_out = "    const ENVIRONMENTS: &'static [Environment] = &[
        Environment::new(\"staging\")
            .event_bridge(
                &Amqp::new(Template::variable_or(
                    \"AMQP_URL\",
                    \"amqps://an.address.that.takes.nearly.a.whole.line.of.its.own.example.com\",
                ))
                    .username(Template::literal(\"shop\")),
            )
            .secret_store(
                &File::new(Template::joined(&[TemplatePart::Variable(\"DIR\"), TemplatePart::Literal(\"/here\")])),
            ),
    ];
";
        let mut text = String::new();
        push_constant(&mut text, &printed.lines().collect::<Vec<_>>(), 1);
        assert_eq!(text, laid_out);
        let mut again = String::new();
        push_constant(&mut again, &text.lines().collect::<Vec<_>>(), 1);
        assert_eq!(again, text);
    }
}
