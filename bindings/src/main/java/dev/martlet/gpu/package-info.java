/**
 * Whether and how the GPU takes part: what driver and devices there are, what a CUDA module holds, whether the two fit
 * together, all told before anything is loaded that would end the process where they do not.
 */
package dev.martlet.gpu;
