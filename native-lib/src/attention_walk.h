/*
 * attention_walk.h: which cells the rows of a part see, and the way over them. Like attention_kernel.h compiled once
 * for each instruction set.
 */
#pragma once

#include "attention.h"
#include "lanes.h"

#include <cstring>
#include <immintrin.h>

namespace martlet {

namespace {

/* Which of CELL_BLOCK cells that follow each other a row sees; bit 0 is the first. */
MARTLET_INLINE uint64_t seen(const char *mask) {
    constexpr auto HIDDEN = static_cast<int16_t>(0xFC00); /* a half of -inf */
#if defined(__AVX512BW__)
    const __m512i hidden = _mm512_set1_epi16(HIDDEN);
    const uint64_t low = _mm512_cmpneq_epi16_mask(_mm512_loadu_si512(mask), hidden);
    const uint64_t high = _mm512_cmpneq_epi16_mask(_mm512_loadu_si512(mask + 64), hidden);
    return low | high << 32;
#else
    const __m256i hidden = _mm256_set1_epi16(HIDDEN);
    uint64_t bits = 0;
    for (int32_t half = 0; half < 2; ++half) {
        const auto *from = reinterpret_cast<const __m256i *>(mask + half * 64);
        const __m256i low = _mm256_cmpeq_epi16(_mm256_loadu_si256(from), hidden);
        const __m256i high = _mm256_cmpeq_epi16(_mm256_loadu_si256(from + 1), hidden);
        const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
        bits |= static_cast<uint64_t>(~static_cast<uint32_t>(_mm256_movemask_epi8(bytes))) << 32 * half;
    }
    return bits;
#endif
}

/* Cells to be computed together, and the queries of a part that see one of them. */
struct view {
    int32_t n;
    int32_t queries[QUERY_BLOCK];
    const char *masks[QUERY_BLOCK];
    int32_t cells[CELL_BLOCK];
    uint16_t gathered[QUERY_BLOCK][CELL_BLOCK]; /* masks of rows, where the cells do not follow each other */
};

/* Cells that wait until they are enough for a block. */
struct backlog {
    int32_t n;
    int32_t cells[2 * CELL_BLOCK];

    MARTLET_INLINE void add(int32_t first, uint64_t bits) {
        for (; bits != 0; bits &= bits - 1) {
            cells[n++] = first + __builtin_ctzll(bits);
        }
    }
};

/*
 * A part's way over the cells. Sequences that grow side by side lie cell by cell between each other, and a new one
 * fills the holes that others left; so what a row sees may be a few cells of each of many blocks. Such cells are
 * gathered into blocks: for all rows of the part together, or, where each row sees others, for each row alone.
 */
class walk {
public:
    walk(const attention &a, const attention_part &part) : a_(a), part_(part), cell_(part.cell_begin), flushed_(-1) {
        common_.n = 0;
        for (int32_t row = 0; row < rows(); ++row) {
            own_[row].n = 0;
        }
        full_ = rows();
    }

    /* The next block; n is 0 when there is none. */
    MARTLET_INLINE void next(view &to) {
        to.n = 0;
        while (to.n == 0) {
            if (common_.n >= CELL_BLOCK) {
                take(common_, 0, rows(), to);
            } else if (full_ < rows()) {
                take_own(to);
            } else if (cell_ < part_.cell_end) {
                look(to);
            } else if (common_.n > 0) {
                take(common_, 0, rows(), to);
            } else if (++flushed_ < rows()) {
                take(own_[flushed_], flushed_, flushed_ + 1, to);
            } else {
                return;
            }
        }
    }

private:
    /* From so many of its cells on a block is computed as it is. */
    static constexpr int32_t DENSE = CELL_BLOCK * 3 / 4;

    /* Computing a row alone costs about this many times its share of a block computed for many. */
    static constexpr int32_t ALONE = 3;

    int32_t rows() const { return part_.row_end - part_.row_begin; }

