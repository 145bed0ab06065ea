//! Content at URLs: fetched once, verified, and only where a plan needs it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::bench::{Bench, Ran};
use crate::hostile::{Hostile, SelfSigned, head};
use crate::support::{Sim, wagon};

/// What stands at a path of a site.
#[derive(Clone)]
enum Page {
    /// Content.
    Holds(Vec<u8>),
    /// Content, after a first try that breaks off.
    BreaksOff(Vec<u8>),
    /// A status without content.
    Answers(&'static str),
    /// Another place.
    Moved(String),
    /// Bytes for as long as somebody listens.
    Endless,
}

/// A site that content is fetched from.
struct Site {
    address: SocketAddr,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    fn open() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Site { address: listener.local_addr().unwrap(), pages: Arc::default(), asked: Arc::default() };
        let (pages, asked) = (site.pages.clone(), site.asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (pages, asked) = (pages.clone(), asked.clone());
                thread::spawn(move || serve(stream, &pages, &asked));
            }
        });
        site
    }

    fn put(&self, path: &str, page: Page) {
        self.pages.lock().unwrap().insert(path.into(), page);
    }

    /// Puts content at a path, and gives its URL with its pin.
    fn holds(&self, path: &str, bytes: &[u8]) -> String {
        self.put(path, Page::Holds(bytes.to_vec()));
        self.pinned(path, &digest(bytes))
    }

    fn pinned(&self, path: &str, sha256: &str) -> String {
        format!("{}#sha256={sha256}", self.url(path))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for since the last call of this, in order.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

/// Answers one request and hangs up.
fn serve(mut stream: TcpStream, pages: &Mutex<BTreeMap<String, Page>>, asked: &Mutex<Vec<String>>) {
    let Some(head) = head(&mut stream) else { return };
    let path = head.split(' ').nth(1).unwrap().to_owned();
    assert!(head.starts_with("GET ") && !head.to_lowercase().contains("authorization"), "{head}");
    asked.lock().unwrap().push(path.clone());
    let page = pages.lock().unwrap().get(&path).cloned().unwrap_or(Page::Answers("404 Not Found"));
    let answer = |status: &str, header: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{header}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    };
    // Whoever has read enough hangs up.
    let _ = match page {
        Page::Holds(bytes) => stream.write_all(&answer("200 OK", "", &bytes)),
        Page::Answers(status) => stream.write_all(&answer(status, "", b"")),
        Page::Moved(to) => stream.write_all(&answer("302 Found", &format!("Location: {to}\r\n"), b"")),
        Page::BreaksOff(bytes) => {
            let whole = answer("200 OK", "", &bytes);
            pages.lock().unwrap().insert(path, Page::Holds(bytes));
            stream.write_all(&whole[..whole.len() - 1])
        }
        Page::Endless => {
            let head = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            head.and_then(|()| {
                loop {
                    stream.write_all(&[b'x'; 4096])?;
                }
            })
        }
    };
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        zip.start_file(*path, SimpleFileOptions::DEFAULT).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A blueprint that takes this input.
fn blueprint(input: &str) -> Vec<u8> {
    let text = format!(
        "tosca_definitions_version: cloudify_dsl_1_3\nimports: [cloudify/types/types.yaml]\n\
         inputs: {{ {input}: {{ default: 1 }} }}\nnode_templates: {{ base: {{ type: cloudify.nodes.Root }} }}\n"
    );
    zip(&[("router/blueprint.yaml", text.as_bytes())])
}

/// A plugin: a wagon and what blueprints import of it.
pub(crate) fn plugin() -> Vec<u8> {
    let document = "plugins: { lab: { executor: central_deployment_agent, package_name: lab-plugin } }";
    zip(&[("lab-1.0.wgn", &wagon("lab-plugin", "1.0", &[])), ("plugin.yaml", document.as_bytes())])
}

/// A manager, a site, and a workspace between them.
struct Lab {
    sim: Sim,
    site: Site,
    bench: Bench,
}

impl Lab {
    /// A blueprint at that path of the site, with one deployment of it.
    fn new(path: &str) -> Lab {
        let sim = Sim::start();
        let bench = Bench::of(&[("trueup.yaml", "workspace: lab\nsecrets: { pw: { env: PASSWORD } }\n")], &sim);
        let lab = Lab { sim, site: Site::open(), bench };
        lab.declare(&lab.site.holds(path, &blueprint("size")));
        lab
    }

    /// Declares a blueprint with this source, and its deployment.
    fn declare(&self, source: &str) {
        self.bench.write(
            "m.yaml",
            &format!(
                "
cloudify:
  m:
    at: https://manager.example/api/v3.1
    credentials: {{ username: admin, password: '${{secret.pw}}' }}
    blueprints: {{ router: {{ source: {source} }} }}
    deployments: {{ one: {{ blueprint_id: router, inputs: {{ size: 2 }} }} }}
"
            ),
        );
    }

    /// The writes that the manager was asked for since the last call of this.
    fn writes(&self) -> Vec<String> {
        let Value::Array(log) = self.sim.side_door("GET", "/requests", &Value::Null) else { unreachable!() };
        self.sim.side_door("DELETE", "/requests", &Value::Null);
        let line = |entry: &Value| format!("{} {}", entry["method"].as_str().unwrap(), entry["path"].as_str().unwrap());
        log.iter().map(line).filter(|line| !line.starts_with("GET ")).collect()
    }

    /// Demands that neither plan nor apply goes on, and that nothing is written.
    #[track_caller]
    fn refuses(&self, words: &[&str]) {
        self.refuses_with(words, &[]);
    }

    #[track_caller]
    fn refuses_with(&self, words: &[&str], variables: &[(&str, &str)]) {
        self.writes();
        for command in [&["plan"][..], &["apply", "--yes"]] {
            let output = self.bench.command(command).envs(variables.iter().copied()).output().unwrap();
            let mut ran = Ran::from(output).expect(1);
            // A long line is folded where it is shown.
            ran.err = ran.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
            words.iter().fold(ran, |ran, words| ran.says(words));
        }
        assert_eq!(self.writes(), [""; 0]);
    }

    /// Demands that nothing is left to do, and that nobody asks the site about it.
    #[track_caller]
    fn converged(&self) {
        self.site.asked();
        self.bench.run(&["plan", "--exit-code"]).expect(0);
        assert_eq!(self.site.asked(), [""; 0]);
    }

    /// Where the machine keeps content.
    fn kept(&self, bytes: &[u8]) -> PathBuf {
        self.bench.home().join(".cache/trueup/content").join(digest(bytes))
    }
}

#[test]
fn a_blueprint_and_a_plugin_are_fetched_once() {
    let lab = Lab::new("/router-1.zip");
    let plugin = lab.site.holds("/lab.zip", &plugin());
    lab.bench.edit(
        "m.yaml",
        "    deployments:",
        &format!(
            "    plugins: {{ lab: {{ package_name: lab-plugin, package_version: '1.0', source: '{plugin}' }} }}\n    \
             deployments:"
        ),
    );
    lab.bench.run(&["validate"]).expect(0).says("the content of 1 URL is not here");
    assert_eq!(lab.site.asked(), [""; 0], "reading asks nobody");
    let plan = lab.bench.run(&["plan", "--calls", "--out", "p.json"]).expect(0);
    plan.says(&format!("fetching `{}`", lab.site.url("/lab.zip"))).says(&format!("({}, ", lab.site.url("/lab.zip")));
    assert_eq!(lab.site.asked(), ["/lab.zip", "/router-1.zip"]);

    lab.bench.run(&["apply", "p.json", "--yes"]).expect(0);
    assert_eq!(lab.site.asked(), [""; 0], "what was fetched for the plan is kept");
    lab.converged();
    lab.bench.run(&["validate"]).expect(0);

    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let kept = lab.kept(&blueprint("size"));
    assert_eq!((mode(kept.clone()), mode(kept.parent().unwrap().into())), (0o600, 0o700));
}

#[test]
fn a_plan_that_changes_nothing_needs_no_content() {
    let lab = Lab::new("/router-1.zip");
    lab.bench.apply();
    fs::remove_dir_all(lab.bench.home().join(".cache")).unwrap();
    lab.converged();
    // What a deployment is to be changed to is checked against its blueprint, which is not sent again.
    lab.bench.edit("m.yaml", "size: 2", "size: 3");
    lab.bench.apply();
    assert_eq!(lab.site.asked(), ["/router-1.zip"]);
    assert_eq!(lab.writes().iter().filter(|line| line.contains("/blueprints/")).count(), 1, "it was sent once");
}

#[test]
fn another_pin_is_another_blueprint() {
    let lab = Lab::new("/router.zip");
    lab.bench.apply();
    let second = blueprint("size, other");
    lab.declare(&lab.site.holds("/router.zip", &second));
    lab.writes();
    lab.bench.run(&["plan"]).expect(0).says(&format!("router-{}", &digest(&second)[..12]));
    lab.bench.apply();
    let id = |bytes: &[u8]| format!("/api/v3.1/blueprints/router-{}", &digest(bytes)[..12]);
    let writes = lab.writes();
    let place = |line: String| writes.iter().position(|write| *write == line).unwrap_or_else(|| panic!("{writes:?}"));
    let (put, deleted) = (place(format!("PUT {}", id(&second))), place(format!("DELETE {}", id(&blueprint("size")))));
    let moved = writes.iter().position(|write| write.contains("/deployment-updates/one/")).unwrap();
    assert!(put < moved && moved < deleted, "{writes:?}");
    lab.converged();
}

#[test]
fn what_is_not_what_was_pinned_is_not_sent() {
    let lab = Lab::new("/router.zip");
    let (pinned, found) = (digest(b"what was meant"), digest(&blueprint("size")));
    lab.declare(&lab.site.pinned("/router.zip", &pinned));
    lab.refuses(&["not-fetched", "is not what was pinned", &pinned, &found, "m.yaml:6:", "look at what it holds"]);
    assert!(!lab.bench.home().join(".cache/trueup/content").exists(), "what is wrong is not kept");
}

#[test]
fn what_can_not_be_fetched_is_told_with_its_place() {
    let lab = Lab::new("/router.zip");
    let sha256 = digest(&blueprint("size"));
    for (status, words) in [
        ("404 Not Found", "the server answers 404"),
        ("403 Forbidden", "it is fetched without a login"),
        ("204 No Content", "the server answers 204"),
    ] {
        lab.site.put("/router.zip", Page::Answers(status));
        lab.refuses(&["not-fetched", words, "m.yaml:6:"]);
        assert_eq!(lab.site.asked(), ["/router.zip"; 2], "no answer gets better by asking again");
    }
    lab.site.put("/router.zip", Page::Moved("/router.zip".into()));
    lab.refuses(&["the server answers 302"]);
    assert_eq!(lab.site.asked(), ["/router.zip"; 2 * 11], "ten times further, and no more");
    lab.site.put("/endless", Page::Endless);
    lab.declare(&lab.site.pinned("/endless", &sha256));
    let limit = ("TRUEUP_MAX_FILE_BYTES", "65536");
    lab.refuses_with(&["the answer is larger than 65536 bytes", "TRUEUP_MAX_FILE_BYTES"], &[limit]);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_asked() {
    let lab = Lab::new("/router.zip");
    let server = Hostile::over_tls(&SelfSigned::for_name("127.0.0.1"), |_| unreachable!("it got a request"));
    lab.declare(&format!("{}#sha256={}", server.url("/router.zip"), digest(b"router")));
    lab.refuses(&["the server's TLS certificate was refused", "or write `http`"]);
}

#[test]
fn what_breaks_off_is_fetched_again_and_what_has_moved_is_followed() {
    let lab = Lab::new("/router.zip");
    let bytes = blueprint("size");
    lab.site.put("/router.zip", Page::Moved("/mirror/router.zip".into()));
    lab.site.put("/mirror/router.zip", Page::BreaksOff(bytes.clone()));
    lab.bench.apply();
    let twice = ["/mirror/router.zip", "/mirror/router.zip", "/router.zip", "/router.zip"];
    assert_eq!(lab.site.asked(), twice);
    lab.converged();
}

#[test]
fn inputs_are_checked_once_the_blueprint_is_here() {
    let lab = Lab::new("/router.zip");
    lab.bench.edit("m.yaml", "size: 2", "sise: 2");
    // Nobody knows yet what it declares.
    lab.bench.run(&["validate"]).expect(0).says("`trueup plan` checks what depends on it");
    lab.refuses(&["undeclared-input", "declares no `sise`", "m.yaml:7:", "did you mean `size`?"]);
    // Now it is kept.
    lab.bench.run(&["validate"]).expect(3).says("declares no `sise`");
    lab.bench.edit("m.yaml", "sise: 2", "size: 2");
    lab.bench.run(&["validate"]).expect(0);
    lab.bench.apply();
}

#[test]
fn what_is_kept_is_used_and_verified() {
    let lab = Lab::new("/router.zip");
    let bytes = blueprint("size");
    lab.bench.run(&["plan"]).expect(0);
    assert_eq!(lab.site.asked(), ["/router.zip"]);
    lab.bench.run(&["plan"]).expect(0);
    assert_eq!(lab.site.asked(), [""; 0]);
    fs::write(lab.kept(&bytes), b"damaged").unwrap();
    lab.bench.run(&["plan"]).expect(0);
    assert_eq!(lab.site.asked(), ["/router.zip"]);
    assert_eq!(fs::read(lab.kept(&bytes)).unwrap(), bytes);
    // A machine that can keep nothing fetches for each run.
    fs::remove_dir_all(lab.bench.home().join(".cache")).unwrap();
    fs::write(lab.bench.home().join(".cache"), "no folder").unwrap();
    lab.bench.apply();
    assert_eq!(lab.site.asked(), ["/router.zip"]);
    lab.converged();
}

#[test]
fn a_drift_report_fetches_nothing() {
    let lab = Lab::new("/router.zip");
    // Nothing was ever applied: that is no all-clear.
    lab.bench.run(&["drift", "--format", "json"]).expect(32);
    lab.bench.run(&["graph"]).expect(0);
    assert_eq!(lab.site.asked(), [""; 0]);
}
