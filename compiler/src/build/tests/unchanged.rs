//! A build that would do what the last one did.

use std::fs::{self, File};

use pontoon_schema::document::Date;

use super::{Build, Done, Package, USER, build, changed, succeeded};

/// What is different in the second build.
type Change = fn(&Package);

impl Package {
    /// Whether a build does nothing: it then leaves a file as it is that was altered unseen.
    fn does_nothing(&self, run: impl FnOnce(&Self) -> Done) -> bool {
        let path = self.generated("user.rs");
        let time = path.exists().then(|| changed(&path));
        let altered = fs::read_to_string(&path).unwrap_or_default().replace("pub", "bup");
        fs::write(&path, &altered).expect("a file can be written");
        if let Some(time) = time {
            let file = File::options().write(true).open(&path).expect("a file can be opened");
            file.set_modified(time).expect("a time can be set");
        } else {
            fs::remove_file(&path).expect("a file can be removed");
        }
        succeeded(&run(self));
        fs::read_to_string(&path).is_ok_and(|text| text == altered)
    }
}

#[test]
fn an_unchanged_build_does_nothing_and_says_the_same() {
    let package = Package::new();
    package.write("user.yaml", &USER.replace(", exposed: true", ""));
    let first = package.run();
    succeeded(&first);
    assert!(first.instructions.iter().any(|line| line.starts_with("cargo::warning=")), "{:?}", first.instructions);
    assert!(package.does_nothing(|package| {
        let second = package.run();
        assert_eq!(second.instructions, first.instructions);
        second
    }));
}

#[test]
fn whatever_a_build_depends_on_starts_it_again() {
    let changes: &[(&str, Change)] = &[
        ("the topology", |package| package.write("topology.yaml", &[super::TOPOLOGY, "# More.\n"].concat())),
        ("what it includes", |package| package.write("user.yaml", &[USER, "# More.\n"].concat())),
        ("the code", |package| {
            fs::create_dir_all(package.path("src")).expect("a folder can be made");
            package.write("src/main.rs", "fn main() {}\n");
        }),
        ("an example", |package| {
            fs::create_dir_all(package.path("examples")).expect("a folder can be made");
            package.write("examples/one.rs", "fn main() {}\n");
        }),
        ("a file that is gone", |package| fs::remove_file(package.generated("mod.rs")).expect("it is there")),
        ("the altered file, too, is gone", |package| {
            fs::remove_file(package.generated("user.rs")).expect("it is there");
        }),
        ("a file of another length", |package| fs::write(package.generated("mod.rs"), "").expect("it is written")),
        ("a file of another time", |package| {
            let file = File::options().write(true).open(package.generated("handover.txt")).expect("it is there");
            file.set_modified(changed(&package.path("user.yaml")) + std::time::Duration::from_secs(9)).expect("a time");
        }),
        ("no record", |package| fs::remove_file(package.path("out/topology.record")).expect("it is there")),
    ];
    for (what, change) in changes {
        let package = Package::new();
        succeeded(&package.run());
        assert!(package.does_nothing(Package::run), "before {what}");
        let package = Package::new();
        succeeded(&package.run());
        change(&package);
        assert!(!package.does_nothing(Package::run), "{what}");
        assert!(package.does_nothing(Package::run), "after {what}");
    }
}

#[test]
fn what_is_asked_for_and_the_day_and_the_environment_count() {
    let asked: &[fn(Build) -> Build] = &[Build::contract, Build::follow_links, |it| it.largest_file(1 << 20)];
    for ask in asked {
        let package = Package::new();
        succeeded(&package.run());
        assert!(!package.does_nothing(|package| package.asking(ask)));
    }
    let package = Package::new();
    succeeded(&package.run());
    assert!(!package.does_nothing(|package| package.run_with(&[("DEP_PONTOON_FEATURES", "nats")])));
    assert!(!package.does_nothing(|package| package.run_with(&[("CARGO_PKG_NAME", "other")])));
    assert!(!package.does_nothing(Package::run));
    let tomorrow = |package: &Package| {
        build("topology.yaml").run_in(&package.variable(&[]), Date::from_unix_seconds(24 * 60 * 60))
    };
    assert!(!package.does_nothing(tomorrow));
    assert!(package.does_nothing(tomorrow));
}

/// An allowance ends by the clock alone: nothing else in the build is different.
#[test]
fn an_allowance_that_has_ended_is_said_on_the_day() {
    let package = Package::new();
    package.write("user.yaml", &USER.replace(", exposed: true", ""));
    let allowed = "allow: [{ rule: unreachable_command, at: services.user.commands.find, reason: later, until: \"1970-01-01\" }]\n";
    package.write("topology.yaml", &[super::TOPOLOGY, allowed].concat());
    let on_day =
        |day: u64| build("topology.yaml").run_in(&package.variable(&[]), Date::from_unix_seconds(day * 24 * 60 * 60));
    let (first, again, later) = (on_day(0), on_day(0), on_day(1));
    succeeded(&first);
    assert_eq!(first.instructions, again.instructions);
    let ended = |done: &Done| format!("{done:?}").contains("expired_allowance");
    assert!(!ended(&again) && ended(&later), "{later:?}");
}

/// A build with an error leaves no record, and the record of the last one without is not taken for it.
#[test]
fn an_error_is_said_as_often_as_it_is_there() {
    let package = Package::new();
    succeeded(&package.run());
    package.write("user.yaml", "services: [");
    assert!(package.run().failure.is_some());
    assert!(package.run().failure.is_some());
    package.write("user.yaml", USER);
    assert!(package.does_nothing(Package::run));
}

#[test]
fn a_record_that_was_cut_off_is_none() {
    let package = Package::new();
    succeeded(&package.run());
    let path = package.path("out/topology.record");
    let whole = fs::read(&path).expect("it is there");
    for length in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).expect("it can be written");
        assert!(!package.does_nothing(Package::run), "{length} of {} bytes", whole.len());
    }
    let longer = whole.iter().map(|byte| byte.wrapping_add(128)).collect::<Vec<_>>();
    fs::write(&path, longer).expect("it can be written");
    assert!(!package.does_nothing(Package::run));
}
