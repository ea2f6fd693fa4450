/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A ModelProto and its graphs: which tensors there are, what goes in and what comes out. */
#include "runtime/onnx/onnx.h"

#include <string.h>

#include "core/base/alloc.h"
#include "runtime/onnx/tensor.h"

/* Fields of the messages. */
enum {
    MODEL_GRAPH = 7,
    GRAPH_NODE = 1,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_OUTPUT = 2,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_TENSOR = 5,
    ATTRIBUTE_GRAPH = 6,
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
};

static spot_status take_graph(spoti_onnx_parser *p, spoti_pb_range graph, int depth);

static spot_status refuse(const spoti_onnx_parser *p, const char *what)
{
    return spot_diag_set(p->reader.diag, SPOT_E_FORMAT, "%s: %s", p->reader.source.path, what);
}

/* Calls `take` with each field of a message that holds bytes. */
typedef spot_status (*take_fn)(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx);

static spot_status each(spoti_onnx_parser *p, spoti_pb_range message, take_fn take, void *ctx)
{
    spoti_pb_field field;
    bool more = true;
    spot_status st = spoti_pb_next(&p->reader, &message, &field, &more);
    while (st == SPOT_OK && more) {
        st = take(p, &field, ctx);
        st = st == SPOT_OK ? spoti_pb_next(&p->reader, &message, &field, &more) : st;
    }
    return st;
}

/* Inputs and outputs ------------------------------------------------------------------------------ */

static spot_status take_dim_value(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    int64_t *size = ctx;
    (void)p;
    if (field->number == DIM_VALUE && field->type == SPOTI_PB_VARINT && field->value > 0 &&
        field->value <= INT64_MAX) {
        *size = (int64_t)field->value;
    }
    return SPOT_OK;
}

static spot_status take_dim(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    spoti_onnx_value *v = ctx;
    if (field->number != SHAPE_DIM || field->type != SPOTI_PB_BYTES) {
        return SPOT_OK;
    }
    if (v->n_dim == SPOTI_TENSOR_DIMS_MAX) {
        return refuse(p, "an input or output of more than 8 dimensions, expected fewer");
    }
    v->shape[v->n_dim] = -1;
    return each(p, field->body, take_dim_value, &v->shape[v->n_dim++]);
}

static spot_status take_tensor_type(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    spoti_onnx_value *v = ctx;
    if (field->number == TENSOR_ELEMENT && field->type == SPOTI_PB_VARINT) {
        spoti_dtype dtype;
        size_t size = 0;
        const char *name = spoti_onnx_dtype(field->value, &dtype, &size);
        v->dtype = name != NULL ? name : v->dtype;
    }
    return field->number == TENSOR_SHAPE && field->type == SPOTI_PB_BYTES
               ? each(p, field->body, take_dim, v)
               : SPOT_OK;
}

static spot_status take_type(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    return field->number == TYPE_TENSOR && field->type == SPOTI_PB_BYTES
               ? each(p, field->body, take_tensor_type, ctx)
               : SPOT_OK;
}

static spot_status take_value_field(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    spoti_onnx_value *v = ctx;
    if (field->number == VALUE_NAME && field->type == SPOTI_PB_BYTES) {
        return spoti_pb_text(&p->reader, field->body, v->name, sizeof(v->name));
    }
    return field->number == VALUE_TYPE && field->type == SPOTI_PB_BYTES
               ? each(p, field->body, take_type, v)
               : SPOT_OK;
}

static spot_status take_value(spoti_onnx_parser *p, spoti_pb_range body, spoti_onnx_value *values,
                              size_t *n)
{
    if (*n == SPOTI_ONNX_VALUES_MAX) {
        return refuse(p, "more than 256 inputs or outputs, expected fewer");
    }
    spoti_onnx_value *v = &values[(*n)++];
    *v = (spoti_onnx_value){.dtype = "?"};
    return each(p, body, take_value_field, v);
}

/* Nodes ------------------------------------------------------------------------------------------- */

typedef struct node {
    char output[SPOTI_TENSOR_NAME_SIZE]; /* the first; names a constant */
    int depth;
} node;

