package dev.martlet.chat.toolcall;

import java.util.ArrayList;
import java.util.List;

/**
 * The markers around a family's calls and thoughts.
 *
 * @param sections openers of a section of calls
 * @param sectionEnds its closers
 * @param items openers of one call; legal inside a section and, unless {@code itemsNeedSection}, without one
 * @param itemEnds its closers
 * @param leads markers that may stand between an opener and the call, such as a code fence
 * @param thoughts markers around reasoning
 * @param drops markers that mean nothing to a client: role and stop tokens, wrappers of the answer
 * @param bare whether calls may begin a line without any opener, if they name a declared tool
 * @param textual whether an item's opener is ordinary text, so that without a section it counts only for a declared
 *     tool
 * @param alternatives formats whose calls the same models write too, tried in order
 */
record Frame(
        List<String> sections,
        List<String> sectionEnds,
        List<String> items,
        List<String> itemEnds,
        List<String> leads,
        List<Thoughts> thoughts,
        List<String> drops,
        boolean bare,
        boolean textual,
        List<ToolCallFormat> alternatives) {

    /** The markers around reasoning. */
    record Thoughts(String open, String close) {}

    static final Frame NONE = new Frame(
            List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), false, false, List.of());

    Frame {
        sections = List.copyOf(sections);
        sectionEnds = List.copyOf(sectionEnds);
        items = List.copyOf(items);
        itemEnds = List.copyOf(itemEnds);
        leads = List.copyOf(leads);
        thoughts = List.copyOf(thoughts);
        drops = List.copyOf(drops);
        alternatives = List.copyOf(alternatives);
    }

    /** Adds a section's opener and closer; an empty closer is none. */
    Frame section(String open, String close) {
        return new Frame(
                plus(sections, open),
                plus(sectionEnds, close),
                items,
                itemEnds,
                leads,
                thoughts,
                drops,
                bare,
                textual,
                alternatives);
    }

    /** Adds a call's opener and closer; an empty closer is none. */
    Frame item(String open, String close) {
        return new Frame(
                sections,
                sectionEnds,
                plus(items, open),
                plus(itemEnds, close),
                leads,
                thoughts,
                drops,
                bare,
                textual,
                alternatives);
    }

    Frame lead(String... markers) {
        return new Frame(
                sections,
                sectionEnds,
                items,
                itemEnds,
                plus(leads, markers),
                thoughts,
                drops,
                bare,
                textual,
                alternatives);
    }

    Frame think(String open, String close) {
        List<Thoughts> more = new ArrayList<>(thoughts);
        more.add(new Thoughts(open, close));
        return new Frame(sections, sectionEnds, items, itemEnds, leads, more, drops, bare, textual, alternatives);
    }

    Frame drop(String... markers) {
        return new Frame(
                sections,
                sectionEnds,
                items,
                itemEnds,
                leads,
                thoughts,
                plus(drops, markers),
                bare,
                textual,
                alternatives);
    }

    Frame bareToo() {
        return new Frame(sections, sectionEnds, items, itemEnds, leads, thoughts, drops, true, textual, alternatives);
    }

    Frame textualItems() {
        return new Frame(sections, sectionEnds, items, itemEnds, leads, thoughts, drops, bare, true, alternatives);
    }

    Frame or(ToolCallFormat... formats) {
        return new Frame(
                sections, sectionEnds, items, itemEnds, leads, thoughts, drops, bare, textual, List.of(formats));
    }

    private static List<String> plus(List<String> list, String... more) {
        List<String> joined = new ArrayList<>(list);
        for (String each : more) {
            if (!each.isEmpty() && !joined.contains(each)) {
                joined.add(each);
            }
        }
        return joined;
    }

    /** Whether a prompt that ends like this leaves thoughts open. */
    boolean opensThoughts(String suffix) {
        return thoughts.stream().anyMatch(pair -> {
            int open = suffix.lastIndexOf(pair.open());
            return open >= 0 && open > suffix.lastIndexOf(pair.close());
        });
    }

    /** Every marker that closes something. */
    List<String> closers() {
        List<String> closers = new ArrayList<>(itemEnds);
        sectionEnds.stream().filter(end -> !closers.contains(end)).forEach(closers::add);
        return closers;
    }
}
