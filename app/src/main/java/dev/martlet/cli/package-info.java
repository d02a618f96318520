/** The command line: the subcommands of {@code martlet} and the store of models they run. */
package dev.martlet.cli;
