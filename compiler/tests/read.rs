//! Reading a topology: the sample of the documentation, included files, and what a report looks like.

use std::collections::HashMap;
use std::io;

use pontoon_compiler::diagnostic::{Findings, Style};
use pontoon_compiler::read::{Files, Limits, Source, read};
use pontoon_compiler::source::Sources;

/// Files in memory, under their paths.
struct Folder(HashMap<&'static str, &'static str>);

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The topology, if there is one, and everything that was found, as it is shown.
fn read_files(files: &[(&'static str, &'static str)]) -> (Option<Source>, String) {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let folder = Folder(files.iter().copied().collect());
    let source = read("topology.yaml", &folder, Limits::default(), &mut sources, &mut findings);
    (source, findings.render(&sources, Style::PLAIN))
}

fn refused(files: &[(&'static str, &'static str)]) -> String {
    let (source, report) = read_files(files);
    assert!(source.is_none() || report.contains("duplicate_name"), "{report}");
    report
}

#[test]
fn the_sample_is_read() {
    let (source, report) = read_files(&[("topology.yaml", include_str!("../../schema/tests/sample.yaml"))]);
    assert_eq!(report, "");
    let Source { document, spans } = source.unwrap();
    assert_eq!(document.services.len(), 4);
    assert_eq!(document.environments.len(), 6);
    assert_eq!(document.deployments.len(), 4);
    let user = spans.root().get("services").and_then(|services| services.get("user")).unwrap();
    let invokes = user.get("commands").and_then(|commands| commands.get("sign_up")?.get("invokes")).unwrap();
    let mut sources = Sources::default();
    sources.add("topology.yaml", include_str!("../../schema/tests/sample.yaml"));
    assert_eq!(sources.text(invokes.key_span()), "invokes");
    assert_eq!(sources.text(invokes.index(0).unwrap().value_span()), "email.send_welcome");
    assert!(sources.text(user.value_span()).ends_with("exposed: true }"), "{}", sources.text(user.value_span()));
}