    const char *mask(int32_t row, int32_t cell) const {
        return a_.mask + static_cast<size_t>(part_.row_begin + row) * a_.mask_row + static_cast<size_t>(cell) * 2;
    }

    static void add_row(const attention &a, int32_t row, const char *mask, view &to) {
        for (int32_t g = 0; g < a.group(); ++g) {
            to.masks[to.n] = mask;
            to.queries[to.n++] = row * a.group() + g;
        }
    }

    /* Looks at the next CELL_BLOCK cells: computes them, or puts off what is seen of them. */
    MARTLET_INLINE void look(view &to) {
        uint64_t bits[QUERY_BLOCK];
        uint64_t any = 0;
        int32_t viewers = 0;
        int32_t pairs = 0;
        for (int32_t row = 0; row < rows(); ++row) {
            bits[row] = seen(mask(row, cell_));
            any |= bits[row];
            viewers += bits[row] != 0 ? 1 : 0;
            pairs += __builtin_popcountll(bits[row]);
        }
        const int32_t first = cell_;
        cell_ += CELL_BLOCK;
        const int32_t cells = __builtin_popcountll(any);
        if (viewers > 1 && ALONE * pairs < viewers * cells) {
            for (int32_t row = 0; row < rows(); ++row) {
                put_off(row, first, bits[row]);
            }
        } else if (cells >= DENSE) {
            for (int32_t row = 0; row < rows(); ++row) {
                if (bits[row] != 0) {
                    add_row(a_, row, mask(row, first), to);
                }
            }
            for (int32_t i = 0; i < CELL_BLOCK; ++i) {
                to.cells[i] = first + i;
            }
        } else if (viewers == 1) {
            for (int32_t row = 0; row < rows(); ++row) {
                put_off(row, first, bits[row]);
            }
        } else {
            common_.add(first, any);
        }
    }

    MARTLET_INLINE void put_off(int32_t row, int32_t first, uint64_t bits) {
        own_[row].add(first, bits);
        full_ = own_[row].n >= CELL_BLOCK && row < full_ ? row : full_;
    }

    /* Of the first row with enough of its own for a block. */
    MARTLET_INLINE void take_own(view &to) {
        take(own_[full_], full_, full_ + 1, to);
        do {
            ++full_;
        } while (full_ < rows() && own_[full_].n < CELL_BLOCK);
    }

    /* Takes up to a block of cells, for some rows; the last cell stands for those that are missing, hidden. */
    MARTLET_INLINE void take(backlog &from, int32_t first_row, int32_t end_row, view &to) {
        const int32_t count = from.n < CELL_BLOCK ? from.n : CELL_BLOCK;
        if (count == 0) {
            return;
        }
        for (int32_t i = 0; i < CELL_BLOCK; ++i) {
            to.cells[i] = from.cells[i < count ? i : count - 1];
        }
        from.n -= count;
        memmove(from.cells, from.cells + count, static_cast<size_t>(from.n) * sizeof(from.cells[0]));
        for (int32_t row = first_row; row < end_row; ++row) {
            uint16_t *gathered = to.gathered[row];
            const char *whole = mask(row, 0);
            for (int32_t i = 0; i < CELL_BLOCK; ++i) {
                memcpy(gathered + i, whole + static_cast<size_t>(to.cells[i]) * 2, sizeof(*gathered));
            }
            for (int32_t i = count; i < CELL_BLOCK; ++i) {
                gathered[i] = 0xFC00;
            }
            const char *as_bytes = reinterpret_cast<const char *>(gathered);
            if (seen(as_bytes) != 0) {
                add_row(a_, row, as_bytes, to);
            }
        }
    }

    const attention &a_;
    const attention_part &part_;
    int32_t cell_;    /* not looked at yet */
    int32_t full_;    /* the first row whose own backlog fills a block; the number of rows for none */
    int32_t flushed_; /* the last row whose backlog was emptied at the end */
    backlog common_;
    backlog own_[QUERY_BLOCK];
};

} // namespace

} // namespace martlet
