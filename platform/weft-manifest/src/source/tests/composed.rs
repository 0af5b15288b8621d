//! A mesh of several repositories.

use std::path::Path;
use std::process::Command;

use expect_test::{Expect, expect};
use tempfile::TempDir;
use weft_model::{Code, ManifestTree, Revision};

use super::super::{RevisionSource, SourceError, open, open_directory, with_fetched};
use super::{git, write};

const PRODUCT: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: NAME-trips
status: draft
outputPorts:
  - name: rows
    contractId: NAME-rows
    version: 1.0.0
    customProperties:
      - {property: transform, vendor: weft, value: {kind: seed, seed: {path: data/rows.csv}}}
";

const CONTRACT: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: NAME-rows
version: 1.0.0
status: draft
schema:
  - name: rows
    properties:
      - {name: a, logicalType: integer}
";

/// The mesh's own repository, which has the domain `land`, and those of `air` and `sea`.
struct Repositories {
    folder: TempDir,
}

impl Repositories {
    fn new() -> Self {
        let repositories = Repositories { folder: TempDir::new().unwrap() };
        for (name, second) in [("mesh", 1), ("air", 2), ("sea", 3)] {
            std::fs::create_dir_all(repositories.path(name)).unwrap();
            git(&repositories.path(name), &["init", "--quiet"]);
            if name == "mesh" {
                repositories.write("mesh", "governance/model.conf", "[model]\n");
                repositories.write("mesh", "mesh.yaml", &repositories.mesh_file());
                repositories.write("mesh", "products/land/domain.yaml", "domain: land\nowner: land-team\n");
            } else {
                repositories.write(name, "products/NAME/domain.yaml", "domain: NAME\nowner: NAME-team\n");
                repositories.write(name, "products/NAME/trips/product.odps.yaml", PRODUCT);
                repositories.write(name, "products/NAME/trips/contracts/rows.odcs.yaml", CONTRACT);
                repositories.write(name, "products/NAME/trips/data/rows.csv", "a\n1\n");
                repositories.write(name, "README.md", "NAME\n");
            }
            repositories.commit(name, second);
        }
        repositories
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn mesh_file(&self) -> String {
        let entry = |name: &str| format!("  - name: {name}\n    repository: file://{}\n", self.path(name).display());
        format!("mesh: m\ndomains:\n{}{}", entry("sea"), entry("air"))
    }

    fn write(&self, name: &str, path: &str, text: &str) {
        write(&self.path(name), &path.replace("NAME", name), text.replace("NAME", name));
    }

    /// Commits everything as the repository's own author, at that many seconds.
    fn commit(&self, name: &str, second: i64) {
        git(&self.path(name), &["add", "--all"]);
        let author = format!("{name} <{name}@example.com>");
        let output = Command::new("git")
            .args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "--quiet"])
            .args(["--allow-empty", "--message", "change", "--author", &author])
            .env("GIT_COMMITTER_DATE", format!("{} +0000", 1_700_000_000 + second))
            .current_dir(self.path(name))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn head(&self, name: &str) -> Revision {
        let output = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(self.path(name)).output().unwrap();
        Revision::new(String::from_utf8(output.stdout).unwrap().trim())
    }

    /// A source over the mesh, with its mirrors in the folder `home`.
    fn open(&self, home: &str) -> Box<dyn RevisionSource> {
        open(self.path("mesh").to_str().unwrap(), &self.path(home)).unwrap()
    }
}

fn paths(tree: &ManifestTree) -> Vec<&str> {
    tree.files().map(|(path, _)| path).collect()
}

const FILES: [&str; 11] = [
    "governance/model.conf",
    "mesh.yaml",
    "products/air/domain.yaml",
    "products/air/trips/contracts/rows.odcs.yaml",
    "products/air/trips/data/rows.csv",
    "products/air/trips/product.odps.yaml",
    "products/land/domain.yaml",
    "products/sea/domain.yaml",
    "products/sea/trips/contracts/rows.odcs.yaml",
    "products/sea/trips/data/rows.csv",
    "products/sea/trips/product.odps.yaml",
];

/// What is wrong with the newest revision, and what of it is broken.
#[track_caller]
fn check(repositories: &Repositories, source: &dyn RevisionSource, expected: Expect) {
    let tree = source.newest_tree().unwrap();
    let (declared, problems) = crate::read(&tree, chrono::NaiveDate::MIN);
    let told: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let told = told.replace(&repositories.path("").display().to_string(), "/");
    let broken: Vec<String> = declared.broken.iter().map(ToString::to_string).collect();
    let refused = if declared.refused { " REFUSED" } else { "" };
    expected.assert_eq(&format!("{told}broken [{}]{refused}\n", broken.join(", ")));
}

