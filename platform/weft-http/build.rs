//! Has the crate compiled anew when the catalog's pages were built anew.

fn main() {
    println!("cargo:rerun-if-changed=../../catalog-ui/dist");
}
