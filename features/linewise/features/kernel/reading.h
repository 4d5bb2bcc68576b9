/* Of `lw_answer`: from bytes to what each line says by itself. */

/* Lay the texts end to end, and find their lines. */
static int join(Text *t, const uint8_t *const *texts, const int64_t *lengths, const int64_t *line_offsets)
{
    for (int64_t k = 0; k < t->n_documents; k++)
        t->n_bytes += source_of(texts[k], lengths[k]).size;
    if (TAKE(t->data, t->n_bytes + 8) || TAKE(t->line_offsets, t->n_documents + 1) ||
        TAKE(t->line_starts, t->n_lines) || TAKE(t->ends, t->n_lines) || TAKE(t->documents, t->n_lines) ||
        TAKE(t->indents, t->n_lines) || TAKE(t->row_of_line, t->n_lines))
        return -1;
    uint8_t *to = t->data;
    for (int64_t k = 0; k < t->n_documents; k++) {
        Source source = source_of(texts[k], lengths[k]);
        memcpy(to, source.bytes, (size_t)source.length);
        to += source.length;
        if (source.size > source.length)
            *to++ = '\n';
    }
    memset(to, '\n', 8);
    split(t->data, t->n_bytes, t->line_starts, t->ends);
    lw_indentation(t->data, t->model->white_space, t->line_starts, t->ends, t->n_lines, t->indents);
    DROP(t->ends);
    for (int64_t k = 0; k <= t->n_documents; k++)
        t->line_offsets[k] = (Index)line_offsets[k];
    for (int64_t k = 0; k < t->n_documents; k++)
        for (int64_t line = line_offsets[k]; line < line_offsets[k + 1]; line++) {
            t->documents[line] = (int32_t)k;
            t->row_of_line[line] = (Index)(line + k + 1);
        }
    return 0;
}

static int find_tokens(Text *t)
{
    const Model *model = t->model;
    uint8_t *classes;
    if (TAKE(classes, t->n_bytes))
        return -1;
    int64_t n_tokens = lw_classify_bytes(t->data, t->n_bytes, model->classes, classes);
    int failed = TAKE(t->starts, n_tokens) || TAKE(t->ends, n_tokens) || TAKE(t->kinds, n_tokens) ||
                 TAKE(t->exact, n_tokens) || TAKE(t->abstract, n_tokens) || TAKE(t->first, t->n_lines + 1) ||
                 TAKE(t->of_token, n_tokens);
    if (!failed)
        lw_tokens(
            t->data, t->n_bytes, classes, model->shapes, model->vocabulary, t->line_starts, t->n_lines, t->starts,
            t->ends, t->kinds, t->exact, t->abstract, NULL, t->first);
    free(classes);
    return failed;
}

/* `pipeline.language_scores` and the choice of a language that follows from them. */
static int settle_languages(Text *t, const int32_t *given, float *scores)
{
    const Model *model = t->model;
    int64_t n_scores = model->n_scores, n_languages = n_scores - 1;
    if (TAKE(t->language_of, t->n_documents) || TAKE(t->languages, t->n_lines))
        return -1;
    for (int64_t k = 0; k < t->n_documents; k++) {
        float *of = scores + k * n_scores;
        int64_t begin = t->line_offsets[k], end = t->line_offsets[k + 1], best = 0;
        if (given[k] >= 0) {
            memset(of, 0, (size_t)n_scores * sizeof *of);
            of[best = given[k]] = 1;
        } else {
            score_languages(
                model->language_weight, model->language_bias, n_scores, t->first, begin, end, t->exact, t->abstract, of);
            for (int64_t language = 1; language < n_languages; language++)
                best = of[language] > of[best] ? language : best;
            /* Languages that read alike share the score, so their sum decides. */
            const int32_t *pairs = model->pairs;
            if (!(of[best] >= model->limits[0] || of[pairs[0]] + of[pairs[1]] >= model->limits[0] ||
                  of[pairs[2]] + of[pairs[3]] >= model->limits[0]))
                best = n_languages;
        }
        t->language_of[k] = (uint8_t)best;
        if (end > begin)
            memset(t->languages + begin, (int)best, (size_t)(end - begin));
    }
    return 0;
}

/* `states.read_states`. */
static int find_states(Text *t)
{
    if (TAKE(t->line_maps, t->n_lines * N_STATES) || TAKE(t->open_at_end, t->n_lines) ||
        TAKE(t->stray_close, t->n_lines) || TAKE(t->at_start, t->n_lines) || TAKE(t->state_after, t->n_lines))
        return -1;
    lw_read_states(
        t->data, t->starts, t->ends, t->kinds, t->first, t->n_lines, t->languages, t->model->transitions, t->of_token,
        t->line_maps, t->open_at_end, t->stray_close);
    for (int64_t k = 0; k < t->n_documents; k++)
        if (t->model->has_heredocs[t->language_of[k]] &&
            close_heredocs(
                t->data, t->starts, t->ends, t->kinds, t->exact, t->of_token, t->first, t->line_offsets[k],
                t->line_offsets[k + 1], t->model->arrow_appends[t->language_of[k]], t->line_maps))
            return -1;
    return 0;
}

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
        memset(sum, 0, (size_t)width * sizeof *sum);
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
        memcpy(to, (const float *)t->own + line * width, (size_t)width * sizeof *to);
    memcpy(to + width, probabilities, (size_t)model->n_labels * sizeof *to);
}

