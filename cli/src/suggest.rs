//! "There is no such …": what somebody may have meant, or what there is.

use crate::output::Failure;

/// Refuses a name that is not among the known ones.
pub(crate) fn known<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
    let known: Vec<&str> = known.into_iter().collect();
    if known.contains(&name) {
        return Ok(());
    }
    let meant = nearest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    let all = || match known.is_empty() {
        true => String::new(),
        false => format!("; there is {}", known.join(", ")),
    };
    Err(format!("there is no {kind} `{name}`{}", meant.unwrap_or_else(all)))
}

/// The known name that a typing error could have turned into this one.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
    known.into_iter().min_by_key(distance).filter(|near| distance(near) <= 1 + near.len() / 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_recognised_and_other_words_are_not() {
        let known = ["monolith", "microservices", "edge"];
        assert_eq!(nearest("monolit", known), Some("monolith"));
        assert_eq!(nearest("micorservice", known), Some("microservices"));
        assert_eq!(nearest("serverless", known), None);
        assert_eq!(nearest("x", []), None);
    }
}
