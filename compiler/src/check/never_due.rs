//! `never_due`: a schedule whose day never comes.

use pontoon_schema::cron::Cron;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Timetable};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, schedule) in topology.schedules.iter() {
        let Timetable::Cron(expression) = &schedule.timetable.value else { continue };
        // What cannot be read was refused before.
        let is_due = Cron::parse(expression).map_or(true, |cron| cron.is_ever_due());
        if is_due {
            continue;
        }
        let address = topology.address(Handler::Schedule(id));
        findings.add(
            Diagnostic::error("never_due", format!("{address} never runs: no month that it names has such a day"))
                .label(schedule.timetable.span, format!("`{expression}` is no date of any year"))
                .help("the third field is the day of the month, and the fourth the month: choose a day that it has"),
        );
    }
}
