//! A plain client of an MQTT broker.

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions};

use super::{CONTENT_TYPE, Call};

pub(super) async fn publish(url: &str, subject: &str, attributes: &[(&str, &str)], body: &str) {
    send(url, subject, body, with(attributes)).await;
}

pub(super) async fn call(url: &str, call: &Call<'_>) {
    let properties = PublishProperties {
        response_topic: Some(call.reply_to.to_owned()),
        correlation_data: Some("raw".into()),
        ..with(call.attributes)
    };
    send(url, call.subject, call.body, properties).await;
}

fn with(attributes: &[(&str, &str)]) -> PublishProperties {
    let (kinds, attributes): (Vec<_>, Vec<_>) = attributes.iter().partition(|(name, _)| *name == CONTENT_TYPE);
    let content_type = kinds.first().map_or("application/json", |(_, kind)| kind);
    let user_properties = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    PublishProperties { content_type: Some(content_type.to_owned()), user_properties, ..PublishProperties::default() }
}

async fn send(url: &str, subject: &str, body: &str, properties: PublishProperties) {
    let port = url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse::<u16>().ok());
    let options = MqttOptions::new("raw", ("127.0.0.1", port.expect("a port")));
    let (client, mut events) = AsyncClient::builder(options).capacity(4).build();
    let options = PublishOptions::new(QoS::AtLeastOnce).properties(properties);
    client.publish(subject.replace('.', "/"), body.to_owned(), options).await.expect("queued");
    while !matches!(events.poll().await.expect("a connection"), Event::Incoming(Packet::PubAck(_))) {}
}
