//! The front door on real folders, with cargo's variables as values.

mod unchanged;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pontoon_schema::document::Date;
use tempfile::TempDir;

use super::{Build, Done, build};

const TOPOLOGY: &str = "\
pontoon: 1
name: shop
types: crate::contract
contract: crate
include: [user.yaml]
environments:
  local: { ephemeral: true, event_bridge: in_memory, queue_bridge: in_memory, state_store: in_memory }
deployments:
  monolith: { pattern: monolith, environments: [local] }
";

const USER: &str = "\
services:
  user:
    version: 1
    module: crate::user
    commands:
      find: { input: String, output: String, timeout: 1s, exposed: true }
";

/// A package with a topology in two files, and cargo's folder for what is generated.
struct Package(TempDir);

impl Package {
    fn new() -> Self {
        let package = Self(TempDir::new().expect("a folder"));
        package.write("topology.yaml", TOPOLOGY);
        package.write("user.yaml", USER);
        package
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file can be written");
    }

    fn generated(&self, name: &str) -> PathBuf {
        self.path("out/topology").join(name)
    }

    fn run(&self) -> Done {
        self.run_with(&[])
    }

    fn run_with(&self, variables: &[(&str, &str)]) -> Done {
        build("topology.yaml").run_in(&self.variable(variables), Date::from_unix_seconds(0))
    }

    /// A build that asks for something.
    fn asking(&self, ask: impl FnOnce(Build) -> Build) -> Done {
        ask(build("topology.yaml")).run_in(&self.variable(&[]), Date::from_unix_seconds(0))
    }

    /// Cargo's variables, and `more`.
    fn variable<'a>(&self, more: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        let out = self.path("out");
        let own = [
            ("OUT_DIR", out.as_os_str().to_owned()),
            ("CARGO_MANIFEST_DIR", self.0.path().as_os_str().to_owned()),
            ("CARGO_PKG_NAME", OsString::from("shop")),
        ];
        move |name: &str| {
            let given = more.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            given.or_else(|| own.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
        }
    }
}

fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|data| data.modified()).expect("a file that was written")
}

#[track_caller]
fn succeeded(done: &Done) {
    assert!(done.failure.is_none(), "{}", done.failure.as_deref().unwrap_or_default());
}

#[test]
fn files_are_written_and_cargo_is_told() {
    let package = Package::new();
    let done = package.run();
    succeeded(&done);
    for name in ["mod.rs", "user.rs", "monolith.rs", "handover.txt"] {
        assert!(package.generated(name).is_file(), "{name} is missing");
    }
    let read =
        ["topology.yaml", "user.yaml"].map(|name| format!("cargo::rerun-if-changed={}", package.path(name).display()));
    let handover = format!("cargo::rustc-env=PONTOON_HANDOVER={}", package.generated("handover.txt").display());
    let day = "cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH".to_owned();
    assert_eq!(done.instructions, [&read[..], &[day, handover]].concat());
}

#[test]
fn what_did_not_change_is_not_touched() {
    let package = Package::new();
    succeeded(&package.run());
    let before = SystemTime::UNIX_EPOCH;
    for name in ["user.rs", "mod.rs", "monolith.rs"] {
        let file = fs::File::options().write(true).open(package.generated(name)).expect("a generated file");
        file.set_modified(before).expect("its time can be set");
    }
    package.write("user.yaml", &USER.replace("timeout: 1s", "timeout: 2s"));
    succeeded(&package.run());
    assert_eq!(changed(&package.generated("mod.rs")), before);
    assert_eq!(changed(&package.generated("monolith.rs")), before);
    assert_ne!(changed(&package.generated("user.rs")), before);
}

#[test]
fn what_an_earlier_run_left_is_removed() {
    let package = Package::new();
    succeeded(&package.run());
    let stale = package.generated("email.rs");
    fs::write(&stale, "").expect("a file can be written");
    succeeded(&package.run());
    assert!(!stale.exists());
}

#[test]
fn an_error_is_the_whole_report_and_names_the_files_to_watch() {
    let package = Package::new();
    package.write("user.yaml", &USER.replace("timeout: 1s", "timeout: 1s, invokes: [email.send]"));
    let done = package.run();
    let report = done.failure.expect("it is refused");
    assert!(report.contains("pontoon::unknown_reference"), "{report}");
    assert!(report.contains("user.yaml:6"), "{report}");
    assert!(report.contains("topology.yaml cannot be built as it is: 1 error;"), "{report}");
    assert!(!report.contains('\u{1b}'), "{report}");
    assert_eq!(done.instructions.len(), 3, "{:?}", done.instructions);
    assert!(!package.generated("mod.rs").exists());
}

