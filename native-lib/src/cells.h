/*
 * cells.h: our own account of what the KV cache holds.
 *
 * Every sequence is a list of cell numbers. A fork copies numbers, so a cell knows how many sequences share it and the
 * count of used cells is exact; that is what lets mt_step() see that a step does not fit before it touches anything.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace martlet {

class cell_map {
public:
    /* shared: forks share cells (one pool for all); otherwise they take cells of their own. bounded: cells are counted
     * against n_cells; recurrent models keep no cell per token. */
    cell_map(int32_t n_cells, int32_t n_sequences, bool shared, bool bounded)
        : sequences_(static_cast<size_t>(n_sequences)), shared_(shared), bounded_(bounded) {
        if (bounded_) {
            owners_.assign(static_cast<size_t>(n_cells), 0);
            free_.resize(static_cast<size_t>(n_cells));
            for (int32_t i = 0; i < n_cells; ++i) {
                free_[static_cast<size_t>(i)] = n_cells - 1 - i;
            }
        } else {
            lengths_.assign(static_cast<size_t>(n_sequences), 0);
        }
    }

    int32_t length(int32_t sequence) const {
        const auto s = static_cast<size_t>(sequence);
        return bounded_ ? static_cast<int32_t>(sequences_[s].size()) : lengths_[s];
    }

    /* Cells in use; for unbounded maps the sequences that hold anything. */
    int32_t used() const {
        if (bounded_) {
            return static_cast<int32_t>(owners_.size() - free_.size());
        }
        int32_t n = 0;
        for (const int32_t length : lengths_) {
            n += length > 0;
        }
        return n;
    }

    bool fits(int64_t n) const { return !bounded_ || n <= static_cast<int64_t>(free_.size()); }

    /* Adds n tokens; the caller has seen that they fit. May throw bad_alloc, before any effect. */
    void append(int32_t sequence, int32_t n) {
        const auto s = static_cast<size_t>(sequence);
        if (!bounded_) {
            lengths_[s] += n;
            return;
        }
        std::vector<int32_t> &cells = sequences_[s];
        grow(cells, cells.size() + static_cast<size_t>(n));
        for (int32_t i = 0; i < n; ++i) {
            cells.push_back(take());
        }
    }

    /* Keeps the first length tokens. */
    void trim(int32_t sequence, int32_t length) noexcept {
        const auto s = static_cast<size_t>(sequence);
        if (!bounded_) {
            lengths_[s] = length;
            return;
        }
        std::vector<int32_t> &cells = sequences_[s];
        while (cells.size() > static_cast<size_t>(length)) {
            if (--owners_[static_cast<size_t>(cells.back())] == 0) {
                free_.push_back(cells.back());
            }
            cells.pop_back();
        }
    }

    /* Gives dst, which is empty, the first length tokens of src. May throw bad_alloc, before any effect. */
    void fork(int32_t src, int32_t dst, int32_t length) {
        if (!bounded_ || !shared_) {
            append(dst, length);
            return;
        }
        const std::vector<int32_t> &from = sequences_[static_cast<size_t>(src)];
        std::vector<int32_t> &to = sequences_[static_cast<size_t>(dst)];
        grow(to, static_cast<size_t>(length));
        for (size_t i = 0; i < static_cast<size_t>(length); ++i) {
            ++owners_[static_cast<size_t>(from[i])];
            to.push_back(from[i]);
        }
    }

private:
    static void grow(std::vector<int32_t> &cells, size_t size) {
        if (cells.capacity() < size) {
            cells.reserve(size + size / 2 + 64);
        }
    }

    int32_t take() {
        const int32_t cell = free_.back();
        free_.pop_back();
        owners_[static_cast<size_t>(cell)] = 1;
        return cell;
    }

    std::vector<std::vector<int32_t>> sequences_; /* cells of each sequence, by position */
    std::vector<uint16_t> owners_;                /* of each cell: sequences that hold it */
    std::vector<int32_t> free_;                   /* cells of nobody; never grows past n_cells */
    std::vector<int32_t> lengths_;                /* of an unbounded map */
    bool shared_;
    bool bounded_;
};

} // namespace martlet
