//! "Did you mean": the known name that a wrong one is probably a slip of.

/// Finds names that are close. A topology of wrong names only gets suggestions for the first of them, so that finding
/// them stays cheap.
pub(super) struct Suggestions {
    comparisons_left: usize,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { comparisons_left: 200_000 }
    }
}

impl Suggestions {
    /// Whether there will be no more suggestions in this run.
    pub(super) fn is_spent(&self) -> bool {
        self.comparisons_left == 0
    }

    /// Whether so many more names may be looked at.
    pub(super) fn afford(&mut self, names: usize) -> bool {
        let enough = self.comparisons_left >= names;
        self.comparisons_left = self.comparisons_left.saturating_sub(names);
        enough
    }

    /// The closest of the known names, if one is close. Of equally close ones, the first of the alphabet.
    pub(super) fn closest<'a>(&mut self, name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let mut best: Option<(usize, &str)> = None;
        for candidate in known {
            if self.comparisons_left == 0 {
                break;
            }
            self.comparisons_left -= 1;
            let limit = (candidate.len().max(name.len()) / 3).max(1);
            if candidate.len().abs_diff(name.len()) > limit {
                continue;
            }
            let distance = strsim::damerau_levenshtein(name, candidate);
            if distance <= limit && best.is_none_or(|best| (distance, candidate) < best) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["send_welcome", "find", "sign_up"];
        let closest = |name| Suggestions::default().closest(name, known.into_iter());
        assert_eq!(closest("send_welcom"), Some("send_welcome"));
        assert_eq!(closest("fnid"), Some("find"));
        assert_eq!(closest("calibrate"), None);
    }
}
