/**
 * What a model and its context need in memory, told from the head of the model's file before anything is taken, and how
 * many of its layers fit onto GPUs.
 */
package dev.martlet.memory;
