/* Of `lw_next`: the sums of a context network's first layer, for a block of lines. */

enum { KEPT_KEYS = 4 };

/* Up to BLOCK lines: their rows, and their documents. */
typedef struct {
    int64_t rows[BLOCK], documents[BLOCK], count;
} Block;

/* What a context network reads, and its working memory: inputs and outputs of a block's lines or of rows that they share
 * (BLOCK, widest), sums of these and of shared rows (n_panels, BLOCK, PANEL). */
typedef struct {
    const Context *context;
    Passed passed;
    float *of_documents, *inputs, *sums, *shared, *hidden, *outputs;
} Work;

static inline int64_t line_of(const Block *block, int64_t k) { return block->rows[k] - block->documents[k] - 1; }

/* The input of one row that lines share, of the relation that a function knows. */
typedef void (*Put)(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to);

static void first_parent(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    to = put_ancestors(t, shown, &work->passed, t->parent, row, put_all(t, shown, row, to));
    int64_t after = t->next_sibling[row];
    const float *from = answers_of(t, shown, after);
    for (int64_t k = 0; k < t->model->n_carried; k++) {
        int64_t column = t->model->carried[k];
        to[k] = hides(t, shown, after) && t->model->of_constructs[column] ? 0 : from[column];
    }
}

static void first_enclosing(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    put_ancestors(t, shown, &work->passed, t->enclosing, row, put_all(t, shown, row, to));
}

static void first_single(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    (void)work;
    put_all(t, shown, row, to);
}

static void first_opener(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    (void)work;
    put_some(t, shown, row, t->model->openers, t->model->n_openers, to);
}

static float *second_answers(const Text *t, const Shown *shown, int64_t row, float *to)
{
    return copy(answers_of(t, shown, row), t->model->n_refined, to);
}

static void second_parent(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    put_ancestors(t, shown, &work->passed, t->parent, row, second_answers(t, shown, row, to));
}

static void second_enclosing(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    put_ancestors(t, shown, &work->passed, t->enclosing, row, second_answers(t, shown, row, to));
}

static void second_single(const Text *t, const Shown *shown, const Work *work, int64_t row, float *to)
{
    (void)work;
    second_answers(t, shown, row, to);
}

/* Add what the rows of one relation do to the block's sums; each row is multiplied once for all its lines.
 *
 * Where `step` is not 0, the rows that many steps away were counted for these already: the difference is added where
 * they are others. */
static void add_relation(
    const Text *t, const Shown *shown, const Group *group, const Index *relative, int step, Put put, const Block *block,
    Work *work)
{
    const Context *context = work->context;
    int64_t lines[BLOCK], number[BLOCK], seen[BLOCK], n_lines = 0, count = 0;
    for (int64_t row = 0; row < block->count; row++) {
        int64_t key = relative[block->rows[row]], counted = block->rows[row] + step, k = count - 1;
        if (step ? key == counted : t->is_sentinel[key])
            continue;
        for (; !step && k >= 0 && k >= count - KEPT_KEYS && seen[k] != key; k--)
            ;
        if (step || k < 0 || k < count - KEPT_KEYS) {
            float *to = work->inputs + count * group->n_in;
            put(t, shown, work, key, to);
            if (step) {
                put(t, shown, work, counted, work->outputs);
                for (int64_t i = 0; i < group->n_in; i++)
                    to[i] -= work->outputs[i];
            }
            seen[k = count++] = key;
        }
        lines[n_lines] = row;
        number[n_lines++] = k;
    }
    if (!count)
        return;
    multiply(1, group->weight, group->n_in, context->n_out, work->inputs, count, work->shared);
    for (int64_t panel = 0; panel < panels_of(context->n_out); panel++)
        for (int64_t k = 0; k < n_lines; k++)
            add_panel(
                work->shared + (panel * BLOCK + number[k]) * PANEL, work->sums + (panel * BLOCK + lines[k]) * PANEL);
}

static void clear_sums(int64_t n_out, float *sums)
{
    memset(sums, 0, (size_t)(panels_of(n_out) * BLOCK * PANEL) * sizeof *sums);
}

/* What a document adds to the first layer: its context, and where the network sees them the scores of its language and
 * the answers of its first line. */
static float *sums_of_documents(const Text *t, const Shown *shown, const Context *context, const float *scores)
{
    int64_t n_out = context->n_out, n_scores = context->language.n_in;
    float *sums;
    if (TAKE(sums, t->n_documents * n_out))
        return NULL;
    for (int64_t k = 0; k < t->n_documents; k++) {
        float *to = sums + k * n_out;
        memcpy(to, context->context.weight + t->contexts[k] * n_out, (size_t)n_out * sizeof *to);
        for (int64_t score = 0; score < n_scores; score++)
            if (scores[k * n_scores + score] != 0)
                for (int64_t i = 0; i < n_out; i++)
                    to[i] += scores[k * n_scores + score] * context->language.weight[score * n_out + i];
        if (!context->first_line.n_in)
            continue;
        /* Where a document has no line, this is the next one's sentinel, whose answers are zeros. */
        const float *first = answers_of(t, shown, t->line_offsets[k] + k + 1);
        for (int64_t label = 0; label < context->first_line.n_in; label++)
            for (int64_t i = 0; i < n_out; i++)
                to[i] += first[t->model->first_labels[label]] * context->first_line.weight[label * n_out + i];
    }
    return sums;
}

static int64_t widest_of(const Context *context, int64_t least)
{
    const Group *groups[] = {&context->own, &context->near, &context->previous_opaque, &context->next_opaque,
                             &context->parent, &context->enclosing, &context->matching, &context->next_lower,
                             &context->opener};
    for (size_t k = 0; k < sizeof groups / sizeof *groups; k++)
        least = groups[k]->n_in > least ? groups[k]->n_in : least;
    return least;
}

/* `n_sums`: of how many outputs the working memory must hold sums besides. */
static int begin_work(const Text *t, const Context *context, int64_t n_outputs, int64_t n_sums, int64_t least, Work *work)
{
    int64_t n_inputs = widest_of(context, least) * BLOCK, widest = context->n_out > n_sums ? context->n_out : n_sums;
    int64_t panels = panels_of(widest > n_outputs ? widest : n_outputs) * BLOCK * PANEL;
    work->context = context;
    if (begin_passed(t, &work->passed) || TAKE(work->inputs, n_inputs) || TAKE(work->sums, panels) || TAKE(work->shared, panels) ||
        TAKE(work->hidden, BLOCK * context->n_out) || TAKE(work->outputs, BLOCK * n_outputs))
        return -1;
    memset(work->inputs, 0, (size_t)n_inputs * sizeof(float));
    memset(work->hidden, 0, (size_t)(BLOCK * context->n_out) * sizeof(float));
    return 0;
}

static void end_work(Work *work)
{
    void *all[] = {work->passed.rows, work->passed.values, work->of_documents, work->inputs, work->sums, work->shared,
                   work->hidden, work->outputs};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        free(all[k]);
}
