/* Of `lw_next`: what rows show each other of their answers. */

enum { LEVELS_UP = 32, MAX_LABELS = 32 };

/* Some rows' answers, found by the row's number: of a set of rows as bits, and how many of it are before each 64. */
typedef struct {
    uint64_t *chosen;
    Index *before;
    float *answers;
} Kept;

/* The answers that relatives show each other: of the line network, without constructs where a row lies inside of a
 * comment or string that begins above it; then of the first context network, of which only the rows begin:end and those
 * that are kept are there, each with the labels first that the second network refines. Sentinels, and no others, may be
 * missing: they show zeros. `carried` is which columns a row passes on. */
typedef struct {
    const float *near;
    int64_t begin, end;
    const Kept *kept;
    const int32_t *carried;
    int gated;
} Shown;

static const float NOTHING[MAX_LABELS];

static inline int is_kept(const Kept *kept, int64_t row) { return (int)(kept->chosen[row >> 6] >> (row & 63) & 1); }

static inline float *kept_answers(const Kept *kept, int64_t row, int64_t n_labels)
{
    uint64_t below = kept->chosen[row >> 6] & (((uint64_t)1 << (row & 63)) - 1);
    return kept->answers + (kept->before[row >> 6] + __builtin_popcountll(below)) * n_labels;
}

static inline const float *answers_of(const Text *t, const Shown *shown, int64_t row)
{
    int64_t n = t->model->n_labels;
    if (row >= shown->begin && row < shown->end)
        return shown->near + (row - shown->begin) * n;
    return shown->kept && is_kept(shown->kept, row) ? kept_answers(shown->kept, row, n) : NOTHING;
}

static inline int hides(const Text *t, const Shown *shown, int64_t row)
{
    return shown->gated && !t->is_sentinel[t->opener[row]];
}

static inline float *put_all(const Text *t, const Shown *shown, int64_t row, float *to)
{
    int64_t n = t->model->n_labels;
    copy(answers_of(t, shown, row), n, to);
    if (hides(t, shown, row))
        for (int64_t k = 0; k < n; k++)
            to[k] = t->model->of_constructs[k] ? 0 : to[k];
    return to + n;
}

static inline float *put_some(
    const Text *t, const Shown *shown, int64_t row, const int32_t *columns, int64_t n, float *to)
{
    const float *from = answers_of(t, shown, row);
    for (int64_t k = 0; k < n; k++)
        to[k] = from[columns[k]];
    return to + n;
}

/* What a row passes on to its descendants: `context._carried`. */
static inline void carry_on(const Text *t, const Shown *shown, int64_t row, float *to)
{
    const Model *model = t->model;
    int64_t once = t->continues[row], twice = t->continues[once], rows[4] = {row, once, twice, t->continues[twice]};
    for (int64_t k = 0; k < model->n_carried; k++)
        to[k] = 0;
    for (int i = 0; i < 4; i++) {
        if (i && t->is_sentinel[rows[i]])
            continue;
        const float *from = answers_of(t, shown, rows[i]);
        int hidden = hides(t, shown, rows[i]);
        for (int64_t k = 0; k < model->n_carried; k++) {
            int64_t column = shown->carried[k];
            float value = hidden && model->of_constructs[column] ? 0 : from[column];
            to[k] = value > to[k] ? value : to[k];
        }
    }
}

/* What rows pass on, of those that were asked for last: a row's place among them is told by its last bits. */
enum { N_PASSED = 1 << 10 };

typedef struct {
    Index *rows; /* -1 where there is none */
    float *values; /* (N_PASSED, n_carried) */
} Passed;

static int begin_passed(const Text *t, Passed *passed)
{
    if (TAKE(passed->rows, N_PASSED) || TAKE(passed->values, N_PASSED * t->model->n_carried))
        return -1;
    memset(passed->rows, 0xFF, N_PASSED * sizeof *passed->rows);
    return 0;
}

static inline const float *passed_on_by(const Text *t, const Shown *shown, const Passed *passed, int64_t row)
{
    int64_t place = row & (N_PASSED - 1);
    float *values = passed->values + place * t->model->n_carried;
    if (passed->rows[place] != row) {
        carry_on(t, shown, row, values);
        passed->rows[place] = (Index)row;
    }
    return values;
}

/* What a row shows its children of itself and its nearest ancestors, 32 rows in all: `structure.ancestor_maximum`. */
static inline float *put_ancestors(
    const Text *t, const Shown *shown, const Passed *passed, const Index *above_of, int64_t row, float *to)
{
    int64_t width = t->model->n_carried;
    copy(passed_on_by(t, shown, passed, row), width, to);
    for (int level = 1; level < LEVELS_UP && !t->is_sentinel[row = above_of[row]]; level++) {
        const float *from = passed_on_by(t, shown, passed, row);
        for (int64_t k = 0; k < width; k++)
            to[k] = from[k] > to[k] ? from[k] : to[k];
    }
    return to + width;
}
