//! A plain client of an MQTT broker.

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions};

pub(super) async fn publish(url: &str, subject: &str, attributes: &[(&str, &str)], body: &str) {
    let port = url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse::<u16>().ok());
    let options = MqttOptions::new("raw", ("127.0.0.1", port.expect("a port")));
    let (client, mut events) = AsyncClient::builder(options).capacity(4).build();
    let user_properties = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let properties = PublishProperties {
        content_type: Some("application/json".to_owned()),
        user_properties,
        ..PublishProperties::default()
    };
    let options = PublishOptions::new(QoS::AtLeastOnce).properties(properties);
    client.publish(subject.replace('.', "/"), body.to_owned(), options).await.expect("queued");
    while !matches!(events.poll().await.expect("a connection"), Event::Incoming(Packet::PubAck(_))) {}
}
