//! Frames of one file become one frame, with `⋮` where lines are left out.

/// Joins frames of one file that follow each other, and cuts off space at the ends of lines.
pub(super) fn join(report: &str) -> String {
    let lines: Vec<&str> = report.lines().map(str::trim_end).collect();
    let bare: Vec<String> = lines.iter().map(|line| without_colour(line)).collect();
    // The frames, as ranges of lines, each with its file and the column of its left side.
    let mut frames: Vec<Frame> = Vec::new();
    for (at, line) in bare.iter().enumerate() {
        let (side, rest) = line.split_at(line.len() - line.trim_start().len());
        if let Some(head) = rest.strip_prefix("╭─[") {
            let file = head.rsplitn(3, ':').last().unwrap_or_default().to_owned();
            frames.push(Frame { first: at, last: at, side: side.len(), file });
        } else if let Some(frame) = frames.last_mut().filter(|frame| frame.first == frame.last && rest == "╰────")
        {
            frame.last = at;
        }
    }
    let mut text = String::with_capacity(report.len());
    for (at, line) in lines.iter().enumerate() {
        let mut shift = 0;
        if let Some(index) = frames.iter().position(|frame| (frame.first..=frame.last).contains(&at)) {
            let frame = &frames[index];
            let group = frames.iter().enumerate().filter(|(other, _)| joined(&frames, index, *other));
            shift = group.map(|(_, frame)| frame.side).max().unwrap_or(0) - frame.side;
            let continues = index > 0 && at == frame.first && joined(&frames, index - 1, index);
            let goes_on = index + 1 < frames.len() && at == frame.last && joined(&frames, index, index + 1);
            if continues {
                text.push_str(&" ".repeat(shift + frame.side));
                text.push_str("⋮\n");
                continue;
            }
            if goes_on {
                continue;
            }
        }
        text.push_str(&" ".repeat(shift));
        text.push_str(line);
        text.push('\n');
    }
    text
}

struct Frame {
    first: usize,
    last: usize,
    side: usize,
    file: String,
}

/// Whether all frames between these two follow each other and belong to one file.
fn joined(frames: &[Frame], one: usize, other: usize) -> bool {
    let (first, last) = (one.min(other), one.max(other));
    frames[first..=last].windows(2).all(|pair| pair[0].last + 1 == pair[1].first && pair[0].file == pair[1].file)
}

/// The line without the sequences that colour it.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split('\u{1b}');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: &str = "\
  × twice
   ╭─[a.yaml:4:3]
 4 │ a: 1
   · ┬
   · ╰── first here
   ╰────
    ╭─[a.yaml:10:3]
 10 │ a: 2
    · ┬
    · ╰── and here again
    ╰────
   ╭─[b.yaml:1:1]
 1 │ a: 3
   ╰────
  help: keep one
";

    const JOINED: &str = "\
  × twice
    ╭─[a.yaml:4:3]
  4 │ a: 1
    · ┬
    · ╰── first here
    ⋮
 10 │ a: 2
    · ┬
    · ╰── and here again
    ╰────
   ╭─[b.yaml:1:1]
 1 │ a: 3
   ╰────
  help: keep one
";

    #[test]
    fn frames_of_one_file_are_joined() {
        assert_eq!(join(FRAMES), JOINED);
    }

    #[test]
    fn colours_do_not_matter() {
        let coloured = FRAMES.replace("a.yaml:4:3", "\u{1b}[36ma.yaml:4:3\u{1b}[0m");
        assert_eq!(without_colour(&join(&coloured)), JOINED);
    }

    #[test]
    fn a_single_frame_stays_as_it_is() {
        let single = "  × once\n   ╭─[a.yaml:4:3]\n 4 │ a: 1\n   ╰────\n";
        assert_eq!(join(single), single);
    }
}
