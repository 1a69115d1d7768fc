//! Checks topology.yaml and generates the module `topology`.

fn main() {
    let build = pontoon_compiler::build("topology.yaml");
    // Who tries the rest need not build the database that the environment `durable` is kept in.
    let build = if cfg!(feature = "durable") { build } else { build.environment("local") };
    build.run();
}
