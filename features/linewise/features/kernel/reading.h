/* Of `lw_begin`: from bytes to what each line says by itself, some lines at a time. Of the text itself only that is kept
 * which distant lines need: see `brackets`, `mentions`, `heredocs` and `traits` of `Text`. */

enum { VECTOR_LINES = 96 };
enum { MAX_FEATURES = FEATURES_PER_LINE + FEATURES_PER_TOKEN * MAX_TOKENS_PER_LINE };

/* The hidden layer of the line network for some lines: sums of codes are kept, from which it is had again for little. */
static void sum_lines(
    const Text *t, int64_t begin, int64_t n_lines, const int32_t *indices, const Index *offsets, float *hidden)
{
    const Model *model = t->model;
    int64_t width = model->n_hidden;
    if (!model->codes) {
        lw_sum_rows(indices, offsets, n_lines, model->words, model->words_bias, width, hidden);
        memcpy((float *)t->own + begin * width, hidden, (size_t)(n_lines * width) * sizeof *hidden);
        return;
    }
    for (int64_t line = 0; line < n_lines; line++) {
        int16_t *sum = (int16_t *)t->own + (begin + line) * width;
        sum_codes(indices, offsets[line], offsets[line + 1], offsets[n_lines], model->codes, width, sum);
        scale_codes(sum, model->scale, model->words_bias, width, hidden + line * width);
    }
}

/* What a line itself shows the first context network: that hidden layer, and its own probabilities. */
static void put_own(const Text *t, int64_t line, const float *probabilities, float *to)
{
    const Model *model = t->model;
    int64_t width = model->n_hidden;
    if (model->codes)
        scale_codes((const int16_t *)t->own + line * width, model->scale, model->words_bias, width, to);
    else
        copy((const float *)t->own + line * width, width, to);
    copy(probabilities, model->n_labels, to + width);
}


/* Working memory of `answer_lines`. */
typedef struct {
    int32_t *indices;
    float *hidden, *logits, *answers, *sums;
} Scratch;

/* What the lines begin:end of the window say by themselves: their labels' probabilities, and whether they lie inside of
 * something. */
static void answer_lines(Text *t, const Window *window, int64_t begin, int64_t end, Scratch *work)
{
    const Model *model = t->model;
    int64_t n_hidden = model->n_hidden, n_labels = model->n_labels, n_line = model->line.n_out;
    Index offsets[VECTOR_LINES + 1];
    for (int64_t stop; begin < end; begin = stop) {
        stop = end - begin < VECTOR_LINES ? end : begin + VECTOR_LINES;
        lw_vector_offsets(window->first + begin, stop - begin, offsets);
        lw_line_vectors(
            window->data, window->line_starts, window->n_lines, window->first, window->kinds, window->exact,
            window->abstract, window->of_token, window->open_at_end, t->indents + window->begin, window->languages,
            window->documents, window->balances, begin, stop, work->indices);
        sum_lines(t, window->begin + begin, stop - begin, work->indices, offsets, work->hidden);
        for (int64_t block = begin; block < stop; block += BLOCK) {
            int64_t rows = stop - block < BLOCK ? stop - block : BLOCK;
            apply(
                &model->line, model->line.weight, work->hidden + (block - begin) * n_hidden, rows, work->sums,
                work->logits, 0);
            for (int64_t row = 0; row < rows; row++) {
                const float *from = work->logits + row * n_line;
                copy(from, n_labels, work->answers + row * n_labels);
                t->inside_logits[window->begin + block + row] = from[n_labels];
            }
            lw_sigmoid(work->answers, rows * n_labels, work->answers);
            for (int64_t row = 0; row < rows; row++) {
                int64_t line = window->begin + block + row;
                copy(
                    work->answers + row * n_labels, n_labels,
                    t->probabilities + (line + window->documents[block + row] + 1) * n_labels);
            }
        }
    }
}

/* Find the indentation and tokens of the window's lines from `line` on. */
static int find_tokens(Text *t, Window *window, int64_t line)
{
    lw_indentation(
        window->data, t->model->white_space, window->line_starts + line, window->line_ends + line,
        window->n_lines - line, t->indents + window->begin + line);
    spend(t, AT_LINES);
    int failed = tokenize(window, t->model, line);
    spend(t, AT_TOKENS);
    return failed;
}

/* Read the comments and strings of these lines, and keep what later steps need of them. */
static int read_window(Text *t, Window *window, int64_t line)
{
    int64_t begin = window->begin + line;
    for (int64_t k = line; k < window->n_lines; k++)
        window->languages[k] = t->language_of[window->documents[k]];
    lw_read_states(
        window->data, window->starts, window->ends, window->kinds, window->first + line, window->n_lines - line,
        window->languages + line, t->model->transitions, window->of_token, t->line_maps + begin * N_STATES,
        t->line_shown + begin * N_STATES, window->open_at_end + line, t->stray_close + begin);
    spend(t, AT_STATES);
    int failed = keep_text(t, window, line);
    spend(t, AT_STRUCTURE);
    return failed;
}

/* Read all lines: a window of them at a time, each but its last, whose next line is not there yet. */
static int read_lines(Text *t, Reader *reader, const int32_t *given, float *scores)
{
    const Model *model = t->model;
    int64_t n_settled = 0, unanswered = 0, n_labels = model->n_labels, n_line = model->line.n_out;
    Window window = {0};
    Scratch work = {0};
    int failed = TAKE(work.indices, VECTOR_LINES * MAX_FEATURES) || TAKE(work.hidden, VECTOR_LINES * model->n_hidden) ||
                 TAKE(work.logits, BLOCK * n_line) || TAKE(work.answers, BLOCK * n_labels) ||
                 TAKE(work.sums, panels_of(n_line) * BLOCK * PANEL) || reserve_lines(&window, 1) ||
                 reserve_bytes(&window, 0);
    if (!failed)
        window.first[0] = 0;
    while (!failed && (window.begin + window.n_lines < t->n_lines || n_settled < t->n_documents)) {
        int64_t line = window.n_lines;
        failed = add_documents(&window, reader, t->n_documents, WINDOW_LINES, WINDOW_BYTES);
        int is_piecemeal = !failed && window.n_lines == line && reader->document < t->n_documents;
        failed = failed || (!is_piecemeal && find_tokens(t, &window, line));
        /* A long line's language is found before it is read, as that tells how. */
        int64_t end = window.begin + window.n_lines + is_piecemeal, is_last = end == t->n_lines;
        int64_t settles_all = is_last && !is_piecemeal;
        for (; !failed && n_settled < t->n_documents && (settles_all || t->line_offsets[n_settled] < end); n_settled++)
            failed = settle_language(
                t, &window, reader, n_settled, given[n_settled], scores + n_settled * model->n_scores);
        spend(t, AT_LANGUAGE);
        failed = failed || (is_piecemeal ? add_long_line(t, &window, reader) : read_window(t, &window, line));
        if (failed)
            break;
        int64_t answered = window.n_lines - !is_last;
        answer_lines(t, &window, unanswered, answered, &work);
        int64_t kept = answered > 0 ? answered - 1 : 0;
        drop_lines(&window, kept);
        unanswered = answered - kept;
        spend(t, AT_NETWORK);
    }
    end_window(&window);
    free(work.indices);
    free(work.hidden);
    free(work.logits);
    free(work.answers);
    free(work.sums);
    for (int64_t k = 0; !failed && k <= t->n_documents; k++)
        memset(
            t->probabilities + ((k < t->n_documents ? t->line_offsets[k] : t->n_lines) + k) * n_labels, 0,
            (size_t)n_labels * sizeof(float));
    return failed;
}
