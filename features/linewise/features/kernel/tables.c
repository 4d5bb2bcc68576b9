/* What tables say of lines: where each one is in its text, and how often each label is met. The numpy functions that do
 * the same are those of the service's tables, `spans` and `summary`. */
#include "kernel.h"

static const uint8_t MARK[3] = {0xef, 0xbb, 0xbf};

/* Where each line of some texts begins and ends, its line break not included: (n_lines,) each, as many as
 * `lw_line_offsets` counts. Positions count from the text's first byte, that of a byte-order mark. */
VISIBLE void lw_line_spans(
    const uint8_t *const *texts, const int64_t *lengths, int64_t n_texts, int64_t *starts, int64_t *ends)
{
    for (int64_t k = 0; k < n_texts; k++) {
        const uint8_t *text = texts[k], *end = text + lengths[k];
        int marked = lengths[k] >= 3 && !memcmp(text, MARK, sizeof MARK);
        const uint8_t *at = marked ? text + 3 : text;
        if (marked && at == end)
            *starts++ = *ends++ = 3; /* a mark alone is one blank line */
        /* The next of each kind of break; each is searched anew only behind the last one, so all takes linear time. */
        const uint8_t *feed = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        const uint8_t *back = at < end ? memchr(at, '\r', (size_t)(end - at)) : NULL;
        while (at < end) {
            if (feed && feed < at)
                feed = memchr(at, '\n', (size_t)(end - at));
            if (back && back < at)
                back = memchr(at, '\r', (size_t)(end - at));
            const uint8_t *stop = feed ? feed : end;
            const uint8_t *last = back && back < stop ? back : stop;
            *starts++ = at - text;
            *ends++ = last - text;
            at = last == stop || last + 1 == stop ? stop + 1 : last + 1;
        }
    }
}

/* How often each bit is set in each of consecutive runs of masks: `counts` (n_runs, 32). */
VISIBLE void lw_count_bits(const uint32_t *masks, const int64_t *lengths, int64_t n_runs, int64_t *counts)
{
    for (int64_t run = 0; run < n_runs; run++) {
        uint32_t sums[32] = {0};
        for (int64_t line = 0; line < lengths[run]; line++)
            for (int bit = 0; bit < 32; bit++)
                sums[bit] += masks[line] >> bit & 1;
        for (int bit = 0; bit < 32; bit++)
            *counts++ = sums[bit];
        masks += lengths[run];
    }
}