static spot_status take_attribute(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    const node *n = ctx;
    if (field->type != SPOTI_PB_BYTES) {
        return SPOT_OK;
    }
    return field->number == ATTRIBUTE_TENSOR  ? spoti_onnx_take_tensor(p, field->body, n->output)
           : field->number == ATTRIBUTE_GRAPH ? take_graph(p, field->body, n->depth + 1)
                                              : SPOT_OK;
}

static spot_status take_output(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    node *n = ctx;
    return field->number == NODE_OUTPUT && field->type == SPOTI_PB_BYTES && n->output[0] == '\0'
               ? spoti_pb_text(&p->reader, field->body, n->output, sizeof(n->output))
               : SPOT_OK;
}

static spot_status take_attributes(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    return field->number == NODE_ATTRIBUTE && field->type == SPOTI_PB_BYTES
               ? each(p, field->body, take_attribute, ctx)
               : SPOT_OK;
}

static spot_status take_node(spoti_onnx_parser *p, spoti_pb_range body, int depth)
{
    node n = {.output = "", .depth = depth};
    const spot_status st = each(p, body, take_output, &n); /* which may stand behind */
    return st == SPOT_OK ? each(p, body, take_attributes, &n) : st;
}

/* Graphs ------------------------------------------------------------------------------------------ */

static spot_status take_graph_field(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    const int depth = *(const int *)ctx;
    spoti_onnx *out = p->out;
    if (field->type != SPOTI_PB_BYTES) {
        return SPOT_OK;
    }
    switch (field->number) {
    case GRAPH_NODE:
        return take_node(p, field->body, depth);
    case GRAPH_INITIALIZER:
        return spoti_onnx_take_tensor(p, field->body, NULL);
    case GRAPH_INPUT:
        return depth == 0 ? take_value(p, field->body, out->inputs, &out->n_input) : SPOT_OK;
    case GRAPH_OUTPUT:
        return depth == 0 ? take_value(p, field->body, out->outputs, &out->n_output) : SPOT_OK;
    default:
        return SPOT_OK;
    }
}

static spot_status take_graph(spoti_onnx_parser *p, spoti_pb_range graph, int depth)
{
    if (depth == SPOTI_ONNX_DEPTH_MAX) {
        return refuse(p, "graphs in nodes of graphs, more than 8 deep, expected fewer");
    }
    return each(p, graph, take_graph_field, &depth);
}

static spot_status take_model_field(spoti_onnx_parser *p, const spoti_pb_field *field, void *ctx)
{
    int *n_graph = ctx;
    if (field->number != MODEL_GRAPH || field->type != SPOTI_PB_BYTES) {
        return SPOT_OK;
    }
    ++*n_graph;
    return *n_graph == 1 ? take_graph(p, field->body, 0)
                         : refuse(p, "two graphs, expected an ONNX model of one");
}

/* Older files list weights among the inputs. */
static void drop_weights(spoti_onnx *out)
{
    size_t n = 0;
    for (size_t i = 0; i < out->n_input; i++) {
        bool weight = false;
        for (size_t k = 0; k < out->n_tensor && !weight; k++) {
            weight = strcmp(out->inputs[i].name, out->tensors[k].tensor.name) == 0;
        }
        if (!weight) {
            out->inputs[n++] = out->inputs[i];
        }
    }
    out->n_input = n;
}

spot_status spoti_onnx_read(const spoti_pb_source *source, const spot_allocator *allocator,
                            spoti_onnx *out, spot_diag *diag)
{
    spoti_onnx_parser p = {.out = out};
    int n_graph = 0;
    memset(out, 0, sizeof(*out));
    out->allocator = allocator;
    spoti_pb_open(source, diag, &p.reader);
    spot_status st = each(&p, (spoti_pb_range){0, source->size}, take_model_field, &n_graph);
    if (st == SPOT_OK && n_graph == 0) {
        st = refuse(&p, "no graph, expected an ONNX model");
    }
    if (st == SPOT_OK) {
        drop_weights(out);
    } else {
        spoti_onnx_close(out);
    }
    return st;
}

void spoti_onnx_close(spoti_onnx *model)
{
    spoti_free(model->allocator, model->tensors, model->n_room * sizeof(*model->tensors));
    memset(model, 0, sizeof(*model));
}
