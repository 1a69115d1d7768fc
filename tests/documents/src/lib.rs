//! The documents of the repository as tests see them: blocks of code, commands, headings, links, and the program of the
//! guide.

pub mod markdown;
pub mod repository;
