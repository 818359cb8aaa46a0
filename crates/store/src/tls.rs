//! What is between us and a server: nothing, a cipher, or a cipher and the certainty of who it is.
//!
//! | `sslmode`             |                                                                                    |
//! |-----------------------|------------------------------------------------------------------------------------|
//! | `disable`             | nothing                                                                            |
//! | `prefer`, the default | a cipher if the server can; who it is, is not looked at                            |
//! | `require`             | a cipher; who it is, is looked at if `sslrootcert` says by whom it has to be known |
//! | `verify-full`         | a cipher, with a certificate that is valid for the name in the address             |
//!
//! `allow` is taken for `prefer`, and `verify-ca` for `verify-full`: each for the next that is stricter.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fs, io};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use crate::error::{Error, Result};

/// What an address says of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) mode: SslMode,
    /// By whom the server has to be known, if anybody: a file, or `system`.
    roots: Option<String>,
}

/// Takes from an address what is said of ciphers: the rest is what `tokio_postgres` reads.
pub(crate) fn wish(url: &str) -> Result<(String, Wish)> {
    // A password may have a question mark, as long as it stands before the `@`.
    let begin = url.find('@').unwrap_or(0);
    let Some(mark) = url[begin..].find('?').map(|mark| begin + mark) else {
        return Ok((url.to_owned(), Wish { mode: SslMode::Prefer, roots: None }));
    };
    let (mut mode, mut roots, mut rest) = ("prefer", None, Vec::new());
    for parameter in url[mark + 1..].split('&') {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = value,
            Some(("sslrootcert", value)) => roots = Some(decoded(value)),
            _ => rest.push(parameter),
        }
    }
    let (mode, roots) = match mode {
        "disable" => (SslMode::Disable, None),
        "allow" | "prefer" => (SslMode::Prefer, None),
        "require" => (SslMode::Require, roots),
        "verify-ca" | "verify-full" => (SslMode::Require, Some(roots.unwrap_or_else(|| "system".into()))),
        other => {
            let message = format!("sslmode is `{other}`: give `disable`, `prefer`, `require` or `verify-full`");
            return Err(Error::Refused(message));
        }
    };
    let question = if rest.is_empty() { "" } else { "?" };
    Ok((format!("{}{question}{}", &url[..mark], rest.join("&")), Wish { mode, roots }))
}

/// Without the escapes of an address; what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        let escape = rest.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        let escape = escape.filter(|_| *first == b'%');
        bytes.push(escape.unwrap_or(*first));
        left = if escape.is_some() { &rest[2..] } else { rest };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Makes the cipher.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    pub(crate) fn new(wish: &Wish) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let config = config.map_err(|error| Error::Broken(error.to_string()))?;
        let mut config = match &wish.roots {
            Some(roots) => config.with_root_certificates(known_by(roots)?).with_no_client_auth(),
            None => {
                let anyone = Arc::new(Anyone(provider));
                config.dangerous().with_custom_certificate_verifier(anyone).with_no_client_auth()
            }
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

fn known_by(roots: &str) -> Result<RootCertStore> {
    let refused = |why: String| Error::Refused(format!("the certificates of sslrootcert `{roots}`: {why}"));
    let certificates = match roots {
        "system" => rustls_native_certs::load_native_certs().certs,
        file => {
            let pem = fs::read(Path::new(file)).map_err(|error| refused(error.to_string()))?;
            let read = CertificateDer::pem_slice_iter(&pem).collect::<std::result::Result<Vec<_>, _>>();
            read.map_err(|error| refused(error.to_string()))?
        }
    };
    let mut store = RootCertStore::empty();
    match store.add_parsable_certificates(certificates) {
        (0, _) => Err(refused("there is none that can be read".into())),
        _ => Ok(store),
    }
}

/// Takes every certificate, as `prefer` and `require` do; that the server has the key of it is looked at.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Stream<S>;
    type TlsConnect = Connect;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, domain: &str) -> std::result::Result<Connect, Self::Error> {
        Ok(Connect { config: self.0.clone(), name: ServerName::try_from(domain.to_owned())? })
    }
}

/// One attempt.
#[derive(Debug)]
pub(crate) struct Connect {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connect {
    type Stream = Stream<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Stream<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connecting = tokio_rustls::TlsConnector::from(self.config).connect(self.name, stream);
        Box::pin(async { connecting.await.map(Stream) })
    }
}

/// A stream in cipher.
#[derive(Debug)]
pub(crate) struct Stream<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says() {
        let prefer = || Wish { mode: SslMode::Prefer, roots: None };
        let require = |roots: Option<&str>| Wish { mode: SslMode::Require, roots: roots.map(Into::into) };
        for (rest, left, expected) in [
            ("", "", prefer()),
            ("?sslmode=disable", "", Wish { mode: SslMode::Disable, roots: None }),
            ("?sslmode=allow&sslrootcert=x", "", prefer()),
            (
                "?application_name=a&sslmode=require&connect_timeout=3",
                "?application_name=a&connect_timeout=3",
                require(None),
            ),
            ("?sslmode=require&sslrootcert=/a%20b%2fc%", "", require(Some("/a b/c%"))),
            ("?sslrootcert=x&sslmode=verify-ca", "", require(Some("x"))),
            ("?sslmode=verify-full", "", require(Some("system"))),
        ] {
            let url = "postgres://ada:se?cret@host/name";
            assert_eq!(wish(&format!("{url}{rest}")).unwrap(), (format!("{url}{left}"), expected));
        }
        let error = wish("postgres://ada:secret@host/name?sslmode=maybe").unwrap_err().to_string();
        assert!(error.ends_with("sslmode is `maybe`: give `disable`, `prefer`, `require` or `verify-full`"), "{error}");
        assert!(!error.contains("secret"));
    }
}
