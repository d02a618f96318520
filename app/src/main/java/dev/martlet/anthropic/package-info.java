/** Anthropic's messages wire: requests read into chat's, answers and errors written. Knows nothing of HTTP. */
package dev.martlet.anthropic;