#[test]
fn included_files_become_one_topology() {
    let (source, report) = read_files(&[
        ("topology.yaml", "pontoon: 1\nname: shop\ninclude: [mail/email.yaml]\nevents:\n  a: { payload: A }\n"),
        ("mail/email.yaml", "include: [more.yaml]\nevents:\n  b: { payload: B }\n"),
        ("mail/more.yaml", "events:\n  c: { payload: C }\nqueues:\n  d: { payload: D }\n"),
    ]);
    assert_eq!(report, "");
    let Source { document, spans } = source.unwrap();
    assert_eq!(document.events.keys().map(AsRef::<str>::as_ref).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(document.queues.len(), 1);
    let events = spans.root().get("events").unwrap();
    let files: Vec<u32> = events.children().map(|event| event.key_span().file.0).collect();
    assert_eq!(files, [0, 1, 2]);
}

#[test]
fn one_name_in_two_files_is_shown_in_both() {
    let report = refused(&[
        ("topology.yaml", "pontoon: 1\nname: shop\ninclude: [user.yaml]\nservices:\n  user: { version: 1 }\n"),
        ("user.yaml", "services:\n  user: { version: 2 }\n"),
    ]);
    let expected = "\
pontoon::duplicate_name

  × the service `user` is defined twice
   ╭─[topology.yaml:5:3]
 5 │   user: { version: 1 }
   ·   ──┬─
   ·     ╰── first here
   ╰────
   ╭─[user.yaml:2:3]
 2 │   user: { version: 2 }
   ·   ──┬─
   ·     ╰── and here again
   ╰────
  help: give one of them another name, or merge them into one
";
    assert_eq!(report, expected);
}

#[test]
fn frames_of_one_file_are_joined() {
    let report = refused(&[(
        "topology.yaml",
        "pontoon: 1\nname: shop\nevents:\n  a: { payload: A }\n  b: { payload: A }\n  c: { payload: A }\n  d: { payload: A }\n  \
         e: { payload: A }\n  f: { payload: A }\n  a: { payload: B }\n",
    )]);
    let expected = "\
pontoon::duplicate_name

  × the event `a` is defined twice
    ╭─[topology.yaml:4:3]
  4 │   a: { payload: A }
    ·   ┬
    ·   ╰── first here
    ⋮
 10 │   a: { payload: B }
    ·   ┬
    ·   ╰── and here again
    ╰────
  help: give one of them another name, or merge them into one
";
    assert_eq!(report, expected);
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    for (path, reason) in [
        ("/etc/passwd", "is an absolute path"),
        ("../other.yaml", "leaves the folder of the topology"),
        ("a/../../b.yaml", "leaves the folder of the topology"),
        ("absent.yaml", "there is no file `absent.yaml`"),
    ] {
        let text = format!("pontoon: 1\nname: shop\ninclude: [{path}]\n");
        let report = refused(&[("topology.yaml", text.leak())]);
        assert!(report.contains("pontoon::invalid_path") && report.contains(reason), "{report}");
    }
}

#[test]
fn files_that_include_each_other_are_refused() {
    let report = refused(&[
        ("topology.yaml", "pontoon: 1\nname: shop\ninclude: [a.yaml]\n"),
        ("a.yaml", "include: [b.yaml]\n"),
        ("b.yaml", "include: [a.yaml]\n"),
    ]);
    assert!(report.contains("in a circle: a.yaml → b.yaml → a.yaml"), "{report}");
    let report = refused(&[
        ("topology.yaml", "pontoon: 1\nname: shop\ninclude: [a.yaml, a.yaml]\n"),
        ("a.yaml", "events: {}\n"),
    ]);
    assert!(report.contains("`a.yaml` is included twice"), "{report}");
}

/// A folder of which the topology alone may be read.
struct Forbidden;

impl Files for Forbidden {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match path {
            "topology.yaml" => Ok(b"pontoon: 1\nname: shop\ninclude: [user.yaml]\n".to_vec()),
            _ => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }
}

#[test]
fn a_file_that_may_not_be_read_is_said_to_be_one() {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    assert!(read("topology.yaml", &Forbidden, Limits::default(), &mut sources, &mut findings).is_none());
    let report = findings.render(&sources, Style::PLAIN);
    assert!(report.contains("`user.yaml` may not be read"), "{report}");
}

/// A folder in which each file includes another one.
struct Endless;

impl Files for Endless {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let head = if path == "topology.yaml" { "pontoon: 1\nname: shop\n" } else { "" };
        Ok(format!("{head}include: [below/more.yaml]\n").into_bytes())
    }
}

#[test]
fn files_that_include_each_other_without_end_are_refused() {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    assert!(read("topology.yaml", &Endless, Limits::default(), &mut sources, &mut findings).is_none());
    let report = findings.render(&sources, Style::PLAIN);
    assert!(report.contains("files include each other more than 32 deep"), "{report}");
}

#[test]
fn an_included_file_has_no_head() {
    let report = refused(&[
        ("topology.yaml", "pontoon: 1\nname: shop\ninclude: [a.yaml]\n"),
        ("a.yaml", "name: other\nevents: {}\n"),
    ]);
    assert!(report.contains("`name:` stands in a file that is only included"), "{report}");
}

#[test]
fn one_run_finds_nearly_everything() {
    let report = refused(&[(
        "topology.yaml",
        "pontoon: 1
name: shop
typos: crate::contract
events:
  signed_up: { payload: SignedUp, rate: 10/x, size: big }
  Bad-Name: { payload: X }
services:
  user:
    modul: crate::user
    commands:
      sign_up:
        input: NewUser
        invoke: [email.send]
        emits: signed_up
        timeout: soon
        outbox: yes
        retry: { attempts: 0 }
      list: { input: [u8; 4], output: HashMap<String, User> }
environments:
  local: { event_bridge: in_memry, queue_bridge: redis }
",
    )]);
    for said in [
        "`typos:` is not a key of a topology",
        "`10/x` is not a rate",
        "`big` is not a size",
        "`Bad-Name` is not a name",
        "`modul:` is not a key of a service",
        "did you mean `module`?",
        "`invoke:` is not a key of a command",
        "write `emits: [signed_up]`",
        "`soon` is not a duration",
        "write `outbox: true`",
        "expected a whole number that is more than zero",
        "`sign_up` lacks `output:`",
        "quote it: `input: \"[u8; 4]\"`",
        "quote it: `output: \"HashMap<String, User>\"`",
        "did you mean `in_memory`?",
        "`redis` needs settings: write `redis: { url: … }`",
    ] {
        assert!(report.contains(said), "{said}\n{report}");
    }
}

