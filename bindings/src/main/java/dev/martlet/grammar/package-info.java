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
 *
 * <p>What is written under a schema: members in any order, or the declared one where asked for; each listed name at most
 * once; whole numbers without fraction or exponent, numbers under a bound without exponent; characters by themselves, but
 * for those that JSON must escape (where any string will do, every escape is taken but half a surrogate pair). Names that
 * a schema does not list can come twice; the last one counts for a reader, so minProperties above 1 and what a negated
 * schema asks of unlisted members hold for the text and not for what is left of it.
 *
 * <p>What is refused, with the place: references into other documents, uniqueItems over more than one item,
 * unevaluatedItems, unevaluatedProperties beside applicators, minContains and maxContains other than 1, dynamic
 * references, and the formats idn-email, idn-hostname, iri, iri-reference, uri-template and regex. Words that the
 * standard does not know are annotations.
 */
package dev.martlet.grammar;
