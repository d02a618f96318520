/**
 * From tokens to text that can be shown: whole characters only, and stop strings.
 */
package dev.martlet.text;
