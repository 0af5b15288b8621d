//! Sources of revisions against real repositories, made by the `git` program.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use weft_model::{Code, Content, SignatureKind};

use super::{RevisionSource, open};

mod composed;

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let full = folder.join(path);
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    std::fs::write(full, content).unwrap();
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "change"]);
}

fn mesh(folder: &Path) {
    write(folder, "products/air/domain.yaml", "domain: air\n");
    write(folder, "products/air/flights/data/seed.csv", "a\n1\n");
    write(folder, "products/air/flights/about.md", [b'a', 0xff]);
    write(folder, "products/air/flights/transforms/big.sql", vec![b' '; 3 * 1024 * 1024]);
    write(folder, "governance/model.conf", "[model]\n");
    write(folder, "platform/secret.yaml", "not: ours\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", folder.join("products/air/link.yaml")).unwrap();
}

fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    mesh(folder.path());
    commit(folder.path());
    folder
}

fn opened(mesh: &str) -> (Box<dyn RevisionSource>, TempDir) {
    let mirrors = TempDir::new().unwrap();
    (open(mesh, mirrors.path()).unwrap(), mirrors)
}

#[track_caller]
fn holds_the_mesh(source: &dyn RevisionSource) {
    let revision = source.newest().unwrap();
    let tree = source.tree(&revision).unwrap();
    let paths: Vec<&str> = tree.files().map(|(path, _)| path).collect();
    let wanted = [
        "governance/model.conf",
        "products/air/domain.yaml",
        "products/air/flights/about.md",
        "products/air/flights/data/seed.csv",
        "products/air/flights/transforms/big.sql",
        "products/air/link.yaml",
    ];
    assert_eq!(paths, wanted);
    let content = |path: &str| tree.file(path).unwrap().content.clone();
    assert_eq!(content("products/air/domain.yaml"), Content::Text("domain: air\n".into()));
    assert_eq!(content("products/air/flights/about.md"), Content::NotUtf8 { valid_up_to: 1 });
    assert_eq!(content("products/air/flights/data/seed.csv"), Content::Data);
    assert_eq!(content("products/air/flights/transforms/big.sql"), Content::TooLarge);
    assert_eq!(content("products/air/link.yaml"), Content::Link);
    assert_eq!(source.read(&revision, "products/air/flights/data/seed.csv").unwrap(), b"a\n1\n");
    for path in ["products/air/none.csv", "products/air/link.yaml", "products/air"] {
        assert_eq!(source.read(&revision, path).unwrap_err().code(), Code::FILE_MISSING, "{path}");
    }
}

#[test]
fn a_work_tree_shows_what_is_committed_and_nothing_else() {
    let folder = repository();
    write(folder.path(), "products/air/domain.yaml", "domain: edited\n");
    write(folder.path(), "products/air/new.yaml", "new: file\n");
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    holds_the_mesh(&*source);

    let before = source.newest().unwrap();
    commit(folder.path());
    let after = source.newest().unwrap();
    assert_ne!(before, after);
    assert_eq!(&**source.tree(&after).unwrap().text("products/air/domain.yaml").unwrap(), "domain: edited\n");
    assert_eq!(&**source.tree(&before).unwrap().text("products/air/domain.yaml").unwrap(), "domain: air\n");
}

