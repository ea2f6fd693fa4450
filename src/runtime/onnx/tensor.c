/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A TensorProto: its type, its shape, and where its data lies. */
#include "runtime/onnx/tensor.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

/* Fields of TensorProto. */
enum {
    DIMS = 1,
    DATA_TYPE = 2,
    FLOAT_DATA = 4,
    INT32_DATA = 5,
    STRING_DATA = 6,
    INT64_DATA = 7,
    NAME = 8,
    RAW_DATA = 9,
    DOUBLE_DATA = 10,
    UINT64_DATA = 11,
    EXTERNAL_DATA = 13,
    DATA_LOCATION = 14,
};

enum { EXTERNAL_KEY_SIZE = 16, EXTERNAL_NUMBER_SIZE = 24, DECIMAL = 10 };

/* By TensorProto.DataType; sizes of elements as raw_data holds them, 0 = not in whole bytes. */
static const struct {
    const char *name;
    spoti_dtype dtype;
    size_t size;
} TYPES[] = {
    {NULL, SPOTI_DTYPE_OTHER, 0},      {"F32", SPOTI_DTYPE_F32, 4},
    {"U8", SPOTI_DTYPE_OTHER, 1},      {"I8", SPOTI_DTYPE_OTHER, 1},
    {"U16", SPOTI_DTYPE_OTHER, 2},     {"I16", SPOTI_DTYPE_OTHER, 2},
    {"I32", SPOTI_DTYPE_OTHER, 4},     {"I64", SPOTI_DTYPE_OTHER, 8},
    {"STRING", SPOTI_DTYPE_OTHER, 0},  {"BOOL", SPOTI_DTYPE_OTHER, 1},
    {"F16", SPOTI_DTYPE_F16, 2},       {"F64", SPOTI_DTYPE_OTHER, 8},
    {"U32", SPOTI_DTYPE_OTHER, 4},     {"U64", SPOTI_DTYPE_OTHER, 8},
    {"C64", SPOTI_DTYPE_OTHER, 8},     {"C128", SPOTI_DTYPE_OTHER, 16},
    {"BF16", SPOTI_DTYPE_BF16, 2},     {"F8_E4M3", SPOTI_DTYPE_OTHER, 1},
    {"F8_E4M3", SPOTI_DTYPE_OTHER, 1}, {"F8_E5M2", SPOTI_DTYPE_OTHER, 1},
    {"F8_E5M2", SPOTI_DTYPE_OTHER, 1}, {"U4", SPOTI_DTYPE_OTHER, 0},
    {"I4", SPOTI_DTYPE_OTHER, 0},      {"F4", SPOTI_DTYPE_OTHER, 0},
};

const char *spoti_onnx_dtype(uint64_t number, spoti_dtype *dtype, size_t *size)
{
    if (number >= sizeof(TYPES) / sizeof(TYPES[0])) {
        return NULL;
    }
    *dtype = TYPES[number].dtype;
    *size = TYPES[number].size;
    return TYPES[number].name;
}

/* What was found of a TensorProto so far. */
typedef struct found {
    spoti_onnx_tensor t;
    uint64_t type;
    spoti_pb_range data; /* raw, or packed numbers of the type's own size */
    bool has_data;
    bool as_numbers; /* it lies in numbers of other sizes: listed, not read */
    bool external;
    char location[SPOTI_ONNX_FILE_NAME_SIZE];
    uint64_t offset, length;
    bool has_length;
} found;

static spot_status refuse(const spoti_onnx_parser *p, const found *f, const char *what)
{
    return spot_diag_set(p->reader.diag, SPOT_E_FORMAT, "%s: tensor '%.100s': %s",
                         p->reader.source.path, f->t.tensor.name, what);
}

static spot_status take_dim(spoti_onnx_parser *p, found *f, uint64_t size)
{
    spoti_tensor *t = &f->t.tensor;
    if (t->n_dim == SPOTI_TENSOR_DIMS_MAX || size > INT64_MAX || size > SIZE_MAX) {
        return refuse(p, f, "shape: expected at most 8 sizes, 0 or larger");
    }
    t->shape[t->n_dim++] = (size_t)size;
    return SPOT_OK;
}