/* What each line says by itself: its labels' probabilities, and whether it lies inside of something. */
static int read_lines(Text *t)
{
    const Model *model = t->model;
    int64_t n_hidden = model->n_hidden, n_labels = model->n_labels, n_line = model->line.n_out;
    Index offsets[VECTOR_LINES + 1];
    int32_t *indices;
    float *hidden, *logits, *work;
    size_t own_size = model->codes ? sizeof(int16_t) : sizeof(float);
    int failed = TAKE(indices, VECTOR_LINES * MAX_FEATURES);
    failed |= TAKE(hidden, VECTOR_LINES * n_hidden);
    failed |= TAKE(logits, BLOCK * (n_line + n_labels));
    failed |= TAKE(work, panels_of(n_line) * BLOCK * PANEL);
    failed |= TAKE(t->inside_logits, t->n_lines) || TAKE(t->probabilities, t->n_rows * n_labels) ||
              !(t->own = take(t->n_lines * n_hidden, own_size));
    for (int64_t block = 0; !failed && block < t->n_lines; block += VECTOR_LINES) {
        int64_t end = t->n_lines - block < VECTOR_LINES ? t->n_lines : block + VECTOR_LINES;
        lw_vector_offsets(t->first + block, end - block, offsets);
        lw_line_vectors(
            t->data, t->line_starts, t->n_lines, t->first, t->kinds, t->exact, t->abstract, t->of_token, t->open_at_end,
            t->indents, t->languages, t->documents, block, end, indices);
        sum_lines(t, block, end - block, indices, offsets, hidden);
        for (int64_t begin = block; begin < end; begin += BLOCK) {
            int64_t rows = end - begin < BLOCK ? end - begin : BLOCK;
            const float *of = hidden + (begin - block) * n_hidden;
            apply(&model->line, model->line.weight, of, rows, work, logits, 0);
            float *answers = logits + BLOCK * n_line;
            for (int64_t row = 0; row < rows; row++) {
                memcpy(answers + row * n_labels, logits + row * n_line, (size_t)n_labels * sizeof *answers);
                t->inside_logits[begin + row] = logits[row * n_line + n_labels];
            }
            lw_sigmoid(answers, rows * n_labels, answers);
            for (int64_t row = 0; row < rows; row++) {
                const float *from = answers + row * n_labels;
                memcpy(t->probabilities + t->row_of_line[begin + row] * n_labels, from, (size_t)n_labels * sizeof *from);
            }
        }
    }
    for (int64_t k = 0; !failed && k <= t->n_documents; k++) {
        int64_t sentinel = k < t->n_documents ? t->line_offsets[k] + k : t->n_rows - 1;
        memset(t->probabilities + sentinel * n_labels, 0, (size_t)n_labels * sizeof(float));
    }
    DROP(t->abstract);
    DROP(t->open_at_end);
    free(indices);
    free(hidden);
    free(logits);
    free(work);
    return failed;
}

/* Whether a document may read otherwise than it was carried: `interior._is_doubtful`. */
static int is_doubtful(const Text *t, int64_t begin, int64_t end, const uint8_t *may_begin)
{
    for (int64_t line = begin; line < end; line++)
        if (t->at_start[line] != CODE && t->inside_logits[line] < 0)
            return 1;
    for (int state = 0; state < N_STATES; state++)
        for (int64_t line = begin; may_begin[state] && line < end; line++)
            if (t->line_maps[line * N_STATES + state] == CODE)
                return 1;
    return 0;
}

/* The state at each line's start, as is likeliest, and after it: `interior.settle_states`. */
static int settle_states(Text *t)
{
    const Model *model = t->model;
    int64_t n_doubtful = 0;
    uint8_t *beginnings;
    Index *doubtful;
    int failed = TAKE(beginnings, t->n_documents * N_STATES);
    failed |= TAKE(doubtful, t->n_documents);
    for (int64_t line = 0; !failed && line < t->n_lines; line++)
        t->inside_logits[line] = limited(t->inside_logits[line], model->limits[1], model->limits[2]);
    for (int64_t k = 0; !failed && k < t->n_documents; k++) {
        int64_t begin = t->line_offsets[k], end = t->line_offsets[k + 1], language = t->language_of[k];
        int may_begin_inside = t->contexts[k] != WHOLE_FILE;
        uint8_t *may_begin = beginnings + k * N_STATES;
        for (int state = 0; state < N_STATES; state++)
            may_begin[state] = may_begin_inside && model->spans[language * N_STATES + state];
        uint8_t state = initial_state(
            model->transitions + language * N_EVENTS * N_STATES, t->line_maps, t->stray_close, begin, end);
        for (int64_t line = begin; line < end; line++) {
            t->at_start[line] = state;
            state = t->line_maps[line * N_STATES + state];
        }
        if (begin == end)
            continue;
        int begins_inside = !may_begin_inside && t->at_start[begin] != CODE;
        if (begins_inside || is_doubtful(t, begin, end, may_begin))
            doubtful[n_doubtful++] = (Index)k;
        if (begins_inside)
            t->at_start[begin] = CODE;
    }
    failed = failed || lw_settle_states(
        t->line_maps, t->line_offsets, doubtful, n_doubtful, beginnings, t->inside_logits, model->slips, model->margin,
        t->at_start);
    for (int64_t line = 0; !failed && line < t->n_lines; line++)
        t->state_after[line] = t->line_maps[line * N_STATES + t->at_start[line]];
    free(beginnings);
    free(doubtful);
    DROP(t->inside_logits);
    DROP(t->line_maps);
    DROP(t->stray_close);
    DROP(t->languages);
    return failed;
}