#[test]
fn colours_are_for_those_who_ask() {
    let package = Package::new();
    package.write("user.yaml", "services: [");
    let report = |variables: &[(&str, &str)]| package.run_with(variables).failure.expect("it is refused");
    assert!(report(&[("CARGO_TERM_COLOR", "always")]).contains('\u{1b}'));
    assert!(!report(&[("CARGO_TERM_COLOR", "always"), ("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!report(&[("CARGO_TERM_COLOR", "auto")]).contains('\u{1b}'));
}

#[test]
fn a_file_that_is_missing_is_watched_too() {
    let package = Package::new();
    fs::remove_file(package.path("user.yaml")).expect("it is there");
    let done = package.run();
    assert!(done.failure.expect("it is refused").contains("there is no file `user.yaml`"));
    assert!(done.instructions.iter().any(|line| line.ends_with("user.yaml")), "{:?}", done.instructions);
}

#[cfg(unix)]
#[test]
fn links_among_what_is_included_are_followed_where_the_builder_says_so() {
    let (package, elsewhere) = (Package::new(), Package::new());
    fs::remove_file(package.path("user.yaml")).expect("it is there");
    std::os::unix::fs::symlink(elsewhere.path("user.yaml"), package.path("user.yaml")).expect("a link");
    let report = package.run().failure.expect("it is refused");
    for said in ["pontoon::invalid_path", "`user.yaml` is a symbolic link", ".follow_links()"] {
        assert!(report.contains(said), "{report}");
    }
    succeeded(&package.asking(Build::follow_links));
    // A folder that is a link, too.
    package.write("topology.yaml", &TOPOLOGY.replace("user.yaml", "parts/user.yaml"));
    std::os::unix::fs::symlink(elsewhere.path("."), package.path("parts")).expect("a link");
    let report = package.run().failure.expect("it is refused");
    assert!(report.contains("`parts/user.yaml` lies behind the symbolic link `parts`"), "{report}");
    succeeded(&package.asking(Build::follow_links));
}

#[cfg(unix)]
#[test]
fn the_topology_itself_may_be_a_link() {
    let (package, elsewhere) = (Package::new(), Package::new());
    fs::remove_file(package.path("topology.yaml")).expect("it is there");
    std::os::unix::fs::symlink(elsewhere.path("topology.yaml"), package.path("topology.yaml")).expect("a link");
    succeeded(&package.run());
}

#[test]
fn warnings_are_a_line_each() {
    let package = Package::new();
    package.write("user.yaml", &USER.replace(", exposed: true", ""));
    let done = package.run();
    succeeded(&done);
    let warnings: Vec<&String> = done.instructions.iter().filter(|line| line.starts_with("cargo::warning=")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("cargo::warning=user.yaml:6: pontoon::unreachable_command: "), "{warnings:?}");
}

/// One crate of a workspace says what its topology has: the one that all others depend on.
#[test]
fn warnings_come_once_in_a_workspace() {
    let package = Package::new();
    package.write("user.yaml", &USER.replace(", exposed: true", ""));
    package.write("topology.yaml", &TOPOLOGY.replace("contract: crate", "contract: shop"));
    for (krate, said) in [("shop", 1), ("shop-user", 0)] {
        let variables = [("CARGO_PKG_NAME", krate)];
        let done =
            build("topology.yaml").service("user").run_in(&package.variable(&variables), Date::from_unix_seconds(0));
        succeeded(&done);
        let warnings = done.instructions.iter().filter(|line| line.starts_with("cargo::warning="));
        assert_eq!(warnings.count(), said, "{krate}: {:?}", done.instructions);
    }
}

/// The topology with a second environment, on a broker.
const STAGING: &str = "\
environments:
  staging: { extends: local, event_bridge: { amqp: { url: '${AMQP_URL}', tls: required } } }
";

fn with_staging() -> Package {
    let package = Package::new();
    let topology = TOPOLOGY.replace("environments: [local]", "environments: [local, staging]");
    package.write("topology.yaml", &topology.replace("environments:\n", STAGING));
    package
}

#[test]
fn an_adapter_needs_its_feature() {
    let package = with_staging();
    let report = package.run_with(&[("DEP_PONTOON_FEATURES", "nats,redis")]).failure.expect("it is refused");
    assert!(report.contains("pontoon::missing_adapter_feature"), "{report}");
    assert!(report.contains("without the features `amqp` and `tls`"), "{report}");
    assert!(report.contains("features = [\"amqp\", \"tls\"] }"), "{report}");
    let report = package.run_with(&[("DEP_PONTOON_FEATURES", "amqp")]).failure.expect("it is refused");
    assert!(report.contains("without the feature `tls`"), "{report}");
    succeeded(&package.run_with(&[("DEP_PONTOON_FEATURES", "amqp,tls")]));
    // Where nothing is known of `pontoon`, nothing is found.
    succeeded(&package.run());
}

#[test]
fn what_is_not_generated_needs_no_feature() {
    let package = with_staging();
    let build = || build("topology.yaml").deployment("monolith");
    let variable = package.variable(&[("DEP_PONTOON_FEATURES", "")]);
    succeeded(&build().environment("local").run_in(&variable, Date::from_unix_seconds(0)));
    assert!(build().run_in(&variable, Date::from_unix_seconds(0)).failure.is_some());
}

#[test]
fn a_client_can_be_asked_for() {
    let package = with_staging();
    let variable = package.variable(&[]);
    succeeded(&build("topology.yaml").contract().client().run_in(&variable, Date::from_unix_seconds(0)));
    assert!(package.generated("client.rs").is_file() && !package.generated("monolith.rs").exists());
}

#[test]
fn without_a_place_to_write_it_says_so() {
    let done = build("topology.yaml").run_in(&|_| None, Date::from_unix_seconds(0));
    assert!(done.failure.expect("it fails").contains("OUT_DIR is not set"));

    let package = Package::new();
    package.write("out", "a file where a folder should be");
    let report = package.run().failure.expect("it fails");
    assert!(report.contains("could not be written to"), "{report}");

    let package = Package::new();
    fs::remove_file(package.path("topology.yaml")).expect("it is there");
    let done = package.run();
    assert!(done.failure.expect("it fails").contains("there is no file `topology.yaml`"));
    assert_eq!(done.instructions.len(), 1);

    let done = build("..").run_in(&|_| Some(package.0.path().as_os_str().to_owned()), Date::from_unix_seconds(0));
    assert!(done.failure.expect("it fails").contains("not the path of a file"));
}

#[test]
fn the_limits_can_be_set() {
    let package = Package::new();
    let out = package.path("out").into_os_string();
    let folder = package.0.path().as_os_str().to_owned();
    let variable = |name: &str| match name {
        "OUT_DIR" => Some(out.clone()),
        "CARGO_MANIFEST_DIR" => Some(folder.clone()),
        _ => None,
    };
    let done = build("topology.yaml").largest_file(10).run_in(&variable, Date::from_unix_seconds(0));
    assert!(done.failure.expect("it is refused").contains("pontoon::input_limit"));
}

/// A package whose code has all that its topology names, but for `from`, in `file`, which is `to`.
fn report_with(file: &str, from: &str, to: &str) -> String {
    const TOPOLOGY: &str = "\
pontoon: 1
name: shop
types: crate::contract
contract: crate
events: { signed_up: { payload: SignedUp } }
services:
  user:
    version: 1
    module: crate::user
    commands:
      sign_up: { input: NewUser, output: Option<UserId>, emits: [signed_up], timeout: 1s, exposed: true, idempotency: { key: email, keep: 1d } }
    subscriptions:
      greet: { event: signed_up, delivery: at_most_once, ordered: { key: id }, timeout: 1s }
environments:
  local: { ephemeral: true, event_bridge: in_memory, state_store: in_memory }
deployments:
  monolith: { pattern: monolith, environments: [local] }
";
    const MAIN: &str =
        "mod contract;\nmod user;\nuse contract::NewUser as Brought;\npontoon::topology!();\nfn main() {}\n";
    const CONTRACT: &str = "\
#[derive(Clone)] pub struct NewUser { pub email: String }
pub type UserId = u64;
pub use self::inner::SignedUp;
mod inner { pub struct SignedUp { pub id: u64 } }
";
    const USER: &str = "\
#[derive(CommandHandler)] #[command(user.sign_up)] pub struct SignUp;
pub mod events { #[derive(SubscriptionHandler)] #[subscription(user.greet)] pub struct Greet; }
pub use events::Greet;
#[derive(Resources)] pub struct Resources;
";
    let package = Package::new();
    let files =
        [("topology.yaml", TOPOLOGY), ("src/main.rs", MAIN), ("src/contract.rs", CONTRACT), ("src/user.rs", USER)];
    fs::create_dir(package.path("src")).expect("a folder can be made");
    for (name, text) in files {
        assert!(name != file || text.contains(from), "{file} has no `{from}`");
        package.write(name, &if name == file { text.replacen(from, to, 1) } else { text.to_owned() });
    }
    package.run().failure.unwrap_or_default()
}

#[test]
fn what_the_code_does_not_have_is_said_in_the_topology() {
    assert_eq!(report_with("src/user.rs", "", ""), "", "the code has everything");
    // The file, what becomes of it, and what is said.
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (
            "topology.yaml",
            "types: crate::contract",
            "types: crate::contrct",
            &[
                "there is no module `contrct` in `crate`",
                "src/main.rs has `contract`",
                "write `types: crate::contract`",
                "1 error",
            ],
        ),
        (
            "topology.yaml",
            "module: crate::user",
            "module: crate::usr",
            &["no module `usr` in `crate`", "write `module: crate::user`", "1 error"],
        ),
        (
            "topology.yaml",
            "module: crate::user",
            "module: crate::orders",
            &["no module `orders`", "write `mod orders;` in src/main.rs", "1 error"],
        ),
        (
            "topology.yaml",
            "input: NewUser",
            "input: NewUsr",
            &["no type `NewUsr` in `crate::contract`", "src/contract.rs has `NewUser`", "1 error"],
        ),
        ("topology.yaml", "key: email", "key: emial", &["has no field `emial`", "write `key: email`", "1 error"]),
        (
            "src/contract.rs",
            "pub struct NewUser",
            "pub(crate) struct NewUser",
            &["`crate::contract::NewUser` is `pub(crate)`", "write `pub` before `NewUser` in src/contract.rs"],
        ),
        ("src/contract.rs", "pub type UserId", "type UserId", &["`crate::contract::UserId` is private"]),
        (
            "src/user.rs",
            "pub use events::Greet;",
            "",
            &[
                "`crate::user::Greet` does not handle user.greet",
                "`crate::user::events::Greet` says that it does",
                "write `handler: crate::user::events::Greet` here",
                "1 error",
            ],
        ),
        (
            "src/user.rs",
            "pub struct SignUp",
            "pub struct Register",
            &["`crate::user::SignUp` does not handle user.sign_up", "write `handler: crate::user::Register` here"],
        ),
        (
            "src/user.rs",
            "#[derive(CommandHandler)] #[command(user.sign_up)] pub struct SignUp;",
            "",
            &["nothing handles user.sign_up", "#[command(user.sign_up)]"],
        ),
        (
            "src/user.rs",
            "pub struct SignUp",
            "pub(crate) struct SignUp",
            &[
                "the handler of user.sign_up, `crate::user::SignUp`, is `pub(crate)`",
                "write `pub struct SignUp` in src/user.rs",
            ],
        ),
        (
            "src/user.rs",
            "pub struct Resources",
            "struct Resources",
            &["the resources of `user`, `crate::user::Resources`, are private"],
        ),
        (
            "src/user.rs",
            "#[derive(Resources)] pub struct Resources;",
            "",
            &["there are no resources of `user`", "#[derive(pontoon::Resources)]"],
        ),
        (
            "src/user.rs",
            "pub struct Resources;",
            "pub struct Resources<M>(M);",
            &["the resources of `user`, `crate::user::Resources`, have parameters", "`Arc<dyn …>`", "1 error"],
        ),
        (
            "topology.yaml",
            "input: NewUser",
            "input: crate::contract::inner::SignedUp",
            &["is in the private module `crate::contract::inner`", "write `pub mod inner` in src/contract.rs"],
        ),
        (
            "topology.yaml",
            "module: crate::user\n",
            "module: crate::user\n    resources: crate::contract::inner::Pool\n",
            &["`crate::contract::inner::Pool`, are in a private module", "write `pub mod inner` in src/contract.rs"],
        ),
        (
            "topology.yaml",
            "payload: SignedUp",
            "payload: NewUser",
            &["has no field `id`, by which user.greet keeps messages in order", "its fields are email", "1 error"],
        ),
    ];
    for (file, from, to, said) in cases {
        let report = report_with(file, from, to);
        for words in *said {
            assert!(report.contains(words), "`{to}` for `{from}`: no `{words}` in\n{report}");
        }
    }
}

/// What is not certain is rustc's to say.
#[test]
fn what_a_macro_or_a_glob_may_have_brought_is_not_missed() {
    for (file, from, to) in [
        ("src/user.rs", "pub use events::Greet;", "pub use events::*;"),
        ("src/user.rs", "pub use events::Greet;", "handlers!();"),
        ("src/contract.rs", "pub type UserId = u64;", "include!(\"ids.rs\");"),
        ("src/main.rs", "mod user;", "#[path = \"other.rs\"] mod user;"),
        ("src/main.rs", "mod user;", "use shop_user as user;"),
        ("src/main.rs", "pontoon::topology!();", ""),
        (
            "src/main.rs",
            "mod contract;",
            "#[cfg(unix)] mod contract;\n#[cfg(windows)] mod contract { pub struct Other; }",
        ),
        (
            "src/contract.rs",
            "pub struct NewUser { pub email: String }",
            "pub struct NewUser { pub email: String }\n#[cfg(windows)] struct NewUser { mail: String }",
        ),
        ("src/main.rs", "mod contract;", "use shop_contract as contract;"),
        ("topology.yaml", "input: NewUser", "input: crate::Brought"),
        ("src/user.rs", "pub struct SignUp;", "pub struct SignUp {"),
    ] {
        let report = report_with(file, from, to);
        assert!(report.is_empty(), "`{to}` for `{from}`:\n{report}");
    }
}
