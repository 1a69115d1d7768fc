//! The generator that Pontoon's is measured against: protox for protoc, prost-build and tonic's, as a build script of
//! theirs would call them.

use crate::rounds::Error;
use std::path::Path;

/// Generates messages, clients and servers from a proto file into a folder.
pub(crate) fn generate(proto: &Path, into: &Path) -> Result<(), Error> {
    let folder = proto.parent().ok_or("the proto file stands in a folder")?;
    let files = protox::compile([proto], [folder])?;
    tonic_prost_build::configure().out_dir(into).compile_fds(files)?;
    Ok(())
}
