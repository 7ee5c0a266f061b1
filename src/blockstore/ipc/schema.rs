//! The schemas that blocks and roots have, written to and compared with Arrow's flatbuffers.

use arrow::ipc;
use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, Vector, WIPOffset};

use crate::blockstore::key::KeyType;
use crate::blockstore::value::ValueType;

/// The Arrow types in use.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DataType {
    Utf8,
    Binary,
    UInt32,
    Float32,
    Boolean,
    FixedSizeBinary(i32),
    List(&'static Field),
    Struct(&'static [Field]),
}

/// A column, or a child of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub name: &'static str,
    pub nullable: bool,
    pub data_type: DataType,
}

impl Field {
    pub(crate) const fn new(name: &'static str, data_type: DataType) -> Self {
        Self { name, nullable: false, data_type }
    }

    const fn nullable(name: &'static str, data_type: DataType) -> Self {
        Self { name, nullable: true, data_type }
    }

    fn children(&self) -> &'static [Field] {
        match self.data_type {
            DataType::List(item) => std::slice::from_ref(item),
            DataType::Struct(fields) => fields,
            _ => &[],
        }
    }
}

const UINT32_ITEM: Field = Field::new("item", DataType::UInt32);
const FLOAT32_ITEM: Field = Field::new("item", DataType::Float32);

const DATA_RECORD: [Field; 4] = [
    Field::new("id", DataType::Utf8),
    Field::nullable("metadata", DataType::Binary),
    Field::nullable("document", DataType::Utf8),
    Field::nullable("uri", DataType::Utf8),
];

const POSTING_LIST: [Field; 3] = [
    Field::new("offset_ids", DataType::List(&UINT32_ITEM)),
    Field::new("versions", DataType::List(&UINT32_ITEM)),
    Field::new("embeddings", DataType::List(&FLOAT32_ITEM)),
];

const fn key_type(key: KeyType) -> DataType {
    match key {
        KeyType::String => DataType::Utf8,
        KeyType::U32 => DataType::UInt32,
        KeyType::F32 => DataType::Float32,
        KeyType::Bool => DataType::Boolean,
    }
}

const fn value_type(value: ValueType) -> DataType {
    match value {
        ValueType::String => DataType::Utf8,
        ValueType::U32 => DataType::UInt32,
        ValueType::U32List => DataType::List(&UINT32_ITEM),
        ValueType::F32List => DataType::List(&FLOAT32_ITEM),
        ValueType::RoaringBitmap | ValueType::Bytes => DataType::Binary,
        ValueType::DataRecord => DataType::Struct(&DATA_RECORD),
        ValueType::PostingList => DataType::Struct(&POSTING_LIST),
    }
}

/// Columns of a block.
pub(crate) const fn block_fields(key: KeyType, value: ValueType) -> [Field; 3] {
    [
        Field::new("prefix", DataType::Utf8),
        Field::new("key", key_type(key)),
        Field::new("value", value_type(value)),
    ]
}

/// Columns of a root.
pub(crate) const fn root_fields(key: KeyType) -> [Field; 4] {
    [
        Field::new("prefix", DataType::Utf8),
        Field::new("key", key_type(key)),
        Field::new("block_id", DataType::FixedSizeBinary(16)),
        Field::new("count", DataType::UInt32),
    ]
}

/// A list of metadata entries inside of a flatbuffer.
pub(super) type KeyValues<'a> = Vector<'a, ForwardsUOffset<ipc::KeyValue<'a>>>;

/// Writes metadata entries.
pub(super) fn write_key_values<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    entries: &[(&str, String)],
) -> WIPOffset<KeyValues<'a>> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| {
            let key = Some(builder.create_string(key));
            let value = Some(builder.create_string(value));
            ipc::KeyValue::create(builder, &ipc::KeyValueArgs { key, value })
        })
        .collect();
    builder.create_vector(&entries)
}

/// The value of a metadata entry.
pub(super) fn find_value<'a>(entries: Option<KeyValues<'a>>, key: &str) -> Option<&'a str> {
    entries?.iter().find(|entry| entry.key() == Some(key))?.value()
}

