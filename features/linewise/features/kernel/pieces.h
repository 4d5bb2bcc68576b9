/* Of `lw_begin`: a long line, whose tokens are read a piece at a time and not held together. */

enum { PIECE_BYTES = 1 << 16, LOOK_AHEAD = 3 };

/* A long line on its way. The window holds a piece of it; its first `count` tokens are the piece's own, those behind, at
 * most LOOK_AHEAD of which matter, are there to be looked at and come again. */
typedef struct {
    const uint8_t *bytes;
    int64_t length, position, wanted, count, n_tokens;
    int is_first, is_last;
    Window window;
} Pieces;

static int begin_pieces(Pieces *pieces, Source source, Span span)
{
    *pieces = (Pieces){
        .bytes = source.bytes + span.begin, .length = span.end - span.begin, .wanted = PIECE_BYTES};
    return reserve_lines(&pieces->window, 1);
}

static void end_pieces(Pieces *pieces) { end_window(&pieces->window); }

/* Whether the text may be cut before one of the window's tokens. What classes the bytes from there on then have does not
 * depend on what is before: only a backslash and a quote that is marked bear on a later byte, and what the quote marks
 * is one token with it. */
static inline int may_cut(const Window *window, int64_t token)
{
    return window->starts[token] == 0 || window->data[window->starts[token] - 1] != '\\';
}

/* Read bytes of the line from where the last piece ended, and one before for those that look back. Where too few tokens
 * end within them, the piece has none. */
static int read_piece(Pieces *pieces, const Model *model)
{
    Window *window = &pieces->window;
    int64_t position = pieces->position, lead = position > 0, rest = pieces->length - position;
    int64_t size = rest < pieces->wanted ? rest : pieces->wanted, seen = rest < size + PADDING ? rest : size + PADDING;
    pieces->is_first = !position;
    pieces->is_last = size == rest;
    window->n_lines = 1;
    window->n_tokens = 0;
    window->n_bytes = lead + seen;
    window->line_starts[0] = (Index)lead;
    if (reserve_bytes(window, window->n_bytes))
        return -1;
    memcpy(window->data, pieces->bytes + position - lead, (size_t)window->n_bytes);
    memset(window->data + window->n_bytes, '\n', PADDING);
    if (tokenize(window, model, 0))
        return -1;
    int64_t known = window->n_tokens;
    while (!pieces->is_last && known && window->ends[known - 1] > lead + size)
        known--;
    pieces->n_tokens = known;
    pieces->count = pieces->is_last ? known : known - LOOK_AHEAD;
    while (!pieces->is_last && pieces->count > 0 && !may_cut(window, pieces->count))
        pieces->count--;
    pieces->position = pieces->is_last         ? pieces->length
                       : pieces->count > 0 ? position + window->starts[pieces->count] - lead
                                               : position;
    return 0;
}

/* Read the next piece, which has some tokens or is the last. Not 0 where memory is short. */
static int next_piece(Pieces *pieces, const Model *model)
{
    int failed = 0;
    do {
        failed = read_piece(pieces, model);
        if (pieces->count <= 0)
            pieces->wanted *= 2;
    } while (!failed && !pieces->is_last && pieces->count <= 0);
    return failed;
}
