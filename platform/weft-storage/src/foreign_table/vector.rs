//! Deletion vectors: which rows of a file are gone.

use std::sync::Arc;

use bytes::Buf;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use deltalake::kernel::{DeletionVectorDescriptor, LogicalFileView, StorageType};
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use roaring::RoaringTreemap;
use url::Url;
use uuid::Uuid;

use crate::StorageError;
use crate::foreign_table::places::Places;

/// What begins a bitmap of 64 bits in the form that other languages read too.
const MAGIC: i32 = 1_681_511_377;
/// So many characters stand for a UUID.
const UUID_CHARACTERS: usize = 20;

/// The rows of a file that are left, by its deletion vector; nothing where it has none. `rows` is how many the log says
/// that the file has.
pub(super) async fn rows_left(
    file: &LogicalFileView,
    rows: Option<u64>,
    places: &mut Places,
    open: &impl Fn(&Url) -> Result<Arc<dyn ObjectStore>, StorageError>,
) -> Result<Option<ParquetRowSelection>, String> {
    let Some(vector) = file.deletion_vector_descriptor() else { return Ok(None) };
    let rows = rows.ok_or("it has a deletion vector, and the log does not tell how many rows it has")?;
    let told = |problem: String| format!("its deletion vector {problem}");
    let bytes = bytes_of(&vector, places, open).await.map_err(told)?;
    let gone = bitmap(&bytes).ok_or_else(|| told("is damaged".to_owned()))?;
    if u64::try_from(vector.cardinality).ok() != Some(gone.len()) {
        return Err(told(format!("names {} rows and the log says {}", gone.len(), vector.cardinality)));
    }
    if gone.max().is_some_and(|last| last >= rows) {
        return Err(told(format!("names a row beyond the file's {rows}")));
    }
    Ok(Some(ParquetRowSelection::new(selection(&gone, rows))))
}

async fn bytes_of(
    vector: &DeletionVectorDescriptor,
    places: &mut Places,
    open: &impl Fn(&Url) -> Result<Arc<dyn ObjectStore>, StorageError>,
) -> Result<Vec<u8>, String> {
    let text = vector.path_or_inline_dv.as_str();
    let size = usize::try_from(vector.size_in_bytes).map_err(|_| "has a negative size".to_owned())?;
    let name = match vector.storage_type {
        StorageType::Inline => {
            let bytes = z85(text).ok_or("is written in characters that mean nothing")?;
            return bytes.get(..size).map(<[u8]>::to_vec).ok_or_else(|| "is cut off".to_owned());
        }
        StorageType::UuidRelativePath => relative(text).ok_or("has no name")?,
        StorageType::AbsolutePath => decoded(text)?,
    };
    let place = places.of(&name, open).map_err(|problem| format!("`{name}`: {problem}"))?;
    let whole = places.read(&place).await.map_err(|problem| format!("`{name}` cannot be read: {problem}"))?;
    let start = usize::try_from(vector.offset.unwrap_or(0)).map_err(|_| "lies before its file".to_owned())?;
    stored(&whole, start, size).ok_or_else(|| format!("in `{name}` is damaged"))
}

/// An address in the log, which is encoded.
fn decoded(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| format!("`{text}` has no address"))?;
    let path = Path::from_url_path(url.path()).map_err(|error| error.to_string())?;
    Ok(format!("{}://{}/{path}", url.scheme(), url.host_str().unwrap_or_default()))
}

/// The path of a vector whose file is named by a UUID, with what may stand before it as its folder.
fn relative(text: &str) -> Option<String> {
    let (folder, id) = text.split_at_checked(text.len().checked_sub(UUID_CHARACTERS)?)?;
    let id = Uuid::from_slice(&z85(id)?).ok()?;
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Some(format!("{folder}deletion_vector_{id}.bin"))
}

