//! Checks responses against the OpenAPI document. Supports only as much of JSON Schema as that
//! document uses.

use serde_json::Value;

/// Checks that the document describes this response of this route.
pub fn check(document: &Value, method: &str, path: &str, status: u16, body: &Value) {
    let here = format!("{method} {path}, {status}: {body}");
    let answers = &document["paths"][path][method.to_lowercase()]["responses"];
    let answer = resolved(document, &answers[status.to_string()]);
    let schema = &answer["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "not described: {here}");
    if let Err(reason) = fits(document, schema, body) {
        panic!("{reason}: {here}");
    }
}

fn resolved<'a>(document: &'a Value, node: &'a Value) -> &'a Value {
    match node["$ref"].as_str().and_then(|it| it.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")),
        None => node,
    }
}

fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(document, schema);
    let is_a = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the test does not support the type {other}"),
    };
    let fits_type = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is_a),
        name => is_a(name.as_str().unwrap_or_default()),
    };
    if !fits_type {
        return Err(format!("{value} is not of the type {}", schema["type"]));
    }
    if let Some(known) = schema["enum"].as_array().filter(|known| !known.contains(value)) {
        return Err(format!("{value} is not one of {known:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) => fits(document, schema, member)?,
            (None, Some(schema @ Value::Object(_))) => fits(document, schema, member)?,
            (None, Some(Value::Bool(false))) => return Err(format!("{name} is not described")),
            (None, _) => {}
        }
    }
    for item in value.as_array().into_iter().flatten() {
        fits(document, &schema["items"], item)?;
    }
    Ok(())
}
