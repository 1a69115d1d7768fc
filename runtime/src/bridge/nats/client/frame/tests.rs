//! Frames of NATS as servers send them, and what no server should.

use super::*;

/// The frames in some bytes, which come in pieces of at most this size; and the error that ends them.
fn frames(bytes: &[u8], piece: usize) -> (Vec<ServerFrame>, Option<FrameError>) {
    let (mut reader, mut frames) = (FrameReader::default(), Vec::new());
    for piece in bytes.chunks(piece.max(1)) {
        reader.buffer.extend_from_slice(piece);
        loop {
            match reader.next() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
    }
    (frames, None)
}

const WHOLE: &[u8] = b"INFO {\"max_payload\":5}\r\nPING\r\npong\r\n+OK\r\n\
    -ERR 'Permissions Violation for Publish to \"a\"'\r\n\
    MSG a.b 7 3\r\n1\r\n\r\nMSG\ta.b  7\tre.ply 0\r\n\r\n\
    HMSG a.b 8 re.ply 22 24\r\nNATS/1.0 503\r\nA: b\r\n\r\nxy\r\nhmsg a.b 8 12 12\r\nNATS/1.0\r\n\r\n\r\n";

#[test]
fn frames_are_read_however_they_are_cut() {
    let whole = frames(WHOLE, WHOLE.len());
    assert_eq!((whole.0.len(), &whole.1), (9, &None));
    for piece in 1..WHOLE.len() {
        assert_eq!(format!("{:?}", frames(WHOLE, piece)), format!("{whole:?}"), "in pieces of {piece}");
    }
    let messages = whole.0.iter().filter_map(|frame| match frame {
        ServerFrame::Message { message, .. } => Some(message),
        _ => None,
    });
    let read: Vec<_> = messages
        .map(|message| (&*message.subject, message.reply.as_deref(), message.status(), &message.payload[..]))
        .collect();
    assert_eq!(
        read,
        [
            ("a.b", None, None, &b"1\r\n"[..]),
            ("a.b", Some("re.ply"), None, b""),
            ("a.b", Some("re.ply"), Some(503), b"xy"),
            ("a.b", None, None, b"")
        ]
    );
    assert!(matches!(&whole.0[4], ServerFrame::Error(words) if words.starts_with("Perm") && words.ends_with('"')));
}

#[test]
fn what_is_no_frame_is_an_error() {
    for garbled in [
        "HELLO\r\n",
        "\r\n",
        "MSG\r\n",
        "MSG a 1\r\n",
        "MSG a 1 -5\r\n",
        "MSG a x 5\r\n",
        "MSG a 1 2 3 4\r\n",
        "MSG a 1 99999999999999999999999999\r\n",
        "MSG a 1 99999999999\r\n",
        "MSG a 1 2\r\nabcd\r\n",
        "HMSG a 1 5 4\r\nabcde\r\n",
        "HMSG a 1 -1 4\r\nabcd\r\n",
        "HMSG a 1 18446744073709551615 1\r\n",
        "\u{0}\u{1}\n",
    ] {
        assert!(frames(garbled.as_bytes(), 1).1.is_some(), "{garbled:?}");
    }
}

#[test]
fn a_line_without_an_end_is_an_error_before_it_fills_the_memory() {
    let mut reader = FrameReader::default();
    let mut read = 0;
    while read <= 2 * LONGEST_LINE {
        reader.buffer.extend_from_slice(&[b'x'; 4096]);
        read += 4096;
        if reader.next().is_err() {
            return;
        }
    }
    panic!("it waits for the end of the line");
}

#[test]
fn whatever_comes_is_a_frame_or_an_error() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let mut bytes = WHOLE.to_vec();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..bytes.len());
            match random.u8(..4) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, *random.choice(b"\r\n 0129-'").unwrap()),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(b'\n');
            }
        }
        let piece = random.usize(1..64);
        let (read, _) = frames(&bytes, piece);
        for frame in read {
            if let ServerFrame::Message { message, .. } = frame {
                let _ = (message.subject.len(), message.status(), message.headers.lines().get("a"));
            }
        }
    }
}
