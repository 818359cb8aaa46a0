//! What is between us and the server.

use std::path::Path;
use std::process::Command;

use store::Store;
use store::testing::Server;

/// Makes a certificate by itself, for a name; says the certificate and its key.
fn certificate(folder: &Path, name: &str) -> Option<(String, String)> {
    let file = |kind: &str| folder.join(format!("{name}.{kind}")).to_str().unwrap().to_owned();
    let (certificate, key) = (file("crt"), file("key"));
    let subject = format!("/CN={name}");
    let alternative = format!("subjectAltName=DNS:{name}");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &subject, "-addext", &alternative, "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    match made {
        Ok(made) => assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr)),
        Err(_) => {
            let strict = ["CI", "FERVOR_STRICT"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!strict, "openssl is not installed: apt-get install openssl");
            return None;
        }
    }
    Some((certificate, key))
}

/// Whether the connections of a store are in cipher, as the server says.
fn ciphered(address: &str, watch: &mut postgres::Client) -> Result<bool, String> {
    let _store = Store::open(address).map_err(|error| error.to_string())?;
    let asked = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'fervor'
        AND backend_start = (SELECT max(backend_start) FROM pg_stat_activity WHERE application_name = 'fervor')";
    Ok(watch.query_one(asked, &[]).unwrap().get(0))
}

#[test]
fn with_a_cipher() {
    let folder = tempfile::tempdir().unwrap();
    let Some((ours, key)) = certificate(folder.path(), "localhost") else { return };
    let (others, _) = certificate(folder.path(), "example.org").unwrap();
    let Some(mut server) = Server::start() else { return };
    let ip = server.database("ciphered");
    let name = ip.replace("127.0.0.1", "localhost");
    let mut watch = crate::client(&ip);
    assert_eq!(ciphered(&ip, &mut watch), Ok(false), "a server that has none is taken as it is");
    let error = ciphered(&format!("{ip}?sslmode=require"), &mut watch).unwrap_err();
    assert!(error.ends_with("server does not support TLS"), "{error}");

    server.put("server.crt", &std::fs::read_to_string(&ours).unwrap());
    server.put("server.key", &std::fs::read_to_string(&key).unwrap());
    watch.batch_execute("ALTER SYSTEM SET ssl = on").unwrap();
    server.stop();
    server.resume();
    let mut watch = crate::client(&ip);
    for (address, rest, expected) in [
        (&ip, String::new(), Ok(true)),
        (&ip, "?sslmode=disable".into(), Ok(false)),
        (&ip, "?sslmode=require".into(), Ok(true)),
        (&name, format!("?sslmode=verify-full&sslrootcert={ours}"), Ok(true)),
        (&name, format!("?sslmode=require&sslrootcert={ours}"), Ok(true)),
        (&ip, format!("?sslmode=verify-full&sslrootcert={ours}"), Err("not valid for name")),
        (&name, format!("?sslmode=verify-full&sslrootcert={others}"), Err("UnknownIssuer")),
        (&name, format!("?sslmode=require&sslrootcert={others}"), Err("UnknownIssuer")),
        (&name, "?sslmode=verify-full&sslrootcert=/no/such".into(), Err("`/no/such`: No such file")),
        (&name, format!("?sslmode=verify-full&sslrootcert={key}"), Err("there is none that can be read")),
    ] {
        let found = ciphered(&format!("{address}{rest}"), &mut watch);
        match (&found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(*found, expected, "{rest}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{rest}: {found}"),
            _ => panic!("{rest}: {found:?}"),
        }
    }
}
