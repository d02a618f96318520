/**
 * From a model's raw text to content, reasoning and tool calls: one incremental push parser, formats as data.
 */
package dev.martlet.chat.toolcall;
