/**
 * The model's own Jinja chat template, rendered with Python's semantics.
 */
package dev.martlet.chat.template;
