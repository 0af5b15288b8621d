//! Bytes in pieces, which are written without being put together first.

use std::collections::VecDeque;
use std::io::IoSlice;

use arrow::buffer::Buffer;
use bytes::Buf;

/// Bytes in the order of their pieces. None of the pieces is empty; cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    pieces: VecDeque<Buffer>,
    bytes: usize,
}

impl Rope {
    pub(crate) fn push(&mut self, piece: Buffer) {
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.pieces.push_back(piece);
        }
    }

    pub(crate) fn append(&mut self, mut other: Rope) {
        self.bytes += other.bytes;
        self.pieces.append(&mut other.pieces);
    }
}

impl From<Buffer> for Rope {
    fn from(piece: Buffer) -> Self {
        let mut rope = Rope::default();
        rope.push(piece);
        rope
    }
}

impl Buf for Rope {
    fn remaining(&self) -> usize {
        self.bytes
    }

    fn chunk(&self) -> &[u8] {
        self.pieces.front().map_or(&[], Buffer::as_slice)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slice, piece) in slices.iter_mut().zip(&self.pieces) {
            *slice = IoSlice::new(piece.as_slice());
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, count: usize) {
        assert!(count <= self.bytes, "a rope of {} bytes cannot advance by {count}", self.bytes);
        self.bytes -= count;
        let mut left = count;
        while let Some(front) = self.pieces.front_mut() {
            if left < front.len() {
                front.advance(left);
                return;
            }
            left -= front.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(pieces: &[&[u8]]) -> Rope {
        let mut rope = Rope::default();
        pieces.iter().for_each(|piece| rope.push(Buffer::from(*piece)));
        rope
    }

    #[test]
    fn bytes_come_in_the_order_of_the_pieces() {
        let mut first = rope(&[b"ab", b"", b"c"]);
        first.append(rope(&[b"de"]));
        assert_eq!(first.remaining(), 5);
        assert_eq!(first.copy_to_bytes(5), "abcde");
        assert!(!first.has_remaining());
        assert_eq!(first.chunk(), b"");
    }

    #[test]
    fn advancing_ends_within_a_piece_or_at_its_edge() {
        for at in 0..=6 {
            let mut rope = rope(&[b"ab", b"cde", b"f"]);
            rope.advance(at);
            let mut slices = [IoSlice::new(&[]); 8];
            let filled = rope.chunks_vectored(&mut slices);
            let left: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.to_vec()).collect();
            assert_eq!(left, b"abcdef"[at..]);
            assert!(slices[..filled].iter().all(|slice| !slice.is_empty()));
        }
    }
}
