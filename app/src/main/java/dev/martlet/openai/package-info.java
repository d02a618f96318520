/**
 * OpenAI's chat wire: requests read and checked, answers written as a stream of chunks or as one body, errors in
 * OpenAI's shape. Knows nothing of HTTP.
 */
package dev.martlet.openai;
