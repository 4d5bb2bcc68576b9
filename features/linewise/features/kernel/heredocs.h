/* Of `lw_begin`: heredocs, which end at a line of their own: `heredocs.close_heredocs`. */

/* `lexis.State`, the one that the steps below name besides the kernel's. */
enum { LONG_STRING = 7 };
enum { LONGEST_ARROW = 3, NO_LINE = -1, IS_END = -2 };

static inline int is_quote(uint8_t kind) { return kind == DOUBLE_QUOTE || kind == SINGLE_QUOTE || kind == BACKTICK; }

/* The name of the `<<NAME` in code that a token of a line may begin, -1 where it begins none. */
static int64_t name_of_heredoc(const Window *window, int64_t token, int64_t end, int touching)
{
    const Index *starts = window->starts, *ends = window->ends;
    const uint8_t *kinds = window->kinds, *at = window->data + starts[token];
    if (kinds[token] != OPERATOR || at[0] != '<' || at[1] != '<' || ends[token] - starts[token] > LONGEST_ARROW ||
        window->of_token[token] != CODE)
        return -1;
    int64_t follower = token + 1, quoted = follower < end && is_quote(kinds[follower]), name = follower + quoted;
    if (name >= end || kinds[name] != WORD || (touching && starts[follower] != ends[token]))
        return -1;
    if (quoted && (name + 1 >= end || kinds[name + 1] != kinds[follower] || starts[name + 1] != ends[name]))
        return -1;
    return name;
}

static int push_heredoc(Text *t, int64_t line, int end, uint32_t name)
{
    if (t->n_heredocs >= t->heredoc_capacity) {
        t->heredoc_capacity = t->heredoc_capacity * 2 + 16;
        if (LARGER(t->heredocs, t->heredoc_capacity))
            return -1;
    }
    t->heredocs[t->n_heredocs++] = (Heredoc){(Index)line, end, name};
    return 0;
}

/* Note whether a line may end a heredoc that is open; `token` is the window's one that it begins with. */
static int note_end(Text *t, const Window *window, int64_t line, int64_t document, int64_t token, int64_t end)
{
    int any = t->n_heredocs && t->heredocs[t->n_heredocs - 1].line >= t->line_offsets[document];
    if (any && token < end && window->kinds[token] == WORD &&
        (end - token == 1 || window->kinds[token + 1] == CLOSER || window->kinds[token + 1] == SEPARATOR))
        return push_heredoc(t, line, IS_END, window->exact[token]);
    return 0;
}

/* Note what heredocs the window's tokens token:stop of a line open; those before `end` are there to be looked at. */
static int note_openers(
    Text *t, const Window *window, int64_t line, int64_t document, int64_t token, int64_t stop, int64_t end)
{
    int touching = t->model->arrow_appends[t->language_of[document]];
    for (; token < stop; token++) {
        int64_t name = name_of_heredoc(window, token, end, touching);
        if (name >= 0 && push_heredoc(t, line, NO_LINE, window->exact[name]))
            return -1;
    }
    return 0;
}

/* Note what heredocs a line of the window opens, and whether it may end one that is open. */
static int note_heredocs(Text *t, const Window *window, int64_t line)
{
    int64_t token = window->first[line], end = window->first[line + 1], document = window->documents[line];
    return note_end(t, window, window->begin + line, document, token, end) ||
           note_openers(t, window, window->begin + line, document, token, end, end);
}

/* Close the heredocs of one document, all that were noted of it. Returns -1 where memory is short. */
static int close_heredocs(Heredoc *noted, int64_t count, uint8_t *line_maps)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)count)
        size *= 2;
    uint64_t *names = malloc(size * sizeof *names);
    Index *ends_at = malloc(size * sizeof *ends_at); /* the nearest line below that ends a heredoc of that name */
    int result = names && ends_at ? 0 : -1;
    if (!result) {
        memset(names, 0xFF, size * sizeof *names);
        memset(ends_at, 0xFF, size * sizeof *ends_at);
        Names table = {names, size, 0};
        for (int64_t k = count - 1; k >= 0; k--) {
            uint64_t slot = slot_of(&table, noted[k].name);
            names[slot] = noted[k].name;
            if (noted[k].end == IS_END)
                ends_at[slot] = noted[k].line;
            else
                noted[k].end = ends_at[slot];
        }
        /* Openers inside another heredoc are none; of several on one line the one that ends last counts. */
        int64_t kept = 0;
        for (int64_t k = 0; k < count; k++) {
            if (noted[k].end < 0)
                continue;
            Heredoc *last = kept ? &noted[kept - 1] : NULL;
            if (last && last->line == noted[k].line)
                last->end = noted[k].end > last->end ? noted[k].end : last->end;
            else if (!last || noted[k].line >= last->end)
                noted[kept++] = noted[k];
        }
        for (int64_t k = 0; k < kept; k++)
            for (int state = 0; state < N_STATES; state++) {
                uint8_t *after = &line_maps[noted[k].line * N_STATES + state];
                *after = *after == CODE ? LONG_STRING : *after;
            }
        for (int64_t k = 0; k < kept; k++)
            line_maps[noted[k].end * N_STATES + LONG_STRING] = CODE;
    }
    free(names);
    free(ends_at);
    return result;
}

/* The same for all documents; the notes are done with. */
static int close_all_heredocs(Text *t)
{
    int failed = 0;
    for (int64_t document = 0, k = 0, end; !failed && k < t->n_heredocs; k = end) {
        while (t->heredocs[k].line >= t->line_offsets[document + 1])
            document++;
        for (end = k; end < t->n_heredocs && t->heredocs[end].line < t->line_offsets[document + 1];)
            end++;
        failed = close_heredocs(t->heredocs + k, end - k, t->line_maps);
    }
    DROP(t->heredocs);
    return failed;
}