#[test]
fn a_commit_says_who_made_it_and_with_what_it_is_signed() {
    let folder = repository();
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    let made = |source: &dyn RevisionSource| source.commit(&source.newest().unwrap()).unwrap().unwrap();
    let commit = made(&*source);
    assert_eq!((commit.author.as_str(), commit.signature), ("Ana <ana@example.com>", None));

    let head = |format: &str| {
        let output = Command::new("git").args(["log", "-1", format]).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(commit.at.timestamp().to_string(), head("--format=%ct"));
    let tree = head("--format=%T");
    for (begins, kind) in [
        ("-----BEGIN PGP SIGNATURE-----", SignatureKind::OpenPgp),
        ("-----BEGIN SSH SIGNATURE-----", SignatureKind::Ssh),
        ("-----BEGIN SIGNED MESSAGE-----", SignatureKind::X509),
        ("me", SignatureKind::Other),
    ] {
        let text = format!(
            "tree {tree}\nauthor An\u{7}a <a@example.com> 1700000000 +0100\ncommitter Bo <b@example.com> 1700000001 +0000\n\
             gpgsig {begins}\n abc\n\nsigned\n"
        );
        write(folder.path(), ".git/signed", text);
        git(folder.path(), &["hash-object", "-t", "commit", "-w", ".git/signed"]);
        let id = Command::new("git")
            .args(["hash-object", "-t", "commit", ".git/signed"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        git(folder.path(), &["reset", "--quiet", "--hard", String::from_utf8(id.stdout).unwrap().trim()]);
        let commit = made(&*source);
        assert_eq!((commit.author.as_str(), commit.at.timestamp()), ("Ana <a@example.com>", 1_700_000_001));
        assert_eq!(commit.signature, Some(kind), "{begins}");
    }

    let plain = TempDir::new().unwrap();
    mesh(plain.path());
    let (directory, _mirrors) = opened(plain.path().to_str().unwrap());
    assert_eq!(directory.commit(&directory.newest().unwrap()).unwrap(), None);
}

#[test]
fn commits_stay_readable_after_git_has_packed_them() {
    let folder = repository();
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    let before = source.newest().unwrap();
    git(folder.path(), &["gc", "--quiet", "--prune=now"]);
    source.tree(&before).unwrap();
    write(folder.path(), "products/air/domain.yaml", "domain: later\n");
    commit(folder.path());
    git(folder.path(), &["gc", "--quiet", "--prune=now"]);
    assert_ne!(source.newest().unwrap(), before);
}

#[test]
fn a_mesh_may_be_a_folder_of_a_work_tree() {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    mesh(&folder.path().join("data/mesh"));
    commit(folder.path());
    let (source, _mirrors) = opened(folder.path().join("data/mesh").to_str().unwrap());
    holds_the_mesh(&*source);
}

#[test]
fn a_bare_repository_and_a_url_show_the_same() {
    let folder = repository();
    let bare = TempDir::new().unwrap();
    let bare = bare.path().join("mesh.git");
    git(folder.path(), &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let (source, _mirrors) = opened(bare.to_str().unwrap());
    holds_the_mesh(&*source);

    let (source, _mirrors) = opened(&format!("file://{}", bare.display()));
    holds_the_mesh(&*source);
    let before = source.newest().unwrap();

    git(folder.path(), &["checkout", "--quiet", "-b", "next"]);
    write(folder.path(), "products/air/domain.yaml", "domain: next\n");
    commit(folder.path());
    git(folder.path(), &["push", "--quiet", bare.to_str().unwrap(), "next"]);
    assert_eq!(source.newest().unwrap(), before, "the default branch has not moved");

    let (next, _mirrors) = opened(&format!("file://{}#next", bare.display()));
    let revision = next.newest().unwrap();
    assert_eq!(&**next.tree(&revision).unwrap().text("products/air/domain.yaml").unwrap(), "domain: next\n");

    git(folder.path(), &["push", "--quiet", bare.to_str().unwrap(), "next:main"]);
    assert_eq!(source.newest().unwrap(), revision);
    source.tree(&before).unwrap();

    let (none, _mirrors) = opened(&format!("file://{}#none", bare.display()));
    assert!(none.newest().unwrap_err().to_string().contains("has no branch `none`"));
}

#[test]
fn a_repository_without_a_commit_says_so() {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    mesh(folder.path());
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    let error = source.newest().unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_UNAVAILABLE);
    assert!(error.to_string().contains("has no commit yet"), "{error}");
}

#[test]
fn a_directory_is_known_by_its_content() {
    let folder = TempDir::new().unwrap();
    mesh(folder.path());
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    holds_the_mesh(&*source);
    let before = source.newest().unwrap();
    assert!(before.as_str().starts_with("dir-"));
    write(folder.path(), "platform/secret.yaml", "changed: true\n");
    assert_eq!(source.newest().unwrap(), before);

    write(folder.path(), "products/air/domain.yaml", "domain: edited\n");
    assert_ne!(source.newest().unwrap(), before);
    let error = source.tree(&before).unwrap_err();
    assert!(error.to_string().contains("moved on"), "{error}");
    assert_eq!(error.code(), Code::SOURCE_UNAVAILABLE);

    write(folder.path(), "products/air/domain.yaml", "domain: air\n");
    assert_eq!(source.newest().unwrap(), before);
}

#[test]
fn what_is_not_there_is_an_error_and_not_a_panic() {
    let folder = TempDir::new().unwrap();
    let mirrors = folder.path().join("mirrors");
    for mesh in ["none", "", folder.path().to_str().unwrap()] {
        assert_eq!(open(mesh, &mirrors).unwrap_err().code(), Code::SOURCE_UNAVAILABLE, "{mesh}");
    }
    for url in ["file:///none/at/all.git", "https://127.0.0.1:1/x.git", "nowhere.git"] {
        let source = open(url, &mirrors).unwrap();
        assert_eq!(source.newest().unwrap_err().code(), Code::SOURCE_UNAVAILABLE, "{url}");
    }
    let source = open("https://ana:secret@127.0.0.1:1/x.git", &mirrors).unwrap();
    let error = source.newest().unwrap_err();
    assert!(!format!("{error} {error:?} {source:?} {}", source.describe()).contains("secret"));
}

#[test]
fn a_folder_that_is_not_committed_is_no_empty_mesh() {
    let folder = repository();
    mesh(&folder.path().join("other"));
    let (source, _mirrors) = opened(folder.path().join("other").to_str().unwrap());
    let error = source.tree(&source.newest().unwrap()).unwrap_err();
    assert!(error.to_string().contains("holds no mesh at revision"), "{error}");
}

#[test]
fn a_directory_that_is_gone_is_no_empty_mesh() {
    let folder = TempDir::new().unwrap();
    mesh(folder.path());
    let (source, _mirrors) = opened(folder.path().to_str().unwrap());
    let revision = source.newest().unwrap();
    std::fs::remove_dir_all(folder.path().join("products")).unwrap();
    assert!(matches!(source.newest(), Err(super::SourceError::NoMesh { .. })));
    assert!(source.tree(&revision).is_err());
}

/// A repository whose branch `main` is also behind a URL, and what is mirrored of that.
fn behind_url() -> (TempDir, std::path::PathBuf, Box<dyn RevisionSource>, TempDir) {
    let folder = repository();
    git(folder.path(), &["branch", "other"]);
    write(folder.path(), "products/air/domain.yaml", "domain: air\nowner: air-team\n");
    commit(folder.path());
    let bare = folder.path().join("bare.git");
    git(folder.path(), &["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    git(folder.path(), &["remote", "add", "origin", bare.to_str().unwrap()]);
    let (source, mirrors) = opened(&format!("file://{}#main", bare.display()));
    (folder, bare, source, mirrors)
}

#[test]
fn a_history_that_was_written_anew_is_held_until_somebody_says_that_it_is_meant() {
    let (folder, bare, source, mirrors) = behind_url();
    let before = source.newest().unwrap();
    git(folder.path(), &["commit", "--quiet", "--amend", "--message", "another"]);
    git(folder.path(), &["push", "--quiet", "--force", "origin", "HEAD:main"]);
    let url = format!("file://{}#main", bare.display());
    for source in [source, open(&url, mirrors.path()).unwrap()] {
        let error = source.newest().unwrap_err();
        assert!(error.is_of_remote() && error.to_string().contains("was written anew"), "{error}");
        assert_eq!(error.code(), Code::SOURCE_UNAVAILABLE);
        source.tree(&before).unwrap();
    }
    let (elsewhere, _mirrors) = opened(&url);
    elsewhere.newest().unwrap();

    git(folder.path(), &["merge", "--quiet", "--strategy", "ours", "--message", "meant", before.as_str()]);
    git(folder.path(), &["push", "--quiet", "origin", "HEAD:main"]);
    let source = open(&url, mirrors.path()).unwrap();
    let after = source.newest().unwrap();
    assert_ne!(after, before);
    assert_eq!(source.newest().unwrap(), after);
}

#[test]
fn a_branch_that_is_deleted_is_told_and_what_was_fetched_stays_until_it_is_there_again() {
    let (folder, bare, source, _mirrors) = behind_url();
    let before = source.newest().unwrap();
    git(&bare, &["update-ref", "-d", "refs/heads/main"]);
    // However often it is asked: it answers.
    for _ in 0..5 {
        let error = source.newest().unwrap_err();
        assert!(error.to_string().contains("has no branch `main`"), "{error}");
    }
    source.tree(&before).unwrap();
    git(folder.path(), &["push", "--quiet", "origin", "HEAD:main"]);
    assert_eq!(source.newest().unwrap(), before);
}

#[test]
fn a_host_that_does_not_answer_is_asked_less_often() {
    let (source, _mirrors) = opened("http://127.0.0.1:1/x.git");
    let told = || source.newest().unwrap_err().to_string();
    for _ in 0..3 {
        assert!(!told().contains("asked again"));
    }
    for _ in 0..100 {
        assert_eq!(
            told(),
            "cannot fetch `http://127.0.0.1:1/x.git`: it did not answer, and is asked again within seconds"
        );
    }
}