/// Writes a schema.
pub(super) fn write_schema<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    fields: &[Field],
    metadata: &[(&str, String)],
) -> WIPOffset<ipc::Schema<'a>> {
    let fields = write_fields(builder, fields);
    let custom_metadata = (!metadata.is_empty()).then(|| write_key_values(builder, metadata));
    let args = ipc::SchemaArgs { fields: Some(fields), custom_metadata, ..Default::default() };
    ipc::Schema::create(builder, &args)
}

fn write_fields<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    fields: &[Field],
) -> WIPOffset<Vector<'a, ForwardsUOffset<ipc::Field<'a>>>> {
    let fields: Vec<_> = fields.iter().map(|field| write_field(builder, field)).collect();
    builder.create_vector(&fields)
}

fn write_field<'a>(builder: &mut FlatBufferBuilder<'a>, field: &Field) -> WIPOffset<ipc::Field<'a>> {
    let children = write_fields(builder, field.children());
    let name = builder.create_string(field.name);
    let (type_type, type_) = match field.data_type {
        DataType::Utf8 => (ipc::Type::Utf8, ipc::Utf8::create(builder, &ipc::Utf8Args {}).as_union_value()),
        DataType::Binary => {
            (ipc::Type::Binary, ipc::Binary::create(builder, &ipc::BinaryArgs {}).as_union_value())
        }
        DataType::UInt32 => {
            let args = ipc::IntArgs { bitWidth: 32, is_signed: false };
            (ipc::Type::Int, ipc::Int::create(builder, &args).as_union_value())
        }
        DataType::Float32 => {
            let args = ipc::FloatingPointArgs { precision: ipc::Precision::SINGLE };
            (ipc::Type::FloatingPoint, ipc::FloatingPoint::create(builder, &args).as_union_value())
        }
        DataType::Boolean => {
            (ipc::Type::Bool, ipc::Bool::create(builder, &ipc::BoolArgs {}).as_union_value())
        }
        DataType::FixedSizeBinary(width) => {
            let args = ipc::FixedSizeBinaryArgs { byteWidth: width };
            (ipc::Type::FixedSizeBinary, ipc::FixedSizeBinary::create(builder, &args).as_union_value())
        }
        DataType::List(_) => {
            (ipc::Type::List, ipc::List::create(builder, &ipc::ListArgs {}).as_union_value())
        }
        DataType::Struct(_) => {
            (ipc::Type::Struct_, ipc::Struct_::create(builder, &ipc::Struct_Args {}).as_union_value())
        }
    };
    let args = ipc::FieldArgs {
        name: Some(name),
        nullable: field.nullable,
        type_type,
        type_: Some(type_),
        children: Some(children),
        ..Default::default()
    };
    ipc::Field::create(builder, &args)
}

/// Whether a schema has exactly these fields.
pub(super) fn matches(schema: ipc::Schema<'_>, fields: &[Field]) -> bool {
    schema.endianness() == ipc::Endianness::Little && fields_match(schema.fields(), fields)
}

fn fields_match(found: Option<Vector<'_, ForwardsUOffset<ipc::Field<'_>>>>, expected: &[Field]) -> bool {
    match found {
        Some(found) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| field_matches(found, expected))
        }
        None => expected.is_empty(),
    }
}

fn field_matches(found: ipc::Field<'_>, expected: &Field) -> bool {
    let type_matches = match expected.data_type {
        DataType::Utf8 => found.type_type() == ipc::Type::Utf8,
        DataType::Binary => found.type_type() == ipc::Type::Binary,
        DataType::UInt32 => found.type_as_int().is_some_and(|int| int.bitWidth() == 32 && !int.is_signed()),
        DataType::Float32 => {
            found.type_as_floating_point().is_some_and(|float| float.precision() == ipc::Precision::SINGLE)
        }
        DataType::Boolean => found.type_type() == ipc::Type::Bool,
        DataType::FixedSizeBinary(width) => {
            found.type_as_fixed_size_binary().is_some_and(|binary| binary.byteWidth() == width)
        }
        DataType::List(_) => found.type_type() == ipc::Type::List,
        DataType::Struct(_) => found.type_type() == ipc::Type::Struct_,
    };
    type_matches
        && found.name() == Some(expected.name)
        && found.nullable() == expected.nullable
        && found.dictionary().is_none()
        && fields_match(found.children(), expected.children())
}
