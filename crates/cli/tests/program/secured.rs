//! TLS both ways and credentials files, of the application and of the system account, from `aegis router`
//! to a call that is answered.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use aegis_bus::{ClientCertificate, TlsOptions};
use aegis_client::{Client, Context, HandlerError, Safety, Service};
use aegis_testkit::NatsServer;
use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer};
use serde_json::{Value, json};

use crate::harness::{Running, aegis, finished, text, wait_for};

fn private_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    path
}

/// `ca.pem`, and a certificate with its key for each of these names.
fn certify(folder: &Path, names: &[&str]) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "authority");
    let key = rcgen::KeyPair::generate().unwrap();
    private_file(folder, "ca.pem", &params.self_signed(&key).unwrap().pem());
    let issuer = Issuer::new(params, key);
    for name in names {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, *name);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        private_file(folder, &format!("{name}-cert.pem"), &certificate.pem());
        private_file(folder, &format!("{name}-key.pem"), &key.serialize_pem());
    }
}

fn jwt(issuer: &KeyPair, subject: &str, nats: &Value) -> String {
    let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
    let claims = json!({
        "jti": subject, "iat": 1_700_000_000, "iss": issuer.public_key(), "name": "test",
        "sub": subject, "nats": nats,
    });
    let header = json!({"typ": "JWT", "alg": "ed25519-nkey"});
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = issuer.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}

/// The credentials file of a new user of this account.
fn credentials(account: &KeyPair, folder: &Path, name: &str) -> PathBuf {
    let keys = KeyPair::new_user();
    let nats = json!({"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1});
    let jwt = jwt(account, &keys.public_key(), &nats);
    let text = format!(
        "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        keys.seed().unwrap()
    );
    private_file(folder, name, &text)
}

/// Of a server that knows two accounts of one operator, and asks everybody for a certificate.
fn config(app: &KeyPair, system: &KeyPair) -> String {
    let operator = KeyPair::new_operator();
    let nats = json!({"type": "operator", "version": 2});
    let of_operator = jwt(&operator, &operator.public_key(), &nats);
    let nats = json!({"type": "account", "version": 2, "limits": {
        "subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1,
        "data": -1, "payload": -1, "wildcards": true,
    }});
    let account = |keys: &KeyPair| {
        let of = keys.public_key();
        format!("{of}: {}", jwt(&operator, &of, &nats))
    };
    format!(
        "tls {{ cert_file: server-cert.pem, key_file: server-key.pem, ca_file: ca.pem, verify: true }}\n\
         operator: {of_operator}\nsystem_account: {}\nresolver: MEMORY\n\
         resolver_preload: {{\n{}\n{}\n}}",
        system.public_key(),
        account(app),
        account(system)
    )
}

fn greeter() -> Service {
    async fn greet(_: Context, name: String) -> Result<String, HandlerError> {
        Ok(format!("hello {name}"))
    }
    Service::new("greeter").method("greet", Safety::Idempotent, greet)
}

#[test]
fn a_call_under_tls_both_ways_with_credentials_files_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path(), &["server", "client"]);
    let (app, system) = (KeyPair::new_account(), KeyPair::new_account());
    let Some(server) = NatsServer::start_in(folder, &config(&app, &system)) else {
        return;
    };
    let files = server.folder();
    let file = |name: &str| files.join(name);
    let app_creds = credentials(&app, files, "app.creds");
    let system_creds = credentials(&system, files, "system.creds");
    let url = format!("tls://127.0.0.1:{}", server.port());
    let (ca, certificate, key) = (
        file("ca.pem"),
        file("client-cert.pem"),
        file("client-key.pem"),
    );
    let tls = [
        "--tls-ca",
        text(&ca),
        "--tls-cert",
        text(&certificate),
        "--tls-key",
        text(&key),
    ];

    let own = tempfile::tempdir().unwrap();
    let mut command = aegis(&["router", "--no-config", "-o", "json"]);
    command
        .args(["--admin", "127.0.0.1:0", "--nats", &url])
        .args(["--system-creds", text(&system_creds)])
        .args(tls)
        .env("NATS_CREDS", &app_creds)
        .arg("--data-dir")
        .arg(own.path().join("state"));
    let router = Running::start(&mut command, own);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let builder = Client::builder()
        .credentials_file(&app_creds)
        .tls(TlsOptions {
            ca_file: Some(ca.clone()),
            client_certificate: Some(ClientCertificate {
                certificate_file: certificate.clone(),
                key_file: key.clone(),
            }),
            first: false,
        });
    let client = runtime.block_on(builder.connect(&url)).unwrap();
    let _serving = runtime.block_on(client.serve(greeter())).unwrap();
    let answer = runtime.block_on(client.call::<_, String>("greeter", "greet", "Ada"));
    assert_eq!(answer.unwrap(), "hello Ada");
    wait_for("disconnect events", || {
        let info = runtime.block_on(client.router_info()).ok()?;
        (info.evidence == "disconnect_events").then_some(())
    });
    // A command says the same of itself.
    let mut list = aegis(&["service", "ls", "--no-config", "-s", &url]);
    let listed = finished(list.args(tls).env("NATS_CREDS", &app_creds));
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains("greeter"), "{}", listed.stdout);
    // Who has the credentials and no certificate is not let in.
    let mut list = aegis(&["service", "ls", "--no-config", "-s", &url]);
    let refused = finished(
        list.args(["--tls-ca", text(&ca)])
            .env("NATS_CREDS", &app_creds),
    );
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    let said = router.stderr();
    assert!(!said.contains("SEED") && !said.contains("eyJ"), "{said}");
}
