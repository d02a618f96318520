/**
 * Grammars that a model's output must follow: which tokens may come next, and which bytes must.
 *
 * <p>A {@link dev.martlet.grammar.Grammar} is a set of texts. A {@link dev.martlet.grammar.TokenIndex} is a vocabulary
 * prepared for it, a {@link dev.martlet.grammar.CompiledGrammar} the two together, and a
 * {@link dev.martlet.grammar.GrammarMatcher} the place of one request's text in it.
 *
 * <p>How it works. The words of a grammar (strings, numbers, member names, literals) are deterministic automata over
 * bytes, made by Brzozowski's derivatives; what is around them is a pushdown machine whose possible stacks are one shared,
 * persistent tree. What a vocabulary can do within a word depends on the word's state alone, so it is worked out once and
 * kept for all grammars; only the rest of the few tokens that go beyond a word's end is walked through the stacks.
 *
 * <p>A schema's keywords are worked out into sets of values that are closed under and, or, not; so allOf, oneOf, not and
 * if are exact, and what nothing satisfies is known before the first token.
 */
package dev.martlet.grammar;
