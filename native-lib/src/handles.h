/*
 * handles.h: the table of live handles. What the caller holds is not a pointer but a slot number with the slot's
 * generation, so a handle that was closed, or that never was one, is refused and never dereferenced.
 */
#pragma once

#include "error.h"

#include <cstdint>
#include <memory>

namespace martlet {

struct model;
struct context;
struct sampler_handle;
struct embedder;

/* What a handle may stand for. */
enum class kind : uint32_t { model = 1, context = 2, sampler = 3, embedder = 4 };

void *add_handle(kind what, std::shared_ptr<void> object);

/* The object, kept alive by the pointer; fails with MT_ERR_INVALID_ARG where handle is none of that kind. */
std::shared_ptr<void> find_handle(kind what, const void *handle);

/* Takes the handle out of the table; false where it is no longer in it. */
bool remove_handle(kind what, const void *handle) noexcept;

/* How many handles of the kind are open. */
int count_handles(kind what) noexcept;

std::shared_ptr<model> find(const mt_model *handle);
std::shared_ptr<context> find(const mt_context *handle);
std::shared_ptr<sampler_handle> find(const mt_sampler *handle);
std::shared_ptr<embedder> find(const mt_embedder *handle);

} // namespace martlet
