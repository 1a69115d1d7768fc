//! A Markdown document as the tests see it: its blocks of code, its headings, its links, and the lines of its prose.

/// A block of code.
pub struct Block {
    /// The first word behind the fence, such as `rust`; empty where there is none.
    pub language: String,
    /// The word behind it: the file that the block belongs to or is from.
    pub file: Option<String>,
    /// What is between the fences.
    pub text: String,
    /// The line of the fence, counted from 1.
    pub line: usize,
}

/// The blocks of code of a document, in their order.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (line, text) in document.lines().enumerate() {
        match text.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(opening) => {
                let (language, file) = opening.split_once(' ').map_or((opening, None), |(one, file)| (one, Some(file)));
                let (language, file) = (language.to_owned(), file.map(str::to_owned));
                blocks.push(Block { language, file, text: String::new(), line: line + 1 });
                inside = true;
            }
            None if inside => blocks.iter_mut().last().into_iter().for_each(|block| {
                block.text += text;
                block.text.push('\n');
            }),
            None => {}
        }
    }
    blocks
}

/// The commands that a document tells its reader to type, with the lines they stand on: what blocks without a language
/// hold.
pub fn commands(document: &str) -> Vec<(usize, String)> {
    let mut commands = Vec::new();
    for block in blocks(document).into_iter().filter(|block| block.language.is_empty()) {
        for (offset, line) in block.text.lines().enumerate() {
            let command = line.split(" #").next().unwrap_or_default().trim();
            if !command.is_empty() && !command.starts_with('#') {
                commands.push((block.line + 1 + offset, command.to_owned()));
            }
        }
    }
    commands
}

/// The lines outside of blocks of code, counted from 1.
pub fn prose(document: &str) -> Vec<(usize, &str)> {
    let mut lines = Vec::new();
    let mut inside = false;
    for (number, line) in document.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number + 1, line));
        }
    }
    lines
}

/// The relative links of a document, those among them that have a name: `[name]: guide/state.md`.
pub fn links(document: &str) -> Vec<String> {
    let prose: Vec<&str> = prose(document).into_iter().map(|(_, line)| line).collect();
    let named = prose.iter().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
    let named: Vec<String> = named.map(|(_, target)| target.to_owned()).collect();
    let prose = prose.join("\n");
    let targets =
        prose.split("](").skip(1).filter_map(|part| part.split_once(')').map(|(target, _)| target.to_owned()));
    targets.chain(named).filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// The anchors of a document's headings, as GitHub and mdBook make them.
pub fn anchors(document: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(document).into_iter().filter(|(_, line)| line.starts_with('#')) {
        let anchor = anchor(line.trim_start_matches('#').trim());
        let before = anchors.iter().filter(|known| numberless(known) == anchor).count();
        anchors.push(if before == 0 { anchor } else { format!("{anchor}-{before}") });
    }
    anchors
}

/// The anchor of a heading: lower case, words joined by `-`, without punctuation.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// An anchor without the number that tells it from the ones before.
fn numberless(anchor: &str) -> &str {
    anchor.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok()).map_or(anchor, |(before, _)| before)
}

/// The files that blocks of these documents make: those of one file one after the other.
pub fn files(documents: &[String]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for block in documents.iter().flat_map(|document| blocks(document)) {
        let Some(name) = block.file.filter(|name| !name.starts_with("examples/")) else { continue };
        match files.iter_mut().find(|(known, _)| *known == name) {
            Some((_, text)) => text.push_str(&block.text),
            None => files.push((name, block.text)),
        }
    }
    files
}
