package dev.martlet.chat.toolcall;

import java.util.Set;

/** Members of a call's object that are none of a call's, as strict JSON. One thread. */
final class Strangers {
    /** Keys of members that say nothing. */
    private static final Set<String> MEANINGLESS = Set.of("type", "index");

    private final StringBuilder members = new StringBuilder();
    private boolean kept;

    /** Begins a member; its value follows. */
    void begin(String key, Set<String> ids) {
        kept = !MEANINGLESS.contains(key) && !ids.contains(key);
        if (kept) {
            members.append(members.isEmpty() ? "" : ", ")
                    .append(JsonText.quote(key))
                    .append(": ");
        }
    }

    /** Takes more of the value. */
    void value(CharSequence json) {
        if (kept) {
            members.append(json);
        }
    }

    /** All members, with the opening brace, which is missing only where there are none; they are forgotten. */
    String take() {
        String taken = members.isEmpty() ? "" : "{" + members;
        members.setLength(0);
        return taken;
    }
}
