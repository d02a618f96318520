package dev.martlet.chat.toolcall;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How a model family writes reasoning, text and tool calls. Immutable data; five families of grammar, each with one
 * reader. {@link ToolCallFormats} holds one constant per model family.
 */
public sealed interface ToolCallFormat {

    /** The format's id, such as {@code hermes}. */
    String id();

    /** Makes a parser for one answer. */
    OutputParser parser(ParserOptions options);

    /**
     * JSON objects with the tool's name inside.
     *
     * @param nameKeys keys of the tool's name
     * @param argumentKeys keys of the arguments
     * @param idKeys keys of the call's id
     * @param keepIds whether the ids are the model's to keep; a call then begins once its id or its end has come
     * @param nameIsKey whether the object's keys are the names and its values the arguments
     * @param wholeList whether a bare list is calls only if every item is
     * @param ignored names of pseudo-tools that mean "no call"
     */
    record JsonCall(
            String id,
            Frame frame,
            Set<String> nameKeys,
            Set<String> argumentKeys,
            Set<String> idKeys,
            boolean keepIds,
            boolean nameIsKey,
            boolean wholeList,
            Set<String> ignored)
            implements ToolCallFormat {

        JsonCall(String id, Frame frame) {
            this(
                    id,
                    frame,
                    Set.of("name", "tool_name"),
                    Set.of("arguments", "parameters", "args", "params", "input"),
                    Set.of("id", "tool_call_id"),
                    false,
                    false,
                    false,
                    Set.of());
        }

        JsonCall keepingIds() {
            return new JsonCall(id, frame, nameKeys, argumentKeys, idKeys, true, nameIsKey, wholeList, ignored);
        }

        JsonCall namesAsKeys() {
            return new JsonCall(id, frame, nameKeys, argumentKeys, idKeys, keepIds, true, wholeList, ignored);
        }

        JsonCall wholeLists() {
            return new JsonCall(id, frame, nameKeys, argumentKeys, idKeys, keepIds, nameIsKey, true, ignored);
        }

        JsonCall ignoring(String... names) {
            return new JsonCall(
                    id, frame, nameKeys, argumentKeys, idKeys, keepIds, nameIsKey, wholeList, Set.of(names));
        }

        boolean waitsForId() {
            return keepIds;
        }

        /** Whether a bare object with this key may be a call. */
        boolean knows(String key) {
            return nameIsKey
                    || nameKeys.contains(key)
                    || argumentKeys.contains(key)
                    || idKeys.contains(key)
                    || key.equals("type")
                    || key.equals("function");
        }

        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /**
     * The tool's name in a header, then its arguments as JSON.
     *
     * @param header what stands between an item's opener and the arguments; group {@code name}, optional group
     *     {@code id}
     * @param body how the arguments are written
     * @param delimiter string delimiter besides quotes, or empty
     * @param names how a header's name is read
     */
    record NamedJson(String id, Frame frame, Pattern header, Body body, String delimiter, Names names)
            implements ToolCallFormat {

        /** How arguments are written. */
        enum Body {
            /** A JSON object. */
            JSON,
            /** A parenthesised list of {@code name=value}. */
            KEYWORDS
        }

        /** How a header's name is read. */
        enum Names {
            /** As it stands. */
            PLAIN,
            /** Kimi K2's ids, {@code functions.NAME:N} and its slips. */
            KIMI
        }

        NamedJson(String id, Frame frame, String header) {
            this(id, frame, Pattern.compile(header), Body.JSON, "", Names.PLAIN);
        }

        NamedJson delimitedBy(String text) {
            return new NamedJson(id, frame, header, body, text, names);
        }

        NamedJson keywords() {
            return new NamedJson(id, frame, header, Body.KEYWORDS, delimiter, names);
        }

        NamedJson kimiNames() {
            return new NamedJson(id, frame, header, body, delimiter, Names.KIMI);
        }

        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /** GLM-4's own tools: a line with the name of a declared built-in tool, then raw text up to the message's end. */
    record BuiltIns(String id, Frame frame) implements ToolCallFormat {
        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /**
     * Arguments between tags, as bare text; the tool's schema tells their types.
     *
     * @param callHeader what stands after an item's opener, up to and with the end of its tag; group {@code name}
     * @param headerBeforeTag whether the header's last character already begins the next tag
     * @param argumentOpen opens an argument
     * @param argumentHeader what stands after it, up to and with the character before the value; group {@code name},
     *     optional group {@code string} for a type the tag tells
     * @param valueEnd closes an argument
     * @param callEnd closes a call
     * @param framed whether one newline on each side of a value is the template's
     */
    record Tagged(
            String id,
            Frame frame,
            Pattern callHeader,
            boolean headerBeforeTag,
            String argumentOpen,
            Pattern argumentHeader,
            String valueEnd,
            String callEnd,
            boolean framed)
            implements ToolCallFormat {

        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /**
     * Calls written as Python calls with literal arguments.
     *
     * @param echoes whether the model may write a section's calls and end a second time, to be read over
     */
    record Pythonic(String id, Frame frame, boolean echoes) implements ToolCallFormat {
        Pythonic(String id, Frame frame) {
            this(id, frame, false);
        }

        Pythonic echoing() {
            return new Pythonic(id, frame, true);
        }

        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /**
     * Arguments as nested elements whose tags are the parameters' names.
     *
     * @param lead what stands before every tag
     * @param callHeader what stands after an item's opener, up to and with the end of its tag; group {@code name}
     */
    record Nested(String id, Frame frame, String lead, Pattern callHeader) implements ToolCallFormat {
        @Override
        public OutputParser parser(ParserOptions options) {
            return new AnswerParser(this, frame, options);
        }
    }

    /**
     * Messages with a header that tells channel and recipient.
     *
     * @param start begins a message's header
     * @param fields markers inside a header
     * @param message ends a header
     * @param ends end a message
     * @param header a whole header, the markers in it included
     * @param toolPrefix what stands before a tool's name in a recipient; may be empty
     * @param self the recipient of thoughts, or empty
     * @param people recipients that are no tools
     * @param markup how calls are written in a tool's message; empty where its body is the arguments
     */
    record Messages(
            String id,
            String start,
            List<String> fields,
            String message,
            List<String> ends,
            Pattern header,
            String toolPrefix,
            String self,
            Set<String> people,
            Optional<ToolCallFormat> markup)
            implements ToolCallFormat {
        @Override
        public OutputParser parser(ParserOptions options) {
            return new MessagesParser(this, options);
        }
    }

    /**
     * Parts that begin with a line naming their recipient.
     *
     * @param marker stands before every part
     * @param everyone the recipient of text
     */
    record Recipients(String id, String marker, String everyone, List<String> drops) implements ToolCallFormat {
        @Override
        public OutputParser parser(ParserOptions options) {
            return new RecipientParser(this, options);
        }
    }

    /** Nested blocks with attributes. */
    record Blocks(String id, String open, String close, String separator, List<String> drops)
            implements ToolCallFormat {
        @Override
        public OutputParser parser(ParserOptions options) {
            return new BlocksParser(this, options);
        }
    }
}
