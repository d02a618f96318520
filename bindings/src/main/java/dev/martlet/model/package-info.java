/**
 * A model's file: opening it, what it says of itself, its vocabulary and tokenizer.
 */
package dev.martlet.model;