#[test]
fn the_domains_stand_in_their_places_and_the_same_commits_are_the_same_revision_everywhere() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    let revision = source.newest().unwrap();
    let tree = source.tree(&revision).unwrap();
    assert_eq!(paths(&tree), FILES);
    assert_eq!((&tree.revision, &source.newest_tree().unwrap()), (&revision, &tree));
    assert_eq!(source.read(&revision, "products/sea/trips/data/rows.csv").unwrap(), b"a\n1\n");
    assert_eq!(source.read(&revision, "governance/model.conf").unwrap(), b"[model]\n");
    for path in ["products/sea/README.md", "README.md", "products/none/x.csv"] {
        assert_eq!(source.read(&revision, path).unwrap_err().code(), Code::FILE_MISSING, "{path}");
    }
    assert_eq!(repositories.open("other-home").newest().unwrap(), revision);

    repositories.write("air", "products/air/domain.yaml", "domain: air\nowner: others\n");
    repositories.commit("air", 9);
    let after = source.newest().unwrap();
    assert_ne!(after, revision);
    let owner = |tree: &ManifestTree| tree.text("products/air/domain.yaml").unwrap().to_string();
    assert_eq!(owner(&source.tree(&after).unwrap()), "domain: air\nowner: others\n");

    // What was read once is read again by another process, without any other repository.
    std::fs::remove_dir_all(repositories.path("air")).unwrap();
    assert_eq!(repositories.open("home").tree(&revision).unwrap(), tree);
}

#[test]
fn the_newest_commit_says_who_made_the_revision() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    for (name, second) in [("sea", 3), ("air", 5), ("mesh", 7)] {
        if second > 3 {
            repositories.commit(name, second);
        }
        let commit = source.commit(&source.newest().unwrap()).unwrap().unwrap();
        assert_eq!(commit.author, format!("{name} <{name}@example.com>"));
        assert_eq!(commit.at.timestamp(), 1_700_000_000 + second);
    }
}

#[test]
fn a_mesh_without_such_domains_has_the_revisions_of_its_repository() {
    let repositories = Repositories::new();
    repositories.write("mesh", "mesh.yaml", "mesh: m\n");
    repositories.commit("mesh", 4);
    let source = repositories.open("home");
    assert_eq!(source.newest().unwrap(), repositories.head("mesh"));
    assert!(!repositories.path("home").exists());
}

#[test]
fn a_branch_and_a_folder_may_be_named() {
    let repositories = Repositories::new();
    git(&repositories.path("air"), &["checkout", "--quiet", "-b", "next"]);
    git(&repositories.path("air"), &["rm", "--quiet", "-r", "."]);
    repositories.write("air", "deep/mesh/products/NAME/domain.yaml", "domain: air\n");
    repositories.commit("air", 4);
    git(&repositories.path("air"), &["checkout", "--quiet", "main"]);
    let text = format!("{}    branch: next\n    path: deep/mesh/\n", repositories.mesh_file());
    repositories.write("mesh", "mesh.yaml", &text);
    repositories.commit("mesh", 5);
    let source = repositories.open("home");
    let tree = source.newest_tree().unwrap();
    assert_eq!(tree.text("products/air/domain.yaml").unwrap().as_ref(), "domain: air\n");
    assert_eq!(source.read(&tree.revision, "products/air/domain.yaml").unwrap(), b"domain: air\n");
}

#[test]
fn a_domain_that_cannot_be_had_stays_as_it_was_fetched_last() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    let before = source.newest().unwrap();
    assert!(source.is_current());

    std::fs::rename(repositories.path("air"), repositories.path("away")).unwrap();
    assert_eq!(source.newest().unwrap(), before);
    assert!(!source.is_current());
    repositories.commit("sea", 6);
    let after = repositories.open("home").newest_tree().unwrap();
    assert_ne!(after.revision, before);
    assert_eq!(paths(&after), FILES);

    std::fs::rename(repositories.path("away"), repositories.path("air")).unwrap();
    source.newest().unwrap();
    assert!(source.is_current());
}

#[test]
fn a_commit_without_the_domain_s_folder_does_not_count() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    let before = source.newest().unwrap();
    git(&repositories.path("air"), &["rm", "--quiet", "-r", "products"]);
    repositories.commit("air", 6);
    assert_eq!(source.newest().unwrap(), before);
    assert!(!source.is_current());
    let error = repositories.open("other-home").newest().unwrap_err();
    assert!(error.to_string().contains("holds no folder `products/air`"), "{error}");
}

#[test]
fn a_domain_that_was_never_had_is_an_error_that_says_where_to_mend_it() {
    let repositories = Repositories::new();
    let text =
        format!("{}  - name: rail\n    repository: https://ana:secret@127.0.0.1:1/x.git\n", repositories.mesh_file());
    repositories.write("mesh", "mesh.yaml", &text);
    repositories.commit("mesh", 4);
    let source = repositories.open("home");
    let error = source.newest().unwrap_err();
    assert_eq!(error.code(), Code::SOURCE_UNAVAILABLE);
    let told = error.to_string();
    let begins = "domain `rail`, whose repository mesh.yaml:8:17 names, cannot be had and never was: cannot fetch `https://127.0.0.1:1/x.git`";
    assert!(told.starts_with(begins), "{told}");
    assert!(!format!("{told} {error:?} {source:?}").contains("secret"));
}

