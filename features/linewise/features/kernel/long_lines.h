/* Of `lw_begin`: a long line, which is read by pieces: what later steps need of it is kept as of any line, and the window
 * gets a short line that shows the same n-grams. */

/* What a long line's tokens have said so far. */
typedef struct {
    Course course;
    Balance balance;
    Targets targets;
    int64_t count;
    uint8_t last_byte;
} Sum;

/* The window keeps those tokens that a line's n-grams are made of: the first ones and the last ones. */
enum { KEPT_LAST = 3, KEPT_TOKENS = MAX_TOKENS_PER_LINE + KEPT_LAST };

/* Copy a token from one place or window to another, all but where it lies. */
static inline void copy_token(Window *window, int64_t to, const Window *from, int64_t token)
{
    window->kinds[to] = from->kinds[token];
    window->of_token[to] = from->of_token[token];
    window->exact[to] = from->exact[token];
    window->abstract[to] = from->abstract[token];
}

/* Keep some of a piece's tokens in the window's last line, which begins with the token `first`; the pieces before had
 * `count` tokens. */
static void keep_tokens(Window *window, int64_t first, const Pieces *pieces, int64_t count)
{
    for (int64_t token = 0; token < pieces->count; token++) {
        if (count + token >= KEPT_TOKENS && token < pieces->count - KEPT_LAST)
            continue;
        if (window->n_tokens == first + KEPT_TOKENS) {
            window->n_tokens--;
            for (int64_t k = first + MAX_TOKENS_PER_LINE; k < window->n_tokens; k++)
                copy_token(window, k, window, k + 1);
        }
        window->starts[window->n_tokens] = window->ends[window->n_tokens] = window->line_starts[window->n_lines];
        copy_token(window, window->n_tokens++, &pieces->window, token);
    }
}

/* Keep what later steps need of a piece of the line of that number. */
static int keep_piece(Text *t, const Pieces *pieces, int64_t line, int64_t document, Sum *sum)
{
    const Model *model = t->model;
    const Window *window = &pieces->window;
    const uint8_t *data = window->data, *kinds = window->kinds;
    const Index *starts = window->starts, *ends = window->ends;
    uint8_t *of_token = window->of_token, language = t->language_of[document];
    const uint8_t *transitions = model->transitions + language * N_EVENTS * N_STATES;
    int64_t count = pieces->count, known = pieces->n_tokens, next = count < known ? count + 1 : count;
    if (reserve_text(t, count + 1))
        return -1;
    go_on(&sum->course, data, starts, ends, kinds, 0, count, transitions, of_token);
    Course ahead = sum->course;
    go_on(&ahead, data, starts, ends, kinds, count, next, transitions, of_token);
    sum->course.before -= pieces->is_last ? 0 : starts[count] - 1; /* as the next piece counts */
    sum->balance = balance_of(sum->balance, kinds, of_token, 0, count);
    t->n_brackets += add_brackets(
        data, starts, kinds, of_token, pieces->is_first ? 0 : -1, 0, count, t->brackets + t->n_brackets);
    if (pieces->is_first) {
        sum->targets = begin_targets(data, starts, kinds, 0, known);
        t->traits[line] = traits_of(model, window, language, 0, known, 0);
    }
    seek_target(data, starts, ends, kinds, of_token, 0, next, &sum->targets);
    add_names(data, starts, kinds, of_token, window->exact, 0, count, &sum->targets, &t->mentions);
    sum->targets.first -= count;
    sum->targets.second -= count;
    sum->count += count;
    sum->last_byte = count ? data[starts[count - 1]] : sum->last_byte;
    return model->has_heredocs[language] &&
           ((pieces->is_first && note_end(t, window, line, document, 0, known)) ||
            note_openers(t, window, line, document, 0, count, known));
}

/* Put the next line, which is a long one, into the window, its language known; all is kept of it that is kept of lines. */
static int add_long_line(Text *t, Window *window, Reader *reader)
{
    const Model *model = t->model;
    int64_t k = window->n_lines, line = window->begin + k, document = reader->document, first = window->n_tokens;
    Source source = source_of(reader->texts[document], reader->lengths[document]);
    Span span = next_span(reader, source);
    Sum sum = {.course = {.before = -1, .previous = NONE}};
    Pieces pieces;
    begin_course(&sum.course);
    int failed = begin_pieces(&pieces, source, span) || reserve_lines(window, k + 1) ||
                 reserve_bytes(window, window->n_bytes + 2) || reserve_tokens(window, first + KEPT_TOKENS);
    if (!failed) {
        window->line_starts[k] = (Index)window->n_bytes;
        window->line_ends[k] = (Index)window->n_bytes + 1;
        window->first[k] = (Index)first;
        window->documents[k] = (int32_t)document;
        window->languages[k] = t->language_of[document];
        window->data[window->n_bytes] = *pieces.bytes;
        memset(window->data + window->n_bytes + 1, '\n', 1 + PADDING);
        window->n_bytes += 2;
        lw_indentation(
            pieces.bytes, model->white_space, &(Index){0}, &(Index){(Index)pieces.length}, 1, t->indents + line);
    }
    while (!failed && !pieces.is_last) {
        int64_t before = sum.count;
        failed = next_piece(&pieces, model) || keep_piece(t, &pieces, line, document, &sum);
        if (!failed)
            keep_tokens(window, first, &pieces, before);
    }
    end_pieces(&pieces);
    if (failed)
        return -1;
    t->brackets[t->n_brackets++] = 0;
    t->mentions.marks[t->mentions.n_marks++] = 0;
    t->traits[line] |= goes_on_after(sum.last_byte);
    t->stray_close[line] = (uint8_t)sum.course.stray;
    end_course(
        &sum.course, model->transitions + window->languages[k] * N_EVENTS * N_STATES, t->line_maps + line * N_STATES,
        t->line_shown + line * N_STATES);
    window->open_at_end[k] = sum.course.map[0];
    window->balances[k] = (uint8_t)code_of_balance(sum.balance);
    window->first[++window->n_lines] = (Index)window->n_tokens;
    reader->position = span.next;
    spend(t, AT_TOKENS);
    return 0;
}
