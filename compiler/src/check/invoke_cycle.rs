//! `invoke_cycle`
use super::Input;
use crate::diagnostic::Findings;
pub(super) fn check(_input: &Input<'_>, _findings: &mut Findings) {}
