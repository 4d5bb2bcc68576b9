/* The dense layers: rows gathered from many arrays, multiplied and rectified.
 *
 * Every row is summed in the same order wherever it stands, so an answer never depends on a row's neighbours.
 */
#include "kernel.h"

enum { ROWS = 6, BLOCK = 8 * ROWS, LANES = 8, PANEL = 2 * LANES, DEPTH = 160 };
typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/* A part of the input: `width` columns from `column` on, copied from the row of `source` that a line's index tells.
 * The index is the line's number, looked up in `base` and what that gives in `relative`, each where there is one. */
typedef struct {
    const float *source;
    const Index *base, *relative;
    int64_t stride, width, column;
} Part;

/* `weight` (n_in, n_out) and `bias` (n_out). */
typedef struct {
    const float *weight, *bias;
    int64_t n_in, n_out;
} Layer;

/* A few values, the last ones twice where that saves a loop. */
static inline float *copy(const float *from, int64_t n, float *to)
{
    int64_t k = 0;
    for (; k + LANES <= n; k += LANES)
        *(Lanes *)(to + k) = *(const Lanes *)(from + k);
    if (n >= LANES && k < n)
        *(Lanes *)(to + n - LANES) = *(const Lanes *)(from + n - LANES);
    else
        for (; k < n; k++)
            to[k] = from[k];
    return to + n;
}

static inline __attribute__((always_inline)) void gather(
    const Part *parts, int64_t n_parts, int64_t line, float *restrict out)
{
    for (const Part *part = parts; part < parts + n_parts; part++) {
        int64_t index = part->base ? part->base[line] : line;
        index = part->relative ? part->relative[index] : index;
        const float *from = part->source + index * part->stride;
        copy(from, part->width, out + part->column);
    }
}

/* `n` rows times one panel, added to what `sums_of` holds, or to nothing where it is `fresh`; `depth` of the inputs' columns
 * and of the panel's rows. The numbers are known where this is compiled: the sums are held in registers. */
static inline __attribute__((always_inline)) void multiply_rows(
    const int n, const int fresh, const float *restrict inputs, int64_t stride, int64_t depth,
    const float *restrict panel, float *restrict sums_of)
{
    Lanes sums[ROWS][2];
#pragma GCC unroll 6
    for (int row = 0; row < n; row++) {
        sums[row][0] = fresh ? (Lanes){0} : *(Lanes *)(sums_of + row * PANEL);
        sums[row][1] = fresh ? (Lanes){0} : *(Lanes *)(sums_of + row * PANEL + LANES);
    }
    for (int64_t k = 0; k < depth; k++) {
        Lanes left = *(const Lanes *)(panel + k * PANEL), right = *(const Lanes *)(panel + k * PANEL + LANES);
#pragma GCC unroll 6
        for (int row = 0; row < n; row++) {
            float value = inputs[row * stride + k];
            sums[row][0] += value * left;
            sums[row][1] += value * right;
        }
    }
#pragma GCC unroll 6
    for (int row = 0; row < n; row++) {
        *(Lanes *)(sums_of + row * PANEL) = sums[row][0];
        *(Lanes *)(sums_of + row * PANEL + LANES) = sums[row][1];
    }
}

/* The same of up to ROWS rows; working memory has room for all of these. */
static inline void multiply_panel(
    int64_t rows, int fresh, const float *restrict inputs, int64_t stride, int64_t depth, const float *restrict panel,
    float *restrict sums_of)
{
    if (rows > ROWS / 2 && fresh)
        multiply_rows(ROWS, 1, inputs, stride, depth, panel, sums_of);
    else if (rows > ROWS / 2)
        multiply_rows(ROWS, 0, inputs, stride, depth, panel, sums_of);
    else if (fresh)
        multiply_rows(ROWS / 2, 1, inputs, stride, depth, panel, sums_of);
    else
        multiply_rows(ROWS / 2, 0, inputs, stride, depth, panel, sums_of);
}

/* How many panels a layer of so many outputs has. */
static inline int64_t panels_of(int64_t n_out) { return (n_out + PANEL - 1) / PANEL; }

/* A layer's weights by panels (n_panels, n_in, PANEL), the last one filled up with zeros. */
EXPORT void lw_pack(const float *weight, int64_t n_in, int64_t n_out, float *panels)
{
    for (int64_t column = 0; column < n_out; column += PANEL) {
        int64_t width = n_out - column < PANEL ? n_out - column : PANEL;
        float *panel = panels + column * n_in;
        for (int64_t k = 0; k < n_in; k++) {
            memcpy(panel + k * PANEL, weight + k * n_out + column, (size_t)width * sizeof *panel);
            memset(panel + k * PANEL + width, 0, (size_t)(PANEL - width) * sizeof *panel);
        }
    }
}

static float *packed(const Layer *layer)
{
    float *panels = aligned_alloc(64, (size_t)(panels_of(layer->n_out) * layer->n_in * PANEL) * sizeof *panels);
    if (panels)
        lw_pack(layer->weight, layer->n_in, layer->n_out, panels);
    return panels;
}

