//! The end of a file that is torn: all that was accepted before is there, or the folder is refused. Never silently
//! less.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pontoon::BridgeError;
use pontoon::adapter::embedded::EmbeddedQueues;
use pontoon::adapter::{QueueAdapter, Settlement};
use pontoon_conformance::adapter::soon;
use pontoon_conformance::keeper::{Answer, Keeper, POLICY, QUEUE, Question};
use tokio::task::block_in_place;

/// A folder whose process was killed while jobs came in, and the jobs that were accepted.
async fn killed(folder: &Path) -> BTreeSet<u32> {
    let keeper = Arc::new(block_in_place(|| Keeper::start(env!("CARGO_BIN_EXE_keeper"), folder)));
    let lanes: Vec<_> = (0..8)
        .map(|lane| {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(async move {
                let mut accepted = Vec::new();
                for number in (lane..100_000).step_by(8) {
                    match keeper.ask(Question::Push(number)).await {
                        Some(Answer::Done) => accepted.push(number),
                        _ => return accepted,
                    }
                    if lane == 0 && accepted.len() == 40 {
                        block_in_place(|| keeper.kill());
                    }
                }
                accepted
            })
        })
        .collect();
    let mut accepted = BTreeSet::new();
    for lane in lanes {
        accepted.extend(soon(lane).await.unwrap());
    }
    assert!(accepted.len() >= 40);
    accepted
}

/// What is in the folder; nothing where it is refused.
async fn read(folder: &Path) -> Option<BTreeSet<u32>> {
    let queues = EmbeddedQueues::new(folder);
    let queue = queues.queue(QUEUE, POLICY);
    match soon(queues.connect()).await {
        Ok(()) => {}
        Err(BridgeError::Mismatch(text)) => {
            assert!(text.contains("copy of"), "it says what to do: {text}");
            return None;
        }
        Err(other) => panic!("{other}"),
    }
    let mut found = BTreeSet::new();
    let depth = soon(queue.depth()).await.unwrap();
    for _ in 0..depth.waiting {
        let delivery = soon(queue.next()).await.unwrap();
        found.insert(delivery.message.decode().unwrap());
        soon(queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
    soon(queues.close()).await;
    Some(found)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The file of the database that was written to last.
fn newest(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let data = files.filter(|path| path.ends_with("pontoon.db") || path.ends_with("pontoon.db-wal"));
    data.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_end_loses_nothing_silently() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original");
    let accepted = killed(&original).await;
    let log = newest(&original);
    assert!(log.ends_with("pontoon.db-wal"), "{}", log.display());
    let length = fs::metadata(&log).unwrap().len();
    let (mut whole, mut refused) = (0, 0);
    let cuts = [1, 7, 24, 100, 4096, 4120, 5000, 9000, 20_000, 50_000, length / 2, length - 1, length];
    let damages = cuts.into_iter().filter(|cut| *cut <= length).flat_map(|cut| [(cut, true), (cut, false)]);
    for (index, (cut, is_truncated)) in damages.enumerate() {
        let case = folder.path().join(format!("case-{index}"));
        copy(&original, &case);
        let mut file = OpenOptions::new().read(true).write(true).open(case.join("pontoon.db-wal")).unwrap();
        if is_truncated {
            file.set_len(length - cut).unwrap();
        } else {
            let from = usize::try_from(length - cut).unwrap();
            let bytes = fs::read(case.join("pontoon.db-wal")).unwrap();
            let flipped: Vec<u8> = bytes[from..].iter().take(512).map(|byte| !byte).collect();
            file.seek(SeekFrom::Start(length - cut)).unwrap();
            file.write_all(&flipped).unwrap();
        }
        drop(file);
        match read(&case).await {
            Some(found) => {
                let lost: Vec<_> = accepted.difference(&found).collect();
                assert!(
                    lost.is_empty(),
                    "{cut} bytes, truncated: {is_truncated}: {lost:?} are lost, and nobody says so"
                );
                whole += 1;
            }
            None => refused += 1,
        }
    }
    assert!(refused > 0, "{whole} were whole");
    // Without any damage, nothing is refused.
    let found = read(&original).await.expect("it is whole");
    assert!(found.is_superset(&accepted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_last_write_that_was_not_finished_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let original = folder.path().join("original");
    let accepted = killed(&original).await;
    // As a process that is killed in the middle of a write leaves it behind.
    let mut log = OpenOptions::new().append(true).open(original.join("pontoon.db-wal")).unwrap();
    log.write_all(&[0x5a; 3000]).unwrap();
    drop(log);
    let found = read(&original).await.expect("what was accepted is whole");
    assert!(found.is_superset(&accepted));
}
