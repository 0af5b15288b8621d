//! What of a table's log is at fault, looked for once it could not be read.

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};

use crate::table::below;

/// So many of the newest objects of a log are looked at.
const OBJECTS_MAX: usize = 2_000;
/// What a Parquet file ends in, after the length of its footer.
const PARQUET: &[u8] = b"PAR1";
const TAIL_BYTES: u64 = 8;

/// The first thing in the log of the table in `folder` that is not as a log is: a commit that is missing, or an object
/// that is none of its kind. `None` where nothing of the sort is found, or the store cannot be asked.
pub(crate) async fn fault(store: &dyn ObjectStore, folder: &Path) -> Option<String> {
    let log = below(folder, &Path::from("_delta_log"));
    let mut objects: Vec<ObjectMeta> = store.list(Some(&log)).try_collect().await.ok()?;
    objects.sort_by(|a, b| a.location.cmp(&b.location));
    let newest = objects.len().saturating_sub(OBJECTS_MAX);
    let objects = objects.get(newest..)?;
    if let Some(version) = missing(objects) {
        return Some(format!("its log lacks the commit of version {version}"));
    }
    for object in objects {
        let name = object.location.as_ref().strip_prefix(log.as_ref()).unwrap_or_default().trim_start_matches('/');
        let kind = match name {
            _ if name.ends_with(".json") => "JSON",
            _ if name.ends_with(".parquet") => "Parquet",
            _ => continue,
        };
        let is_sound = if kind == "JSON" { is_json(store, object).await } else { is_parquet(store, object).await };
        if !is_sound {
            return Some(format!("`_delta_log/{name}` is no {kind}"));
        }
    }
    None
}

/// The first version whose commit is not there although a later one is, and no checkpoint stands for it.
fn missing(objects: &[ObjectMeta]) -> Option<u64> {
    let names = || objects.iter().filter_map(|object| object.location.filename());
    let version = |name: &str| name.get(..20).and_then(|digits| digits.parse::<u64>().ok());
    let summed_up = names().filter(|name| name.contains(".checkpoint.")).filter_map(version).max();
    let mut last = summed_up;
    for version in names().filter(|name| name.len() == 25 && name.ends_with(".json")).filter_map(version) {
        let next = last.map_or(0, |last| last + 1);
        if version > next {
            return Some(next);
        }
        last = last.max(Some(version));
    }
    None
}

async fn is_json(store: &dyn ObjectStore, object: &ObjectMeta) -> bool {
    let Ok(got) = store.get(&object.location).await else { return false };
    let Ok(bytes) = got.bytes().await else { return false };
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.all(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|action| action.is_object()))
}

async fn is_parquet(store: &dyn ObjectStore, object: &ObjectMeta) -> bool {
    let Some(start) = object.size.checked_sub(TAIL_BYTES) else { return false };
    let tail = store.get_range(&object.location, start..object.size).await.unwrap_or_default();
    let Some((length, mark)) = tail.split_first_chunk() else { return false };
    mark == PARQUET && u64::from(u32::from_le_bytes(*length)) <= start
}

#[cfg(test)]
mod tests {
    use object_store::PutPayload;
    use object_store::memory::InMemory;

    use super::*;

    const PARQUET_FILE: &[u8] = b"PAR1\x01\0\0\0PAR1";

    async fn of(objects: &[(&str, &[u8])]) -> Option<String> {
        let store = InMemory::new();
        for (name, content) in objects {
            let path = Path::from(format!("t/_delta_log/{name}"));
            store.put(&path, PutPayload::from(content.to_vec())).await.unwrap();
        }
        fault(&store, &Path::from("t")).await
    }

    #[tokio::test]
    async fn what_is_missing_or_of_another_kind_is_named() {
        let commits: Vec<String> = (0..4).map(|version| format!("{version:020}.json")).collect();
        let checkpoint = format!("{:020}.checkpoint.parquet", 1);
        let line: &[u8] = b"{\"add\":{}}\n{\"add\":{}}\n";
        let sound = |places: &[usize]| places.iter().map(|place| (commits[*place].as_str(), line)).collect::<Vec<_>>();
        assert_eq!(of(&sound(&[0, 1, 2])).await, None);
        assert_eq!(of(&sound(&[0, 2])).await.unwrap(), "its log lacks the commit of version 1");
        assert_eq!(of(&sound(&[1, 2])).await.unwrap(), "its log lacks the commit of version 0");
        let with = |places: &[usize], content| [sound(places), vec![(checkpoint.as_str(), content)]].concat();
        assert_eq!(of(&with(&[0, 2, 3], PARQUET_FILE)).await, None);
        assert_eq!(of(&with(&[1, 3], PARQUET_FILE)).await.unwrap(), "its log lacks the commit of version 2");
        for wrong in [&b"text"[..], b"PAR1\xff\0\0\0PAR1", b"PAR1\x01\0\0\0PAR2"] {
            let expected = format!("`_delta_log/{checkpoint}` is no Parquet");
            assert_eq!(of(&with(&[2], wrong)).await, Some(expected));
        }
        let cut = [(commits[0].as_str(), line), (commits[1].as_str(), &line[..15])];
        assert_eq!(of(&cut).await, Some(format!("`_delta_log/{}` is no JSON", commits[1])));
    }
}