#[test]
fn a_domain_touches_its_own_names_and_only_it_is_held_back_for_more() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    check(
        &repositories,
        &*source,
        expect![[r#"
        broken []
    "#]],
    );

    repositories.write("air", "products/sea/trips/product.odps.yaml", "broken");
    repositories.write("air", "products/land/domain.yaml", "domain: land\nowner: air-team\n");
    repositories.write("air", "products/system/domain.yaml", "domain: system\n");
    repositories.write("air", "products/rail/domain.yaml", "domain: rail\n");
    repositories.write("air", "governance/policies/all.csv", "p, user:eve, dom:any, obj:any, read, *, -, allow\n");
    repositories.write("air", "mesh.yaml", "domains: 7\n");
    repositories.write("air", "products/README.md", "read me\n");
    repositories.commit("air", 5);
    check(
        &repositories,
        &*source,
        expect![[r#"
            products/air/domain.yaml:1:1 W0116 nothing reads `governance/` and `mesh.yaml` in the repository `file:///air` of domain `air`
            help: rules and `mesh.yaml` count in the mesh's own repository alone
            products/air/domain.yaml:1:1 W0116 the repository `file:///air` of domain `air` holds what is not its own: `products/land/`, `products/rail/` and `products/sea/`, with 1 more
            help: take it out of that repository; until then nothing comes of it, and `air` stays as it is served
            broken [air.trips]
        "#]],
    );
    let tree = source.newest_tree().unwrap();
    assert!(!paths(&tree).iter().any(|path| path.contains("policies") || path.contains("rail")));
    assert_eq!(tree.text("products/land/domain.yaml").unwrap().as_ref(), "domain: land\nowner: land-team\n");
    assert!(tree.text("products/sea/trips/product.odps.yaml").unwrap().contains("id: sea-trips"));
    assert!(tree.text("mesh.yaml").unwrap().starts_with("mesh: m"));
}

#[test]
fn a_domain_in_two_places_refuses_the_revision() {
    let repositories = Repositories::new();
    repositories.write("mesh", "products/air/domain.yaml", "domain: air\nowner: land-team\n");
    repositories.commit("mesh", 4);
    let source = repositories.open("home");
    check(
        &repositories,
        &*source,
        expect![[r#"
            mesh.yaml:6:17 W0439 domain `air` has a repository of its own, and `products/air/` stands here as well
            help: remove the folder, or this entry: one of them is the domain
            broken [] REFUSED
        "#]],
    );
}

#[test]
fn a_name_means_a_revision_of_the_whole_mesh() {
    let repositories = Repositories::new();
    let source = repositories.open("home");
    assert!(matches!(source.named("HEAD"), Err(SourceError::Domain { .. })), "nothing was fetched yet");
    let before = source.newest().unwrap();
    repositories.write("mesh", "governance/model.conf", "[other]\n");
    repositories.commit("mesh", 4);
    let after = source.newest().unwrap();
    assert_eq!(source.named("HEAD").unwrap(), after);
    assert_eq!(source.named("HEAD~1").unwrap(), before);
    assert_eq!(source.named(before.short()).unwrap(), before);
    for name in ["none", "abc", "../../x"] {
        assert!(matches!(source.named(name), Err(SourceError::NoRevision { .. })), "{name}");
    }
}

#[test]
fn a_plain_directory_is_put_together_too() {
    let repositories = Repositories::new();
    std::fs::remove_dir_all(repositories.path("mesh").join(".git")).unwrap();
    let source = repositories.open("home");
    let tree = source.newest_tree().unwrap();
    assert_eq!(paths(&tree), FILES);
    assert_eq!(source.newest().unwrap(), tree.revision);
    assert_eq!(source.read(&tree.revision, "products/air/domain.yaml").unwrap(), b"domain: air\nowner: air-team\n");
    assert_eq!(source.commit(&tree.revision).unwrap(), None, "what is on disk was committed by nobody");
    repositories.write("mesh", "mesh.yaml", &repositories.mesh_file().replace("mesh: m", "mesh: n"));
    assert!(matches!(source.tree(&tree.revision), Err(SourceError::MovedOn { .. })));
}

#[test]
fn files_on_disk_are_seen_with_what_was_fetched_and_without_asking_anybody() {
    let repositories = Repositories::new();
    let on_disk = || open_directory(&repositories.path("mesh")).unwrap().newest_tree().unwrap();
    let home: &Path = &repositories.path("home");
    let (declared, problems) = crate::read(&with_fetched(on_disk(), home), chrono::NaiveDate::MIN);
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!((declared.refused, declared.is_part, codes), (false, true, vec![Code::DOMAIN_UNSEEN; 2]));

    repositories.open("home").newest().unwrap();
    std::fs::remove_dir_all(repositories.path("air")).unwrap();
    let tree = with_fetched(on_disk(), home);
    assert_eq!(paths(&tree), FILES);
    assert!(!crate::read(&tree, chrono::NaiveDate::MIN).0.is_part);
}
