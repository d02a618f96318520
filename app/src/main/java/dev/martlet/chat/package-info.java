/**
 * The conversation as the server understands it, free of any wire format: messages, tools, tool choice.
 *
 * <p>Codecs of a wire (OpenAI's today) make these records; templates and tool-call parsers read them.
 */
package dev.martlet.chat;
