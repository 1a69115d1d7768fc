//! What a user sees: the quickstart is copied, edited in one place, and built by a real offline `cargo build`.
//!
//! What cargo prints is compared with `tests/end_to_end/<case>.stderr`; `PONTOON_BLESS=1` writes those files anew.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One mistake: in `file`, `from` (found exactly once) becomes `to`.
struct Mistake {
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Mistakes in the topology, or between it and the code: refused by the build script, with a label on the line of
/// `topology.yaml`.
const IN_THE_TOPOLOGY: &[Mistake] = &[
    Mistake {
        name: "unknown_service",
        file: "topology.yaml",
        from: "invokes: [email.send_welcome]",
        to: "invokes: [mail.send_welcome]",
    },
    Mistake {
        name: "unknown_version",
        file: "topology.yaml",
        from: "invokes: [email.send_welcome]",
        to: "invokes: [email.v2.send_welcome]",
    },
    Mistake {
        name: "cycle_of_calls",
        file: "topology.yaml",
        from: "        input: Welcome\n",
        to: "        input: Welcome\n        invokes: [user.sign_up]\n",
    },
    Mistake {
        name: "misspelt_event",
        file: "topology.yaml",
        from: "event: user_signed_up",
        to: "event: user_singed_up",
    },
    Mistake {
        name: "other_payload",
        file: "topology.yaml",
        from: "event: user_signed_up",
        to: "event: user_signed_up\n        payload: NewUser",
    },
    Mistake {
        name: "service_twice",
        file: "topology.yaml",
        from: "\nenvironments:",
        to: "\n  user:\n    version: 1\n    module: crate::user\n\nenvironments:",
    },
    Mistake {
        name: "command_twice",
        file: "topology.yaml",
        from: "      find:\n",
        to: "      sign_up: { input: NewUser, output: UserId }\n      find:\n",
    },
    Mistake {
        name: "queue_without_worker",
        file: "topology.yaml",
        from: "    workers:
      bill:
        description: Writes an invoice and sends it.
        queue: invoices
        concurrency: 4
        timeout: 10s
        idempotency: { key: number, keep: 7d }    # the same invoice is sent once, however often the job arrives
",
        to: "",
    },
    Mistake {
        name: "adapter_without_its_feature",
        file: "topology.yaml",
        from: "    event_bridge: in_memory\n",
        to: "    event_bridge:
      amqp:
        url: ${AMQP_URL}
        tls: required
",
    },
    Mistake {
        name: "types_elsewhere",
        file: "topology.yaml",
        from: "types: crate::contract",
        to: "types: crate::contrct",
    },
    Mistake {
        name: "key_that_is_no_field",
        file: "topology.yaml",
        from: "idempotency: { key: number,",
        to: "idempotency: { key: nubmer,",
    },
    Mistake {
        name: "handler_of_another_name",
        file: "src/user.rs",
        from: "pub struct Find;\n\nimpl Find ",
        to: "pub struct FindHandler;\n\nimpl FindHandler ",
    },
    Mistake { name: "missing_handler", file: "src/user.rs", from: FIND, to: "" },
    Mistake {
        name: "bridge_that_forgets",
        file: "topology.yaml",
        from: "    ephemeral: true                 # losing data at a restart is acceptable here\n",
        to: "",
    },
];

/// Mistakes in the code: refused by rustc, with a label on the line of Rust.
const IN_THE_CODE: &[Mistake] = &[
    Mistake {
        name: "wrong_payload",
        file: "src/user.rs",
        from: "Welcome { to: new.email, name: new.name.clone() }",
        to: "Some(Welcome { to: new.email, name: new.name.clone() })",
    },
    Mistake {
        name: "undeclared_emit",
        file: "src/email.rs",
        from: "        self.mailer.send(&welcome.to, &subject)?;\n",
        to: "        self.mailer.send(&welcome.to, &subject)?;
        let id = crate::contract::UserId(welcome.to);
        ctx.emit(crate::topology::event::UserSignedUp, UserSignedUp { id, name: welcome.name }).await?;\n",
    },
    Mistake {
        name: "missing_resource",
        file: "src/email.rs",
        from: "pub struct SendWelcome {\n",
        to: "pub struct SendWelcome {\n    #[expect(dead_code)]\n    templates: std::path::PathBuf,\n",
    },
    Mistake {
        name: "handler_without_derive",
        file: "src/user.rs",
        from: "#[derive(CommandHandler)]\n#[command(user.find)]\n",
        to: "",
    },
    Mistake {
        name: "misspelt_command",
        file: "src/user.rs",
        from: "#[command(user.find)]",
        to: "#[command(user.fnd)]",
    },
    Mistake { name: "wrong_input", file: "src/user.rs", from: "new: NewUser)", to: "new: User)" },
];

/// The handler of `user.find`, whole.
const FIND: &str = "#[derive(CommandHandler)]
#[command(user.find)]
pub struct Find;

impl Find {
    async fn handle(&self, ctx: &impl user::find::Context, id: UserId) -> Result<Option<User>, Error> {
        Ok(ctx.state(state::Users).get(&id).await?)
    }
}
";

#[test]
fn a_mistake_in_the_topology_is_refused_where_it_stands() {
    refused(IN_THE_TOPOLOGY, "topology");
}

#[test]
fn a_mistake_in_the_code_is_refused_where_it_stands() {
    refused(IN_THE_CODE, "code");
}

/// What no longer holds with `panic = "abort"` is said where the topology is brought in. The flag is given to the
/// quickstart alone, and not by a profile, with which all that it stands on would be built once more.
#[test]
fn a_build_that_aborts_on_panics_says_what_no_longer_holds() {
    let quickstart = Copy::of_the_quickstart("panics");
    let (success, said) = quickstart.cargo(&["rustc", "--bin", "quickstart"], &["-C", "panic=abort"]);
    assert!(success, "it is a warning:\n{said}");
    let surprise = compare("panic_abort", &said);
    assert!(surprise.is_none(), "{}", surprise.unwrap_or_default());
}

/// Builds the copy with each mistake in turn. All of them run before the test fails.
fn refused(mistakes: &[Mistake], copy: &str) {
    let quickstart = Copy::of_the_quickstart(copy);
    let (success, said) = quickstart.build();
    assert!(success, "the quickstart itself does not build:\n{said}");

    let mut surprises = Vec::new();
    for mistake in mistakes {
        let (success, said) = quickstart.build_with(mistake);
        if success {
            surprises.push(format!("{}: built, although it is wrong:\n{said}", mistake.name));
        }
        surprises.extend(compare(mistake.name, &said));
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n\n"));
}

/// The difference between what cargo said and what is expected, if there is one.
fn compare(name: &str, said: &str) -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end").join(format!("{name}.stderr"));
    if std::env::var_os("PONTOON_BLESS").is_some() {
        fs::write(&file, said).expect("the expected output can be written");
        return None;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    (expected != said)
        .then(|| format!("{name}: expected\n{expected}\nbut cargo said\n{said}\n(PONTOON_BLESS=1 accepts it)"))
}

/// A copy of the quickstart that is a workspace of its own.
struct Copy {
    folder: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn of_the_quickstart(name: &str) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository");
        let original = repository.join("examples/quickstart");
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = scratch.join(format!("quickstart-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src")).expect("a folder can be made below the target folder");

        for file in ["topology.yaml", "build.rs"] {
            fs::copy(original.join(file), folder.join(file)).expect("the quickstart can be copied");
        }
        for entry in fs::read_dir(original.join("src")).expect("the quickstart has sources") {
            let entry = entry.expect("the quickstart can be listed");
            fs::copy(entry.path(), folder.join("src").join(entry.file_name())).expect("the quickstart can be copied");
        }
        fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file can be copied");
        let workspace = fs::read_to_string(repository.join("Cargo.toml")).expect("the workspace has a manifest");
        let package = fs::read_to_string(original.join("Cargo.toml")).expect("the quickstart has a manifest");
        fs::write(folder.join("Cargo.toml"), standalone(&package, &workspace, repository))
            .expect("a manifest can be written");
        Self { folder, target: scratch.join("quickstart-target") }
    }

    /// Builds with one mistake made, and takes it back.
    fn build_with(&self, mistake: &Mistake) -> (bool, String) {
        let file = self.folder.join(mistake.file);
        let right = fs::read_to_string(&file).expect("the copy can be read");
        let places = right.matches(mistake.from).count();
        assert_eq!(places, 1, "{}: `{}` stands {places} times in {}", mistake.name, mistake.from, mistake.file);
        fs::write(&file, right.replacen(mistake.from, mistake.to, 1)).expect("the copy can be edited");
        let built = self.build();
        fs::write(&file, right).expect("the copy can be mended");
        built
    }

    /// Whether `cargo build` succeeded, and what it said without what differs from machine to machine.
    fn build(&self) -> (bool, String) {
        self.cargo(&["build"], &[])
    }

    /// The same of another command of cargo's, with flags for rustc.
    fn cargo(&self, command: &[&str], flags: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO"))
            .args(command)
            .args(["--offline", "--quiet", "--color", "never"])
            .args(if flags.is_empty() { &[] } else { &["--"][..] })
            .args(flags)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env_remove("RUSTFLAGS")
            // What the build script of these tests has handed over.
            .env_remove(pontoon_schema::handover::VARIABLE)
            .env_remove("RUST_BACKTRACE")
            .output()
            .expect("cargo can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        (output.status.success(), self.portable(&said))
    }

    /// Paths of this machine and hashes of this build stand for nothing the user reads.
    fn portable(&self, said: &str) -> String {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository");
        let said = said
            .replace(&*self.target.to_string_lossy(), "[target]")
            .replace(&*self.folder.to_string_lossy(), "[quickstart]")
            .replace(&*repository.to_string_lossy(), "[pontoon]");
        let mut portable = String::new();
        let mut elsewhere = false;
        for line in said.lines() {
            let place = line.contains("--> ") || line.contains("::: ");
            elsewhere = if place {
                line.contains("[pontoon]") || line.contains("[target]")
            } else {
                elsewhere && !line.is_empty()
            };
            let numberless = if elsewhere { without_numbers(line) } else { line.to_owned() };
            let line = numberless.as_str();
            let line = match line.split_once("/build/quickstart-") {
                Some((before, after)) => {
                    let rest = after.find('/').map_or("", |slash| &after[slash..]);
                    format!("{before}/build/quickstart-[hash]{rest}")
                }
                None => line.to_owned(),
            };
            portable.push_str(line.trim_end());
            portable.push('\n');
        }
        portable
    }
}

/// A line of rustc's that shows code of ours, or generated code, without the numbers that change with it.
fn without_numbers(line: &str) -> String {
    if let Some((place, _)) = line.split_once(".rs:") {
        return format!("{place}.rs");
    }
    let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let gutter = line.len() - rest.len();
    if rest.starts_with(" |") { format!("{}{rest}", " ".repeat(gutter)) } else { line.to_owned() }
}

/// The manifest of the quickstart with everything that it takes from the workspace written out.
fn standalone(package: &str, workspace: &str, repository: &Path) -> String {
    let dependencies = workspace
        .split("\n[")
        .find_map(|section| section.strip_prefix("workspace.dependencies]"))
        .expect("the workspace pins dependencies")
        .replace("path = \"", &format!("path = \"{}/", repository.display()));
    let inherited = "[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.95\"\n\
                     license = \"MIT OR Apache-2.0\"\n";
    let package = package.replace("[lints]\nworkspace = true\n", "");
    format!("{package}\n[workspace]\n\n{inherited}\n[workspace.dependencies]{dependencies}\n")
}
