/** Who may come in, and by which door: API keys, their file, and the server's certificate. Knows no other room. */
package dev.martlet.access;
