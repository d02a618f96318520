/**
 * OpenAI's responses wire, without state: requests read into chat's, answers written as items. Knows nothing of HTTP.
 */
package dev.martlet.responses;
