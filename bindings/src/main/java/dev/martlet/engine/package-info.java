/**
 * The continuous-batching engine: requests in, tokens out, one scheduler thread per context.
 */
package dev.martlet.engine;
