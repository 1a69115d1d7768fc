//! The adapters over a network: documented in the words of their protocols, with the same files for the same roles.

use std::collections::BTreeSet;

use syn::{Attribute, Expr, Item, Lit, Meta};

use crate::none;
use crate::tree::{read, sources_below};

/// The folders of adapters whose types are documented by the terms of the glossary.
const FOLDERS: &[&str] =
    &["runtime/src/bridge/amqp", "runtime/src/bridge/mqtt", "runtime/src/bridge/nats", "runtime/src/store/redis"];

/// The event bridges over a network.
const BRIDGES: &[&str] = &["amqp", "mqtt", "nats"];

/// The files that each event bridge over a network has, with their roles.
const ROLES: &[(&str, &str)] = &[
    ("adapter", "the event adapter: puts the parts together"),
    ("address", "where the broker is, and the credentials for it"),
    ("attributes", "the attributes of CloudEvents as headers or properties"),
    ("connect", "one attempt to connect"),
    ("connection", "the kept-up connection across all losses"),
    ("dead_letters", "the dead letters of a subscription"),
    ("endpoint", "where the requests for a command arrive"),
    ("error", "the errors of the protocol, by what they mean for who tries again"),
    ("live_connection", "one connection from when it is made until it is lost"),
    ("names", "the names of things at the broker"),
    ("orphans", "what the broker keeps for subscriptions that the topology does not have"),
    ("publisher", "publishes until a message is safe"),
    ("requests", "requests and their replies"),
    ("settings", "the settings that generated code names"),
    ("subscription", "the adapter's part of a subscription"),
    ("topic", "the publisher of the events of one subject"),
];

/// The files that an event bridge has beside those, with what of its protocol asks for them.
const OWN: &[(&str, &str, &str)] = &[
    ("amqp", "ack_tag", "deliveries are acknowledged by a tag of their channel"),
    ("amqp", "channel_consumer", "a consumer lives as long as its channel, and its prefetch cannot be changed"),
    ("amqp", "confirm", "publisher confirms come with the returned messages of others"),
    ("amqp", "declaration", "exchanges, queues and bindings are declared by every client"),
    ("amqp", "declarations", "what a unit has declared is provisioned with each connection"),
    ("amqp", "delays", "a long pause is spent in a queue, as RabbitMQ bounds how long a delivery may be held"),
    ("amqp", "job_queue", "jobs have a quorum queue, bound by its name"),
    ("amqp", "payload_limit", "the broker says the largest message only when it refuses one"),
    ("amqp", "provision", "a declaration is made or verified"),
    ("amqp", "publish_channel", "the broker closes a channel at the first error"),
    ("amqp", "queue_consumer", "a consumer is made again on another channel"),
    ("amqp", "reactor", "the client library takes its socket and clock from us"),
    ("amqp", "replies", "replies are confirmed without holding up their handlers"),
    ("amqp", "reply_consumer", "replies come to an exclusive queue, made when a request is first sent"),
    ("amqp", "subscribers", "a mandatory message is returned where no queue is bound"),
    ("amqp", "subscription_declarations", "a subscription has an exchange, queues and bindings"),
    ("mqtt", "acks", "the codec of the client library takes an unknown reason code for a broken connection"),
    ("mqtt", "attempts", "the protocol counts no deliveries"),
    ("mqtt", "event_loop", "packets are written and read here and not by the client library"),
    ("mqtt", "inbound_queue", "the broker pushes, and a handler is slower"),
    ("mqtt", "listener", "a session and the shared connection are told of packets alike"),
    ("mqtt", "packet_ids", "what is in flight has a packet identifier"),
    ("mqtt", "packets", "packets are framed here and not by the client library"),
    ("mqtt", "probe", "a broker may end the connection over a message instead of refusing it"),
    ("mqtt", "reason_code", "acknowledgements have reason codes"),
    ("mqtt", "retained", "dead letters, attempts and the register are retained messages"),
    ("mqtt", "session", "a subscription has a session at the broker"),
    ("mqtt", "shared_connection", "what only counts while it lasts comes by one connection"),
    ("mqtt", "subscribers", "the broker keeps nothing for who has never subscribed"),
    ("mqtt", "suspects", "a request that breaks the connection has no acknowledgement"),
    ("mqtt", "topic_filters", "subscriptions are made anew with each connection"),
    ("nats", "job_queue", "jobs have a work queue of JetStream"),
    ("nats", "ack_subject", "a delivery is acknowledged by publishing to its subject"),
    (
        "nats",
        "client",
        "the protocol is spoken here and not by a client library, whose headers cost more than the rest",
    ),
    ("nats", "client/connection_task", "one task reads and writes the frames of a connection"),
    ("nats", "client/credentials", "a server is told of a user, a token, or a JWT with a signature"),
    ("nats", "client/frame", "frames are lines, and messages with a size"),
    ("nats", "client/frame/tests", "whatever comes is a frame or an error"),
    ("nats", "client/handshake", "a connection begins with INFO, CONNECT and a PING"),
    ("nats", "client/headers", "a message has a block of headers, and perhaps a status in it"),
    ("nats", "client/message", "messages are published and delivered by subjects"),
    ("nats", "client/outbound", "what many send at once is written at once"),
    ("nats", "client/server", "servers name others of their cluster"),
    ("nats", "client/shared_connection", "clients and the task of their connection share what is to be sent"),
    ("nats", "client/subscriber", "a client takes the messages of a subscription, and ends it"),
    ("nats", "client/subscriptions", "messages come by the number of a subscription"),
    ("nats", "client/transport", "who has little to send writes it without waking the task of the connection"),
    ("nats", "client/tests", "a server may say anything"),
    ("nats", "client_pull", "pull requests live as long as a client"),
    ("nats", "confirmations", "PubAcks and API responses come to one inbox"),
    ("nats", "core_subscription", "core NATS has subscriptions of clients, in queue groups"),
    ("nats", "declarations", "subscriptions and consumers have to be there with each connection"),
    ("nats", "done_jobs", "a server that was killed has jobs again that were acknowledged"),
    ("nats", "drop_oldest", "the client would drop the newest"),
    ("nats", "event_stream", "whether a publish is waited for depends on whether there is a stream"),
    ("nats", "inbox", "replies come to subjects below a prefix of each user"),
    ("nats", "jetstream_api", "JetStream is asked by requests"),
    ("nats", "jetstream_objects", "JetStream describes streams and consumers as JSON"),
    ("nats", "provision", "streams and durable consumers are created or verified"),
    ("nats", "pull_consumer", "JetStream delivers what is asked for"),
    ("nats", "recently_done", "a server that was killed delivers again what was acknowledged"),
    ("nats", "refusals", "the server refuses a subject beside everything else"),
    ("nats", "server_process", "acks are for the server that has delivered, as long as it has not started anew"),
    ("nats", "stream_config", "streams and consumers have configurations"),
    ("nats", "supervisor", "a client lives as long as its connection, and another one follows"),
    ("nats", "version", "some versions of the server lose events"),
];

