//! An append-only Merkle tree as in RFC 6962, section 2.1: one hash stands for all leaves in their order.
//!
//! A subtree that is complete never changes when leaves are added; those are what is stored, and a proof needs only a
//! few of them. Sizes and indexes are never negative.

use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// A complete subtree: the leaves from `index << level`, `1 << level` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// 0 for a leaf.
    pub level: i64,
    /// 0, 1, 2 … from left to right.
    pub index: i64,
}

/// The hash of a leaf.
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash of a node.
fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree that is made of these subtrees side by side, as [`subtrees`] names them.
pub fn join(subtrees: &[Hash]) -> Hash {
    let mut from_right = subtrees.iter().rev();
    match from_right.next() {
        None => Sha256::digest([]).into(),
        Some(last) => from_right.fold(*last, |right, left| node(left, &right)),
    }
}

/// The complete subtrees that the leaves `start..end` consist of, from left to right. They begin where a subtree of
/// RFC 6962 begins.
pub fn subtrees(start: i64, end: i64) -> Vec<Place> {
    let mut places = Vec::new();
    let mut at = start;
    while at < end {
        let fits = i64::from((end - at).ilog2());
        let level = if at == 0 { fits } else { fits.min(i64::from(at.trailing_zeros())) };
        places.push(Place { level, index: at >> level });
        at += 1 << level;
    }
    places
}

/// The ranges of leaves whose roots lead from a leaf to the root of the tree, beginning beside the leaf.
fn siblings(index: i64, size: i64) -> Vec<(i64, i64)> {
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        let middle = start + (1_i64 << (end - start - 1).ilog2());
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// The stored subtrees an audit path is made of.
pub fn needed(index: i64, size: i64) -> Vec<Place> {
    siblings(index, size).into_iter().flat_map(|(start, end)| subtrees(start, end)).collect()
}

/// The audit path of a leaf (RFC 6962, section 2.1.1), from the subtrees [`needed`] names. None if one of them is not
/// known.
pub fn audit_path(index: i64, size: i64, known: impl Fn(Place) -> Option<Hash>) -> Option<Vec<Hash>> {
    let ranges = siblings(index, size).into_iter();
    ranges
        .map(|(start, end)| Some(join(&subtrees(start, end).into_iter().map(&known).collect::<Option<Vec<_>>>()?)))
        .collect()
}

/// Whether a leaf is part of the tree with this root (RFC 9162, section 2.1.3.2).
pub fn is_included(leaf: &Hash, index: i64, size: i64, path: &[Hash], root: &Hash) -> bool {
    if index < 0 || index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// A tree that grows.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    size: i64,
    peaks: Vec<Hash>,
}

impl Tree {
    /// A tree of `size` leaves, from the hashes of the complete subtrees `subtrees(0, size)` names. None if those are
    /// not as many.
    pub fn resume(size: i64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// How many leaves it has.
    pub fn size(&self) -> i64 {
        self.size
    }

    /// Its root.
    pub fn root(&self) -> Hash {
        join(&self.peaks)
    }

    /// Adds a leaf. Answers the subtrees that are complete now: the leaf itself first.
    pub fn append(&mut self, leaf: Hash) -> Vec<(Place, Hash)> {
        let mut place = Place { level: 0, index: self.size };
        let mut hash = leaf;
        let mut complete = vec![(place, hash)];
        while place.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node(&left, &hash);
            place = Place { level: place.level + 1, index: place.index >> 1 };
            complete.push((place, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
        complete
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// RFC 6962 in its own words: split at the largest power of two below the number of leaves.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
                node(&root_by_definition(left), &root_by_definition(right))
            }
        }
    }

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
    }

    fn grown(leaves: &[Hash]) -> (Tree, HashMap<Place, Hash>) {
        let mut tree = Tree::default();
        let stored = leaves.iter().flat_map(|leaf| tree.append(*leaf)).collect();
        (tree, stored)
    }

    /// The vectors of the reference implementation of RFC 6962 (certificate-transparency, merkle_tree_test).
    #[test]
    fn roots_are_those_of_the_reference() {
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        assert_eq!(hex::encode(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (input, root) in inputs.iter().zip(roots) {
            tree.append(leaf(&hex::decode(input).unwrap()));
            assert_eq!(hex::encode(tree.root()), root);
        }
    }

    proptest! {
        #[test]
        fn every_leaf_is_proved_and_nothing_else(
            size in 1_usize..200, index in any::<prop::sample::Index>(), change in any::<prop::sample::Index>(), bit in 0_u8..8,
        ) {
            let leaves = leaves(size);
            let (tree, stored) = grown(&leaves);
            let (index, size) = (index.index(size) as i64, size as i64);
            let root = tree.root();
            prop_assert_eq!(root, root_by_definition(&leaves));
            let path = audit_path(index, size, |place| stored.get(&place).copied()).unwrap();
            let leaf = leaves[index as usize];
            prop_assert!(is_included(&leaf, index, size, &path, &root));
            prop_assert!(needed(index, size).iter().all(|place| stored.contains_key(place)));
            prop_assert!(needed(index, size).len() <= 16);

            let flipped = |hash: &Hash| { let mut hash = *hash; hash[change.index(32)] ^= 1 << bit; hash };
            prop_assert!(!is_included(&flipped(&leaf), index, size, &path, &root));
            prop_assert!(!is_included(&leaf, index, size, &path, &flipped(&root)));
            for other in (-1..size + 2).filter(|other| *other != index) {
                prop_assert!(!is_included(&leaf, other, size, &path, &root));
            }
            for altered in 0..path.len() {
                let mut path = path.clone();
                path[altered] = flipped(&path[altered]);
                prop_assert!(!is_included(&leaf, index, size, &path, &root));
                path.remove(altered);
                prop_assert!(!is_included(&leaf, index, size, &path, &root));
            }
            let mut longer = path.clone();
            longer.push(root);
            prop_assert!(!is_included(&leaf, index, size, &longer, &root));
        }

        #[test]
        fn a_grown_tree_still_gives_its_earlier_roots(size in 0_usize..300, more in 0_usize..300) {
            let all = leaves(size + more);
            let (_, stored) = grown(&all);
            let peaks = subtrees(0, size as i64).into_iter().map(|place| stored[&place]).collect();
            let mut earlier = Tree::resume(size as i64, peaks).unwrap();
            prop_assert_eq!(earlier.root(), root_by_definition(&all[..size]));
            for leaf in &all[size..] {
                earlier.append(*leaf);
            }
            prop_assert_eq!(earlier.root(), root_by_definition(&all));
            prop_assert_eq!(earlier.size(), all.len() as i64);
        }
    }

    #[test]
    fn a_tree_does_not_resume_from_too_little() {
        assert!(Tree::resume(3, vec![leaf(b"only one")]).is_none());
        assert!(Tree::resume(0, Vec::new()).is_some());
    }
}
