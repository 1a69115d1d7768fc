//! Makes random topologies until so many are accepted, generates their code, and writes what a user would around it.
//!
//! `PONTOON_RANDOM` is how many, 20 if it is not set; `PONTOON_SEED` is where to begin.

mod code;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::{env, fs};

use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use pontoon_schema::document::Date;
use pontoon_schema::handover::Handover;
use pontoon_topologies::random::Maker;

struct Alone(String);

impl Files for Alone {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

fn number(variable: &str, default: u64) -> u64 {
    println!("cargo::rerun-if-env-changed={variable}");
    env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build");
    let (wanted, seed) = (number("PONTOON_RANDOM", 20), number("PONTOON_SEED", 1));
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let (mut code, mut names) = (String::new(), Vec::new());
    let mut all = Handover { contract: "crate".to_owned(), runtime: "pontoon".to_owned(), entries: Vec::new() };
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for at in seed.. {
        if names.len() as u64 == wanted {
            break;
        }
        let name = format!("t{at}");
        let topology = Maker::new(at, format!("crate::{name}")).make();
        let files = Alone(serde_json::to_string_pretty(&topology)?);
        let today = Date::from_unix_seconds(0);
        let request = Request { origin: "topology.yaml".to_owned(), ..Request::default() };
        let compiled = compile(&Input {
            path: "topology.yaml",
            files: &files,
            limits: Limits::default(),
            today,
            request: &request,
            code: None,
        });
        let folder = out.join(&name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("topology.yaml"), &files.0)?;
        let Some(plan) = compiled.plan.filter(|_| !compiled.findings.has_errors()) else {
            for found in
                compiled.findings.iter().filter(|found| found.level == pontoon_compiler::diagnostic::Level::Error)
            {
                *refused.entry(found.code).or_default() += 1;
            }
            continue;
        };
        for file in &compiled.files {
            fs::write(folder.join(&file.name), &file.text)?;
        }
        let handover =
            compiled.files.iter().find(|file| file.name == "handover.txt").map(|file| Handover::parse(&file.text));
        for mut entry in handover.into_iter().flatten().flat_map(|handover| handover.entries) {
            entry.service = format!("{name}_{}", entry.service);
            entry.marker = format!("{name}::topology::{}", entry.marker);
            entry.module = format!("{name}::topology::{}", entry.module);
            all.entries.push(entry);
        }
        code.push_str(&code::module(&name, &folder.display().to_string(), &plan));
        names.push(name);
    }
    fs::write(out.join("handover.txt"), all.to_text())?;
    println!("cargo::rustc-env=PONTOON_HANDOVER={}", out.join("handover.txt").display());
    let runs: String = names
        .iter()
        .map(|name| format!("    println!(\"{name}\");\n    missing.extend({name}::run_all().await);\n"))
        .collect();
    let list = format!("{refused:?}");
    let all = format!(
        "/// Runs all of them: what was not taken.\npub async fn run_all() -> Vec<String> {{\n    let mut missing = Vec::new();\n{runs}    missing\n}}\n/// Which rules refused others.\npub const REFUSED: &str = {list:?};\n"
    );
    fs::write(out.join("all.rs"), code + &all)
}