/* `rows` rows of inputs times a layer's panels, as `sums` (n_panels, BLOCK, PANEL), or added to these where they are not
 * `fresh`.
 *
 * The inputs' columns are taken DEPTH at a time, so that a panel's part stays in the nearest cache for all rows. */
static void multiply(
    int fresh, const float *panels, int64_t n_in, int64_t n_out, const float *inputs, int64_t rows, float *sums)
{
    int64_t n_panels = panels_of(n_out);
    for (int64_t begin = 0; begin < n_in; begin += DEPTH) {
        int64_t depth = n_in - begin < DEPTH ? n_in - begin : DEPTH;
        for (int64_t panel = 0; panel < n_panels; panel++)
            for (int64_t row = 0; row < rows; row += ROWS)
                multiply_panel(
                    rows - row, fresh && !begin, inputs + row * n_in + begin, n_in, depth,
                    panels + (panel * n_in + begin) * PANEL, sums + (panel * BLOCK + row) * PANEL);
    }
}

/* The sums with the bias, rectified or not, as rows of `out` (rows, n_out). */
static void finish(const float *bias_of, int64_t n_out, int64_t rows, float *sums, float *out, int rectify)
{
    for (int64_t panel = 0; panel < panels_of(n_out); panel++) {
        int64_t width = n_out - panel * PANEL < PANEL ? n_out - panel * PANEL : PANEL;
        float bias[PANEL] = {0};
        memcpy(bias, bias_of + panel * PANEL, (size_t)width * sizeof *bias);
        for (int64_t row = 0; row < rows; row++) {
            float *from = sums + (panel * BLOCK + row) * PANEL;
            for (int k = 0; k < PANEL; k++)
                from[k] += bias[k];
            if (rectify)
                for (int k = 0; k < PANEL; k++)
                    from[k] = from[k] > 0 ? from[k] : 0;
            float *to = out + row * n_out + panel * PANEL;
            copy(from, width, to);
        }
    }
}

/* Between `sums` of a block and rows of plain sums, `stride` apart. */
static inline void store_sums(const float *sums, int64_t n_out, int64_t rows, float *out, int64_t stride)
{
    for (int64_t panel = 0; panel < panels_of(n_out); panel++) {
        int64_t width = n_out - panel * PANEL < PANEL ? n_out - panel * PANEL : PANEL;
        for (int64_t row = 0; row < rows; row++)
            copy(sums + (panel * BLOCK + row) * PANEL, width, out + row * stride + panel * PANEL);
    }
}

static inline void add_panel(const float *from, float *to)
{
    for (int k = 0; k < PANEL; k += LANES)
        *(Lanes *)(to + k) += *(const Lanes *)(from + k);
}

static inline void add_to_sums(const float *values, int64_t n_out, int64_t row, float *restrict sums)
{
    for (int64_t panel = 0; panel < panels_of(n_out); panel++) {
        int64_t width = n_out - panel * PANEL < PANEL ? n_out - panel * PANEL : PANEL;
        float *to = sums + (panel * BLOCK + row) * PANEL;
        const float *from = values + panel * PANEL;
        if (width == PANEL)
            add_panel(from, to);
        else
            for (int64_t k = 0; k < width; k++)
                to[k] += from[k];
    }
}

/* One layer for `rows` rows of inputs; `sums` is working memory of BLOCK * PANEL for each panel. */
static void apply(
    const Layer *layer, const float *panels, const float *inputs, int64_t rows, float *sums, float *out, int rectify)
{
    multiply(1, panels, layer->n_in, layer->n_out, inputs, rows, sums);
    finish(layer->bias, layer->n_out, rows, sums, out, rectify);
}

/* A network of two layers (or of one, where `second` has no weight) over the inputs of all lines.
 *
 * `hidden` (n_lines, first.n_out) is left out where there is one layer; `logits` is (n_lines, n_out). Returns -1 where
 * memory is short.
 */
EXPORT int lw_network(
    const Part *parts, int64_t n_parts, int64_t n_lines, const Layer *first, const Layer *second, float *hidden,
    float *logits)
{
    int64_t n_in = first->n_in, n_out = second->weight ? second->n_out : first->n_out;
    int64_t widest = first->n_out > n_out ? first->n_out : n_out;
    float *inputs = calloc((size_t)(BLOCK * n_in), sizeof *inputs);
    float *middle = calloc((size_t)(BLOCK * first->n_out), sizeof *middle);
    float *sums = aligned_alloc(64, (size_t)((widest + PANEL) * BLOCK) * sizeof *sums);
    float *first_panels = packed(first), *second_panels = second->weight ? packed(second) : NULL;
    int result = inputs && middle && sums && first_panels && (second_panels || !second->weight) ? 0 : -1;
    for (int64_t line = 0; !result && line < n_lines; line += BLOCK) {
        int64_t rows = n_lines - line < BLOCK ? n_lines - line : BLOCK;
        for (int64_t row = 0; row < rows; row++)
            gather(parts, n_parts, line + row, inputs + row * n_in);
        if (!second->weight) {
            apply(first, first_panels, inputs, rows, sums, logits + line * n_out, 0);
            continue;
        }
        apply(first, first_panels, inputs, rows, sums, middle, 1);
        memcpy(hidden + line * first->n_out, middle, (size_t)(rows * first->n_out) * sizeof *hidden);
        apply(second, second_panels, middle, rows, sums, logits + line * n_out, 0);
    }
    free(inputs);
    free(middle);
    free(sums);
    free(first_panels);
    free(second_panels);
    return result;
}

