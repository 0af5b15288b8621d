//! One message of Arrow's IPC format, and how Flight carries it.

use arrow::buffer::Buffer;
use arrow_flight::FlightData;
use bytes::{Buf, BufMut};
use prost::encoding::{encode_varint, encoded_len_varint};

use crate::rope::Rope;

// The tags of `data_header` (2) and `data_body` (1000) in `FlightData`, both of the wire type for bytes.
const HEADER_TAG: u8 = 2 << 3 | 2;
const BODY_TAG: u64 = 1000 << 3 | 2;
// Every message of a gRPC stream begins with a mark for compression and four bytes of length.
const UNCOMPRESSED: u8 = 0;
const PREFIX_BYTES: usize = 5;
// The body begins so many bytes, or a multiple, after the start of the message. Buffers of Arrow are
// aligned within their body; so they are in memory too wherever the client aligns its messages, and
// need not be copied there once more.
const BODY_ALIGNMENT: usize = 64;

/// What a message says, and the buffers that it speaks of as they lie in memory.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) header: Vec<u8>,
    pub(crate) body: Rope,
}

impl Message {
    /// The message as gRPC writes it on a stream: a copy of the header, the body as it is.
    pub(crate) fn into_frame(self) -> Rope {
        let body = self.body.remaining();
        let body_start = if body == 0 { 0 } else { encoded_len_varint(BODY_TAG) + encoded_len_varint(body as u64) };
        let header = if body == 0 { self.header.len() } else { aligning(self.header.len(), body_start) };
        let bytes = header_field_bytes(header) + body_start + body;

        let mut start = Vec::with_capacity(PREFIX_BYTES + bytes - body);
        start.put_u8(UNCOMPRESSED);
        // Bodies are cut far below what four bytes can say.
        start.put_u32(u32::try_from(bytes).unwrap_or(u32::MAX));
        start.put_u8(HEADER_TAG);
        encode_varint(header as u64, &mut start);
        start.put_slice(&self.header);
        start.put_bytes(0, header - self.header.len());
        if body > 0 {
            encode_varint(BODY_TAG, &mut start);
            encode_varint(body as u64, &mut start);
        }
        let mut frame = Rope::from(Buffer::from(start));
        frame.append(self.body);
        frame
    }

    /// The message for whoever takes it as one piece; copies the body.
    pub(crate) fn into_flight_data(mut self) -> FlightData {
        let body = self.body.copy_to_bytes(self.body.remaining());
        FlightData::new().with_data_header(self.header).with_data_body(body)
    }
}

fn header_field_bytes(header: usize) -> usize {
    1 + encoded_len_varint(header as u64) + header
}

/// The least length to which the header is filled up with zeros, which readers pass over, for the
/// body to be aligned.
fn aligning(header: usize, body_start: usize) -> usize {
    let aligned = |header: &usize| (header_field_bytes(*header) + body_start).is_multiple_of(BODY_ALIGNMENT);
    (header..header + 2 * BODY_ALIGNMENT).find(aligned).unwrap_or(header)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn a_frame_is_flight_data_whose_body_is_aligned() {
        for (header, body) in [(0, 0), (1, 0), (40, 8), (60, 64), (127, 200), (128, 70_000), (300, 3 << 20)] {
            let message = || Message { header: vec![7; header], body: Rope::from(Buffer::from(vec![9_u8; body])) };
            let mut frame = message().into_frame();
            assert_eq!(frame.get_u8(), 0);
            assert_eq!(frame.get_u32() as usize, frame.remaining());
            if body > 0 {
                assert_eq!((frame.remaining() - body) % BODY_ALIGNMENT, 0, "{header} and {body} bytes");
            }
            let read = FlightData::decode(frame).unwrap();
            let expected = message().into_flight_data();
            assert_eq!(read.data_body, expected.data_body);
            let (said, filling) = read.data_header.split_at(header);
            assert_eq!(said, expected.data_header);
            assert!(filling.iter().all(|byte| *byte == 0));
        }
    }
}