/* Sizes come one a field, or packed. */
static spot_status take_dims(spoti_onnx_parser *p, found *f, const spoti_pb_field *field)
{
    spoti_pb_range packed = field->body;
    spot_status st = SPOT_OK;
    if (field->type == SPOTI_PB_VARINT) {
        return take_dim(p, f, field->value);
    }
    while (st == SPOT_OK && packed.begin < packed.end) {
        uint64_t size = 0;
        st = spoti_pb_varint(&p->reader, &packed, &size);
        st = st == SPOT_OK ? take_dim(p, f, size) : st;
    }
    return st;
}

static bool to_number(const char *text, uint64_t *out)
{
    *out = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || *out > (UINT64_MAX - 9) / DECIMAL) {
            return false;
        }
        *out = *out * DECIMAL + (uint64_t)(*c - '0');
    }
    return text[0] != '\0';
}

/* An entry key = value of external_data. */
static spot_status take_external(spoti_onnx_parser *p, found *f, spoti_pb_range entry)
{
    char key[EXTERNAL_KEY_SIZE] = "";
    char value[SPOTI_ONNX_FILE_NAME_SIZE] = "";
    spoti_pb_field field;
    bool more = true;
    spot_status st = spoti_pb_next(&p->reader, &entry, &field, &more);
    for (; st == SPOT_OK && more; st = spoti_pb_next(&p->reader, &entry, &field, &more)) {
        if (field.type == SPOTI_PB_BYTES && field.number == 1) {
            st = spoti_pb_text(&p->reader, field.body, key, sizeof(key));
        } else if (field.type == SPOTI_PB_BYTES && field.number == 2) {
            st = spoti_pb_text(&p->reader, field.body, value, sizeof(value));
        }
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (st == SPOT_OK && strcmp(key, "location") == 0) {
        memcpy(f->location, value, sizeof(value));
    } else if (st == SPOT_OK && strcmp(key, "offset") == 0) {
        return to_number(value, &f->offset) ? st : refuse(p, f, "offset: expected a whole number");
    } else if (st == SPOT_OK && strcmp(key, "length") == 0) {
        f->has_length = true;
        return to_number(value, &f->length) ? st : refuse(p, f, "length: expected a whole number");
    }
    return st;
}

static spot_status take_field(spoti_onnx_parser *p, found *f, const spoti_pb_field *field)
{
    const bool bytes = field->type == SPOTI_PB_BYTES;
    switch (field->number) {
    case DIMS:
        return take_dims(p, f, field);
    case DATA_TYPE:
        f->type = field->value;
        break;
    case NAME:
        return bytes ? spoti_pb_text(&p->reader, field->body, f->t.tensor.name,
                                     sizeof(f->t.tensor.name))
                     : SPOT_OK;
    case FLOAT_DATA:
    case RAW_DATA:
        if (!bytes || f->has_data) {
            return refuse(p, f, "data: expected once, in one piece");
        }
        f->data = field->body;
        f->has_data = true;
        break;
    case INT32_DATA:
    case STRING_DATA:
    case INT64_DATA:
    case DOUBLE_DATA:
    case UINT64_DATA:
        f->as_numbers = true;
        break;
    case EXTERNAL_DATA:
        return bytes ? take_external(p, f, field->body) : SPOT_OK;
    case DATA_LOCATION:
        f->external = field->value == 1;
        break;
    default:
        break;
    }
    return SPOT_OK;
}

/* A file beside the model and nowhere else. */
static bool is_beside(const char *location)
{
    return location[0] != '\0' && location[0] != '/' && strstr(location, "..") == NULL;
}

static spot_status place_outside(spoti_onnx_parser *p, found *f, size_t bytes)
{
    spoti_onnx *out = p->out;
    size_t i = 0;
    if (!is_beside(f->location)) {
        return refuse(p, f, "location: expected a file beside the model, without '..'");
    }
    if (f->offset > UINT64_MAX - bytes || (f->has_length && f->length != bytes)) {
        return refuse(p, f, "length: expected as many bytes as shape and type need");
    }
    while (i < out->n_file && strcmp(out->files[i], f->location) != 0) {
        i++;
    }
    if (i == SPOTI_ONNX_FILES_MAX) {
        return refuse(p, f, "location: expected at most 16 files of data");
    }
    memcpy(out->files[i], f->location, sizeof(out->files[i]));
    out->n_file = i == out->n_file ? i + 1 : out->n_file;
    f->t.file = i + 1;
    f->t.tensor.begin = (size_t)f->offset;
    f->t.tensor.end = (size_t)f->offset + bytes;
    return SPOT_OK;
}

/* Where the data lies, and whether it is as long as shape and type need. */
static spot_status place(spoti_onnx_parser *p, found *f)
{
    spoti_tensor *t = &f->t.tensor;
    size_t bytes = 0;
    t->n_element = 1;
    for (size_t i = 0; i < t->n_dim; i++) {
        if (!spoti_size_mul(t->n_element, t->shape[i], &t->n_element)) {
            return refuse(p, f, "shape: too many elements");
        }
    }
    if (f->as_numbers || t->element_size == 0) {
        t->dtype = SPOTI_DTYPE_OTHER; /* not as it lies in memory */
        return SPOT_OK;
    }
    if (!spoti_size_mul(t->n_element, t->element_size, &bytes)) {
        return refuse(p, f, "shape: too many bytes");
    }
    if (f->external) {
        return place_outside(p, f, bytes);
    }
    if (f->data.end - f->data.begin != bytes) {
        return refuse(p, f, "data: expected as many bytes as shape and type need");
    }
    t->begin = (size_t)f->data.begin;
    t->end = (size_t)f->data.end;
    return SPOT_OK;
}

static spot_status grow(spoti_onnx *out)
{
    if (out->n_tensor < out->n_room) {
        return SPOT_OK;
    }
    const size_t n_room = 2 * out->n_room + 16;
    spoti_onnx_tensor *more = spoti_alloc(out->allocator, n_room, sizeof(*more));
    if (more == NULL) {
        return SPOT_E_NOMEM;
    }
    if (out->n_tensor > 0) {
        memcpy(more, out->tensors, out->n_tensor * sizeof(*more));
    }
    spoti_free(out->allocator, out->tensors, out->n_room * sizeof(*more));
    out->tensors = more;
    out->n_room = n_room;
    return SPOT_OK;
}

spot_status spoti_onnx_take_tensor(spoti_onnx_parser *p, spoti_pb_range body, const char *name)
{
    found f = {.type = 0};
    spoti_pb_field field;
    bool more = true;
    spot_status st = spoti_pb_next(&p->reader, &body, &field, &more);
    for (; st == SPOT_OK && more; st = spoti_pb_next(&p->reader, &body, &field, &more)) {
        st = take_field(p, &f, &field);
        if (st != SPOT_OK) {
            return st;
        }
    }
    if (name != NULL) {
        (void)spoti_copy(f.t.tensor.name, sizeof(f.t.tensor.name), name);
    }
    f.t.tensor.dtype_name = spoti_onnx_dtype(f.type, &f.t.tensor.dtype, &f.t.tensor.element_size);
    if (st == SPOT_OK && f.t.tensor.dtype_name == NULL) {
        return refuse(p, &f, "data_type: expected one of the 23 of ONNX 1.16");
    }
    st = st == SPOT_OK ? place(p, &f) : st;
    if (st == SPOT_OK && p->out->n_tensor == SPOTI_ONNX_TENSORS_MAX) {
        return refuse(p, &f, "expected at most 65536 tensors");
    }
    st = st == SPOT_OK ? grow(p->out) : st;
    if (st == SPOT_OK) {
        p->out->tensors[p->out->n_tensor++] = f.t;
    }
    return st;
}