/* The logistic function of `n` values, to about 1e-7: 2^x from its whole part and a polynomial of the rest. */
EXPORT void lw_sigmoid(const float *values, int64_t n, float *out)
{
    for (int64_t i = 0; i < n; i++) {
        float x = -values[i];
        x = x > 30.0f ? 30.0f : x;
        x = x < -30.0f ? -30.0f : x;
        float scaled = x * 1.44269504088896341f, shifted = scaled + 12582912.0f, whole = shifted - 12582912.0f;
        float rest = x - whole * 0.693359375f - whole * -2.12194440e-4f;
        float power = 1.9875691500e-4f;
        power = power * rest + 1.3981999507e-3f;
        power = power * rest + 8.3334519073e-3f;
        power = power * rest + 4.1665795894e-2f;
        power = power * rest + 1.6666665459e-1f;
        power = power * rest + 5.0000001201e-1f;
        power = power * rest * rest + rest + 1.0f;
        union { float f; int32_t i; } scale;
        scale.i = ((int32_t)whole + 127) << 23;
        out[i] = 1.0f / (1.0f + power * scale.f);
    }
}

/* Which values reach their column's two thresholds, as bit masks (n_lines); width <= 32. */
EXPORT void lw_masks(
    const float *values, int64_t n_lines, int64_t width, const uint8_t *sizes, const float *lower, const float *upper,
    uint32_t *given, uint32_t *possible)
{
    for (int64_t line = 0; line < n_lines; line++) {
        const float *least = lower + sizes[line] * width, *enough = upper + sizes[line] * width;
        uint32_t above_upper = 0, above_lower = 0;
        for (int64_t k = 0; k < width; k++) {
            above_upper |= (uint32_t)(values[line * width + k] >= enough[k]) << k;
            above_lower |= (uint32_t)(values[line * width + k] >= least[k]) << k;
        }
        given[line] = above_upper;
        possible[line] = above_lower & ~above_upper;
    }
}

/* Some columns of each row: out (n_rows, n_columns) of values (n_rows, width). */
EXPORT void lw_take_columns(
    const float *values, int64_t n_rows, int64_t width, const Index *columns, int64_t n_columns, float *out)
{
    for (int64_t row = 0; row < n_rows; row++)
        for (int64_t k = 0; k < n_columns; k++)
            *out++ = values[row * width + columns[k]];
}

/* As `lw_take_columns`, each the greater of a row's own value and that of the row which it continues. */
EXPORT void lw_carry_columns(
    const float *values, int64_t n_rows, int64_t width, const Index *columns, int64_t n_columns,
    const Index *continues, float *out)
{
    for (int64_t row = 0; row < n_rows; row++) {
        int64_t once = continues[row], twice = continues[once], rows[4] = {row, once, twice, continues[twice]};
        for (int64_t k = 0; k < n_columns; k++) {
            float highest = values[row * width + columns[k]];
            for (int i = 1; i < 4; i++) {
                float other = values[rows[i] * width + columns[k]];
                highest = other > highest ? other : highest;
            }
            *out++ = highest;
        }
    }
}

/* Put `from` (n_rows, n_columns) into some columns of `values` (n_rows, width). */
EXPORT void lw_put_columns(
    float *values, int64_t n_rows, int64_t width, const Index *columns, int64_t n_columns, const float *from)
{
    for (int64_t row = 0; row < n_rows; row++)
        for (int64_t k = 0; k < n_columns; k++)
            values[row * width + columns[k]] = *from++;
}

/* Rows of lines to rows with sentinels, which are zeros; `row_of_line` grows. */
EXPORT void lw_by_row(
    const float *values, int64_t n_lines, int64_t width, const Index *row_of_line, int64_t n_rows, float *out)
{
    int64_t line = 0;
    for (int64_t row = 0; row < n_rows; row++)
        if (line < n_lines && row_of_line[line] == row)
            memcpy(out + row * width, values + line++ * width, (size_t)width * sizeof *out);
        else
            memset(out + row * width, 0, (size_t)width * sizeof *out);
}

/* The end of `pipeline.settle`: what a blank line has, and what it has not (`taken`, one flag for each column). */
EXPORT void lw_settle_blanks(
    float *values, int64_t n_lines, int64_t width, const int32_t *indents, int64_t blank, const uint8_t *taken)
{
    for (int64_t line = 0; line < n_lines; line++) {
        float *row = values + line * width;
        if (indents[line] < 0)
            for (int64_t k = 0; k < width; k++)
                row[k] = taken[k] ? 0 : row[k];
        row[blank] = indents[line] < 0;
    }
}
