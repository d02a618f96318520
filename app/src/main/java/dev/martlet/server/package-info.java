/**
 * The HTTP server: routes, server-sent events, errors, clients that leave, and an orderly end.
 *
 * <p>A request runs on the virtual thread of its connection and waits on its generations' queues; the engine never
 * waits for a client.
 */
package dev.martlet.server;
