//! Objects that come back as they were not put.

use bytes::Bytes;
use futures::StreamExt;
use object_store::{GetResult, GetResultPayload, Result};

use super::script::Fault;

/// What was got, with the fault in its body. Its head stays as it is.
pub(super) async fn damaged(got: GetResult, fault: Option<Fault>) -> Result<GetResult> {
    let damage: fn(Vec<u8>, usize) -> Vec<u8> = match fault {
        Some(Fault::Truncate) => |body, _| body[..body.len() / 2].to_vec(),
        Some(Fault::Flip(_)) => flipped,
        _ => return Ok(got),
    };
    let place = if let Some(Fault::Flip(place)) = fault { place } else { 0 };
    let (meta, range, attributes) = (got.meta.clone(), got.range.clone(), got.attributes.clone());
    let body = Bytes::from(damage(got.bytes().await?.to_vec(), place));
    let payload = GetResultPayload::Stream(futures::stream::once(async { Ok(body) }).boxed());
    Ok(GetResult { payload, meta, range, attributes })
}

fn flipped(mut body: Vec<u8>, place: usize) -> Vec<u8> {
    let bits = (body.len() * 8).max(1);
    if let Some(byte) = body.get_mut(place % bits / 8) {
        *byte ^= 1 << (place % 8);
    }
    body
}
