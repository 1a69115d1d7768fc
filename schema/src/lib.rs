//! The topology language as it is written: names, subjects, the capability table and, with the feature `document`, the
//! typed document that `topology.yaml` is read into. Without that feature this crate has no dependencies.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod capability;
pub mod cron;
pub mod handover;
pub mod name;
pub mod subject;

#[cfg(feature = "document")]
pub mod document;
