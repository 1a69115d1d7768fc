//! Who a client of NATS is: a user with a password, a token, or a credentials file.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde::Serialize;

/// The user, token or credentials file by which a server knows a client, beside its certificate.
#[derive(Default)]
pub(crate) struct Authentication {
    pub(crate) name: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) credentials: Option<UserCredentials>,
}

/// The content of a credentials file: the JWT of a user, and the key that it names.
pub(crate) struct UserCredentials {
    jwt: String,
    key: KeyPair,
}

impl UserCredentials {
    /// Reads the content of a `.creds` file: two blocks between lines of dashes, the JWT and the seed of the key. Says
    /// what is wrong with it, and nothing of what is in it.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        let mut blocks = text.split("-----BEGIN ").skip(1).map(|block| {
            let content = block.split_once("-----").map_or("", |(_, content)| content);
            content.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("---")).unwrap_or_default()
        });
        let jwt = blocks.next().filter(|jwt| !jwt.is_empty()).ok_or("it has no JWT of a user")?;
        let seed = blocks.next().filter(|seed| !seed.is_empty()).ok_or("it has no seed of a key")?;
        let key = KeyPair::from_seed(seed).map_err(|_| "the seed of its key is none")?;
        Ok(Self { jwt: jwt.to_owned(), key })
    }
}

/// The part of CONNECT that says who a client of NATS is.
#[derive(Default, Serialize)]
pub(super) struct Identification<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pass: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<&'a str>,
    /// The server's nonce, signed.
    #[serde(skip_serializing_if = "Option::is_none", rename = "sig")]
    signature: Option<String>,
}

impl Authentication {
    /// As CONNECT has it, for a server that asks to sign this.
    pub(super) fn identify(&self, nonce: &str) -> Result<Identification<'_>, &'static str> {
        let mut says = Identification {
            user: self.name.as_deref(),
            pass: self.password.as_deref(),
            auth_token: self.token.as_deref(),
            ..Identification::default()
        };
        if let Some(UserCredentials { jwt, key }) = &self.credentials {
            let signature = key.sign(nonce.as_bytes()).map_err(|_| "the nonce of the server cannot be signed")?;
            (says.jwt, says.signature) = (Some(&**jwt), Some(URL_SAFE_NO_PAD.encode(signature)));
        }
        Ok(says)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(jwt: &str, seed: &str) -> String {
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n*** IMPORTANT ***\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }

    #[test]
    fn the_key_of_a_file_signs_for_its_user() {
        let key = KeyPair::new_user();
        let text = file("a.b.c", &key.seed().unwrap()).replace('\n', "\r\n");
        let authentication =
            Authentication { credentials: Some(UserCredentials::read(&text).unwrap()), ..Authentication::default() };
        let says = authentication.identify("nonce").unwrap();
        let signature = URL_SAFE_NO_PAD.decode(says.signature.unwrap()).unwrap();
        assert_eq!(says.jwt, Some("a.b.c"));
        key.verify(b"nonce", &signature).unwrap();
    }

    #[test]
    fn what_is_no_file_is_said_and_not_shown() {
        for text in ["", "hidden", &file("hidden", "hidden"), &file("", "hidden"), "-----BEGIN NATS USER JWT-----"] {
            let wrong = UserCredentials::read(text).map(drop).unwrap_err();
            assert!(!wrong.contains("hidden"), "{wrong}");
        }
    }
}