#[test]
fn words_of_the_machinery_do_not_reach_the_user() {
    let report = refused(&[(
        "topology.yaml",
        "pontoon: one
name: [shop]
include: {}
events: [a]
state: 3
services:
  user: { version: '1', commands: { a: 5, b: [], c: { input: {}, output: ~, http: [], retry: 3, invokes: [5, {}] } } }
  mail: { versions: { x: {}, 0: {}, 1: 4 } }
environments:
  a: { event_bridge: 5, state_store: [], secret_store: { env: {} }, queue_bridge: { mqtt: {}, redis: {} }, http: { body: 1 } }
  b: { state_store: { dapr: { port: x } }, authentication: { staff: { jwt: { issuer: a } }, c: jwt, d: { api: {} } } }
deployments:
  m: { pattern: { monolith: 1 }, environments: [[a]], units: { a: b } }
allow: [{ rule: x }]
",
    )]);
    for jargon in [
        "struct",
        "variant",
        "enum",
        "invalid type",
        "sequence",
        "u32",
        "u64",
        "string",
        "serde",
        "Deserialize",
        "Written",
    ] {
        assert!(!report.contains(jargon), "{jargon}\n{report}");
    }
}

#[test]
fn a_schedule_runs_by_one_clock() {
    let report = refused(&[(
        "topology.yaml",
        "pontoon: 1
name: shop
services:
  a: { version: 1, schedules: { both: { every: 1s, cron: '* * * * *' }, ok: { every: 1s } } }
  b: { versions: { 2: { schedules: { none: {} } } } }
  c: { version: 1, schedules: { zoned: { every: 1s, zone: Europe/Berlin }, fine: { cron: '@daily', zone: UTC } } }
",
    )]);
    assert!(report.contains("the schedule `both` runs at intervals and by the calendar"), "{report}");
    assert!(report.contains("the schedule `none` does not say when it runs"), "{report}");
    assert!(
        report.contains("the schedule `zoned` runs at intervals, which are the same in every time zone"),
        "{report}"
    );
    assert_eq!(report.matches("pontoon::").count(), 3, "{report}");
}

#[test]
fn a_name_for_a_time_of_cron_needs_quotes() {
    let text = "pontoon: 1\nname: shop\nservices:\n  a: { version: 1, schedules: { tick: { cron: @daily } } }\n";
    let report = refused(&[("topology.yaml", text)]);
    assert!(report.contains("quote"), "{report}");
}

#[test]
fn what_needs_quotes_is_shown_with_them() {
    for (line, quoted) in [
        ("  a: { event_bridge: { amqp: { url: ${AMQP_URL} } } }", "url: \"${AMQP_URL}\""),
        ("  a: { event_bridge: { amqp: { url: ${A}:${B}, tls: disabled } } }", "url: \"${A}:${B}\""),
        ("  a: { event_bridge: { amqp: {url: amqp://${HOST}/x} } }", "url: \"amqp://${HOST}/x\""),
    ] {
        let text = format!("pontoon: 1\nname: shop\nenvironments:\n{line}\n");
        let report = refused(&[("topology.yaml", text.leak())]);
        assert!(report.contains("pontoon::unquoted_flow"), "{report}");
        assert!(report.contains(&format!("quote it: `{quoted}`")), "{report}");
    }
    let report = refused(&[(
        "topology.yaml",
        "pontoon: 1\nname: shop\nservices:\n  u: { version: 1, commands: { f: { input: A, output: B, http: GET /users/{id} } } }\n",
    )]);
    assert!(report.contains("quote it: `http: \"GET /users/{id}\"`"), "{report}");
}

#[test]
fn aliases_are_read_where_they_stand() {
    let (source, report) =
        read_files(&[("topology.yaml", "pontoon: 1\nname: shop\nevents:\n  a: &a { payload: A }\n  b: *a\n")]);
    assert_eq!(report, "");
    let Source { document, spans } = source.unwrap();
    assert_eq!(document.events["b"].payload.as_str(), "A");
    let alias = spans.root().get("events").and_then(|events| events.get("b")).unwrap();
    assert_eq!(alias.value_span().len(), 2);
    assert!(alias.get("payload").is_some());
}