/// The terms of the glossary in lower case: those in bold, with what stands in parentheses as terms of their own.
fn terms() -> BTreeSet<String> {
    let text = read("docs/glossary.md");
    let bold = text.split("\n- **").skip(1).filter_map(|entry| entry.split("**").next());
    let words = bold.flat_map(|entry| entry.split([',', '(', ')'])).map(|term| term.replace('`', ""));
    words.map(|term| term.trim().to_lowercase()).filter(|term| !term.is_empty()).collect()
}

/// Whether a sentence has a term as a word or words of its own, in the singular or plural.
fn names(sentence: &str, term: &str) -> bool {
    let plural = term.strip_suffix('y').map_or_else(|| format!("{term}s"), |stem| format!("{stem}ies"));
    [term.to_owned(), plural, format!("{term}es")].iter().any(|form| {
        sentence.match_indices(form.as_str()).any(|(start, _)| {
            let (before, after) =
                (sentence[..start].chars().next_back(), sentence[start + form.len()..].chars().next());
            ![before, after].into_iter().flatten().any(char::is_alphanumeric)
        })
    })
}

/// The first sentence of what documents an item.
fn first_sentence(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let text = lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    text.split_once(". ").map_or(text.as_str(), |(first, _)| first).to_owned()
}

/// The documented items of a file: the file itself, and its types.
fn documented(file: &str) -> Vec<(String, String)> {
    let parsed = syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let types = parsed.items.iter().filter_map(|item| match item {
        Item::Struct(item) => Some((&item.ident, &item.attrs)),
        Item::Enum(item) => Some((&item.ident, &item.attrs)),
        Item::Trait(item) => Some((&item.ident, &item.attrs)),
        Item::Type(item) => Some((&item.ident, &item.attrs)),
        _ => None,
    });
    let types = types.map(|(name, attributes)| (format!("{file}: {name}"), first_sentence(attributes)));
    std::iter::once((file.to_owned(), first_sentence(&parsed.attrs))).chain(types).collect()
}

#[test]
fn adapters_are_documented_in_the_terms_of_the_glossary() {
    let terms = terms();
    assert!(terms.contains("delivery tag") && terms.contains("ack"), "the glossary is read: {terms:?}");
    let mut broken = Vec::new();
    for folder in FOLDERS {
        for file in std::iter::once(format!("{folder}.rs")).chain(sources_below(folder)) {
            let unclear = documented(&file).into_iter().filter(|(_, sentence)| {
                let sentence = sentence.to_lowercase();
                !terms.iter().any(|term| names(&sentence, term))
            });
            broken.extend(unclear.map(|(item, sentence)| format!("{item}: {sentence:?}")));
        }
    }
    none("files and types of adapters whose first sentence has no term of docs/glossary.md", &broken);
}

#[test]
fn event_bridges_have_the_same_files_for_the_same_roles() {
    let mut broken = Vec::new();
    for bridge in BRIDGES {
        let folder = format!("runtime/src/bridge/{bridge}");
        let found: BTreeSet<String> = sources_below(&folder)
            .into_iter()
            .filter_map(|file| Some(file.strip_prefix(&*folder)?.trim_matches('/').strip_suffix(".rs")?.to_owned()))
            .collect();
        let own: Vec<&str> = OWN.iter().filter(|(of, ..)| of == bridge).map(|(_, file, _)| *file).collect();
        let missing = ROLES.iter().filter(|(file, _)| !found.contains(*file));
        broken.extend(missing.map(|(file, role)| format!("{folder}/{file}.rs is missing: {role}")));
        let gone = own.iter().filter(|file| !found.contains(**file));
        broken.extend(
            gone.map(|file| format!("{folder}/{file}.rs is in the list of {bridge}'s own files, and not there")),
        );
        let others = found.iter().filter(|file| !ROLES.iter().any(|(role, _)| role == file));
        let others = others.filter(|file| !own.contains(&file.as_str()));
        broken.extend(others.map(|file| format!("{folder}/{file}.rs has no role, and no reason of its own")));
    }
    none("files of event bridges by their roles", &broken);
}
