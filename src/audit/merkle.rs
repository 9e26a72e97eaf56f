//! The tree of RFC 6962 over a log's records.

use crate::crypto::{Sha256, sha256};

/// The hash of a record's canonical bytes: SHA-256(0x00 ‖ bytes).
#[must_use]
pub fn leaf_hash(canonical: &[u8]) -> Sha256 {
    sha256(&[&[0], canonical])
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Sha256, right: &Sha256) -> Sha256 {
    sha256(&[&[1], left, right])
}

/// The root of the tree over these leaf hashes; of no leaves, the hash of nothing.
#[must_use]
pub fn root(leaves: &[Sha256]) -> Sha256 {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            // The left side is the largest complete tree that leaves something for the right.
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of Certificate Transparency's own tests.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    /// The roots over none, one, two … eight of them, as published.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: Vec<Sha256> = LEAVES
            .iter()
            .map(|leaf| leaf_hash(&hex::decode(leaf).expect("hex")))
            .collect();
        for (count, expected) in ROOTS.iter().enumerate() {
            assert_eq!(
                hex::encode(root(&leaves[..count])),
                *expected,
                "{count} leaves"
            );
        }
    }
}
