use expect_test::{Expect, expect};
use serde::de::DeserializeOwned;

use super::*;

/// `json` reads as a `T` and is written back as expected.
#[track_caller]
fn check<T: serde::Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(json: &str, expected: Expect) {
    let value: T = serde_json::from_str(json).unwrap();
    let written = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&written).unwrap(), value);
    expected.assert_eq(&written);
}

#[test]
fn a_problem_has_the_members_of_rfc_9457_and_a_trace_id() {
    check::<Problem>(
        r#"{"type":"urn:weft:W0905","title":"not found","status":404,"detail":"no product `a.b`","code":"W0905",
            "trace_id":"0af7651916cd43dd8448eb211c80319c","of_tomorrow":1}"#,
        expect![[r#"
            {
              "type": "urn:weft:W0905",
              "title": "not found",
              "status": 404,
              "detail": "no product `a.b`",
              "code": "W0905",
              "trace_id": "0af7651916cd43dd8448eb211c80319c"
            }"#]],
    );
}

#[test]
fn the_asker_is_told_where_flight_is() {
    check::<Me>(
        r#"{"principal":"ana","kind":"user","groups":["analysts"],"flight":"grpc://127.0.0.1:8815"}"#,
        expect![[r#"
            {
              "principal": "ana",
              "kind": "user",
              "groups": [
                "analysts"
              ],
              "flight": "grpc://127.0.0.1:8815"
            }"#]],
    );
}

#[test]
fn a_port_is_written_in_camel_case() {
    check::<Page<Port>>(
        r#"{"items":[{"name":"fleet.aircraft.planes","description":"","kind":"seed","contract":{"id":"p","version":"1.0.0"},
            "columns":[{"name":"tailnum","description":"","type":"string","required":true,"unique":true,
            "primaryKeyPosition":1,"classification":null,"tags":[],"sees":"masked","mask":"null"}],"primaryKey":["tailnum"],
            "foreignKeys":[],"file":"p.odcs.yaml","readable":true,"hidesRows":false,"rows":3322,"bytes":null,"tableVersion":0,
            "release":1,"at":"2026-03-01T12:00:00Z","quality":{"passed":2,"failed":0,"unknown":0,"at":null},
            "serviceLevels":[]}],"next":null}"#,
        expect![[r#"
            {
              "items": [
                {
                  "name": "fleet.aircraft.planes",
                  "description": "",
                  "kind": "seed",
                  "contract": {
                    "id": "p",
                    "version": "1.0.0"
                  },
                  "columns": [
                    {
                      "name": "tailnum",
                      "description": "",
                      "type": "string",
                      "required": true,
                      "unique": true,
                      "primaryKeyPosition": 1,
                      "classification": null,
                      "tags": [],
                      "sees": "masked",
                      "mask": "null"
                    }
                  ],
                  "primaryKey": [
                    "tailnum"
                  ],
                  "foreignKeys": [],
                  "featureView": null,
                  "file": "p.odcs.yaml",
                  "readable": true,
                  "hidesRows": false,
                  "rows": 3322,
                  "bytes": null,
                  "tableVersion": 0,
                  "release": 1,
                  "at": "2026-03-01T12:00:00Z",
                  "quality": {
                    "passed": 2,
                    "failed": 0,
                    "unknown": 0,
                    "at": null
                  },
                  "serviceLevels": []
                }
              ],
              "next": null
            }"#]],
    );
}
