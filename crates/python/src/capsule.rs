//! Tables taken over from whoever speaks Arrow's PyCapsule interface, without a copy.
//!
//! The only unsafe code of the project: a capsule is a pointer with a name, and the name is a promise
//! of the other library about what it points to.

#![allow(unsafe_code, reason = "structures of C are moved out of the capsules of other libraries")]

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array as _, RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray};
use arrow_schema::{ArrowError, DataType, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple, PyType};

const STREAM: &str = "__arrow_c_stream__";
const ARRAY: &str = "__arrow_c_array__";

/// Rows that come batch by batch, from any thread.
pub(crate) type Reader = Box<dyn RecordBatchReader + Send>;

/// Whether an object speaks the interface. A class has the methods too, but no rows.
pub(crate) fn is_table(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(!object.is_instance_of::<PyType>() && (object.hasattr(STREAM)? || object.hasattr(ARRAY)?))
}

/// The rows of an object that does.
pub(crate) fn reader(object: &Bound<'_, PyAny>) -> PyResult<Reader> {
    match object.getattr_opt(STREAM)? {
        Some(export) => from_stream(&export.call0()?),
        None => from_array(&object.call_method0(ARRAY)?),
    }
}

fn from_stream(capsule: &Bound<'_, PyAny>) -> PyResult<Reader> {
    let pointer = capsule.cast::<PyCapsule>()?.pointer_checked(Some(c"arrow_array_stream"))?;
    let pointer = pointer.cast::<FFI_ArrowArrayStream>().as_ptr();
    // SAFETY: by the interface a capsule of this name holds a valid, aligned and initialised stream, and
    // it is ours to move out of: `from_raw` leaves a released one behind, which the capsule's destructor
    // then has nothing to do with. Nobody else touches the capsule meanwhile, as we are attached.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer) };
    // Asking for the schema may begin to work, such as a query.
    let reader = capsule.py().detach(move || RecordBatchStreamReader::try_new(stream)).map_err(no_table)?;
    Ok(Box::new(reader))
}

fn from_array(capsules: &Bound<'_, PyAny>) -> PyResult<Reader> {
    let capsules = capsules.cast::<PyTuple>()?;
    let pointer = |place, name| capsules.get_item(place)?.cast::<PyCapsule>()?.pointer_checked(Some(name));
    let schema = pointer(0, c"arrow_schema")?.cast::<FFI_ArrowSchema>().as_ptr();
    let array = pointer(1, c"arrow_array")?.cast::<FFI_ArrowArray>().as_ptr();
    // SAFETY: as above: by its name the capsule, which the tuple keeps alive, holds a valid schema; it is
    // moved out and left released.
    let schema = unsafe { FFI_ArrowSchema::from_raw(schema) };
    // SAFETY: as above, of the array.
    let array = unsafe { FFI_ArrowArray::from_raw(array) };
    if schema.release().is_none() || array.is_released() {
        return Err(PyTypeError::new_err("the array is already released"));
    }
    // SAFETY: by the interface the two were exported together, so that the schema describes the array.
    let data = unsafe { from_ffi(array, &schema) }.map_err(no_table)?;
    if !matches!(data.data_type(), DataType::Struct(_)) {
        return Err(PyTypeError::new_err(format!("a table has named columns; this is one of {}", data.data_type())));
    }
    let rows = StructArray::from(data);
    if rows.null_count() > 0 {
        return Err(PyTypeError::new_err("rows that are null as a whole are no table"));
    }
    let batch = RecordBatch::from(rows);
    let schema = batch.schema();
    Ok(Box::new(RecordBatchIterator::new([Ok::<_, ArrowError>(batch)], schema)))
}

fn no_table(error: ArrowError) -> PyErr {
    PyTypeError::new_err(format!("not a table: {error}"))
}

/// A table as a stream for any other library.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    schema: &SchemaRef,
    batches: &[RecordBatch],
) -> PyResult<Bound<'py, PyCapsule>> {
    let batches: Vec<Result<_, ArrowError>> = batches.iter().cloned().map(Ok).collect();
    let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new(batches, schema.clone())));
    PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
}

/// Names and types of a table for any other library.
pub(crate) fn schema<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = FFI_ArrowSchema::try_from(&**schema).map_err(no_table)?;
    PyCapsule::new_with_value(py, exported, c"arrow_schema")
}
