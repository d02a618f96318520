/**
 * Vectors of texts, and the relevance of documents to a query: embedding models, rerankers, and what a generating model
 * gives in their place.
 */
package dev.martlet.embedding;
