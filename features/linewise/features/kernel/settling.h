/* Of `lw_begin`: the state at each line's start. */

/* `states._initial_states`: block comment where the first stray end of one comes before any beginning, in a language
 * that has such comments; `transitions` are that language's. */
static uint8_t initial_state(
    const uint8_t *transitions, const uint8_t *line_maps, const uint8_t *stray_close, int64_t begin, int64_t end)
{
    if (transitions[CLOSE * N_STATES + BLOCK_COMMENT] != CODE)
        return CODE;
    uint8_t state = CODE;
    for (int64_t line = begin; line < end; line++) {
        const uint8_t *map = line_maps + line * N_STATES;
        if (map[CODE] == BLOCK_COMMENT || state == BLOCK_COMMENT)
            return CODE;
        if (stray_close[line] && state == CODE)
            return BLOCK_COMMENT;
        state = map[state];
    }
    return CODE;
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

/* The state at each line's start, as is likeliest, and after it, and what the line shows:
 * `interior.settle_states`. */
static int settle_states(Text *t)
{
    const Model *model = t->model;
    int64_t n_doubtful = 0;
    uint8_t *beginnings;
    Index *doubtful;
    int failed = close_all_heredocs(t);
    failed |= TAKE(beginnings, t->n_documents * N_STATES);
    failed |= TAKE(doubtful, t->n_documents);
    failed = failed || TAKE(t->at_start, t->n_lines) || TAKE(t->state_after, t->n_lines) ||
             TAKE(t->shown, t->n_lines);
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
    for (int64_t line = 0; !failed && line < t->n_lines; line++) {
        t->state_after[line] = t->line_maps[line * N_STATES + t->at_start[line]];
        t->shown[line] = t->line_shown[line * N_STATES + t->at_start[line]];
    }
    free(beginnings);
    free(doubtful);
    DROP(t->inside_logits);
    DROP(t->line_maps);
    DROP(t->line_shown);
    DROP(t->stray_close);
    return failed;
}