/// A vector within a file of vectors: size, bytes, checksum.
fn stored(whole: &[u8], start: usize, size: usize) -> Option<Vec<u8>> {
    if whole.first() != Some(&1) {
        return None;
    }
    let mut rest = whole.get(start..)?;
    let said = rest.try_get_u32().ok()?;
    let bytes = rest.get(..size).filter(|_| usize::try_from(said).ok() == Some(size))?;
    let sum = rest.get(size..)?.try_get_u32().ok()?;
    (crc32fast::hash(bytes) == sum).then(|| bytes.to_vec())
}

fn bitmap(bytes: &[u8]) -> Option<RoaringTreemap> {
    let mut bytes = bytes;
    if bytes.try_get_i32_le().ok()? != MAGIC {
        return None;
    }
    RoaringTreemap::deserialize_from(bytes).ok()
}

/// All rows but those that are gone.
fn selection(gone: &RoaringTreemap, rows: u64) -> RowSelection {
    let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut selectors: Vec<RowSelector> = Vec::new();
    let mut next = 0;
    for row in gone {
        if row > next {
            selectors.push(RowSelector::select(count(row - next)));
        }
        selectors.push(RowSelector::skip(1));
        next = row + 1;
    }
    if rows > next {
        selectors.push(RowSelector::select(count(rows - next)));
    }
    RowSelection::from(selectors)
}

/// Text of base 85 in the letters of ZeroMQ; nothing where it is none.
fn z85(text: &str) -> Option<Vec<u8>> {
    const LETTERS: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let mut bytes = Vec::with_capacity(text.len() / 5 * 4);
    for five in text.as_bytes().chunks(5) {
        let number = five.iter().try_fold(0_u64, |number, letter| {
            let place = LETTERS.as_bytes().iter().position(|known| known == letter)?;
            Some(number * 85 + place as u64)
        })?;
        let number = u32::try_from(number).ok().filter(|_| five.len() == 5)?;
        bytes.extend(number.to_be_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vector as it lies within a file of them, from the first byte on.
    fn file_of(vector: &[u8]) -> Vec<u8> {
        let size = u32::try_from(vector.len()).unwrap().to_be_bytes();
        [&[1][..], &size, vector, &crc32fast::hash(vector).to_be_bytes()].concat()
    }

    #[test]
    fn text_of_base_85_is_bytes() {
        assert_eq!(z85("HelloWorld").unwrap(), [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]);
        assert_eq!(z85(""), Some(Vec::new()));
        for wrong in ["Hell", "Hello~orld", "#####"] {
            assert_eq!(z85(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_vector_that_was_altered_is_none() {
        let vector = b"rows that are gone";
        let whole = file_of(vector);
        assert_eq!(stored(&whole, 1, vector.len()).unwrap(), vector);
        for place in 0..whole.len() {
            let mut altered = whole.clone();
            altered[place] ^= 4;
            assert_eq!(stored(&altered, 1, vector.len()), None, "byte {place}");
            assert_eq!(stored(&whole[..place], 1, vector.len()), None, "cut off at {place}");
        }
        assert_eq!(stored(&whole, 2, vector.len()), None);
    }

    #[test]
    fn rows_that_are_gone_are_left_out_and_no_others() {
        let left = |gone: &[u64], rows| {
            let selection = selection(&gone.iter().copied().collect(), rows);
            let selectors: Vec<RowSelector> = selection.into();
            let mut at = 0;
            let mut left = Vec::new();
            for selector in selectors {
                if !selector.skip {
                    left.extend(at..at + selector.row_count);
                }
                at += selector.row_count;
            }
            (left, at)
        };
        assert_eq!(left(&[0, 1, 4], 6), (vec![2, 3, 5], 6));
        assert_eq!(left(&[5], 6), (vec![0, 1, 2, 3, 4], 6));
        assert_eq!(left(&[0, 1], 2), (vec![], 2));
        assert_eq!(left(&[], 2), (vec![0, 1], 2));
    }
}
