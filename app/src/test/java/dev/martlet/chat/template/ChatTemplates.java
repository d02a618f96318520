package dev.martlet.chat.template;

/** Templates of our own in the manner of the well-known ones. */
public final class ChatTemplates {
    private ChatTemplates() {}

    /** No tools, no reasoning; any role. */
    static final String CHATML = """
            {% for message in messages %}
            {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' -}}
            {% endfor %}
            {%- if add_generation_prompt -%}
            {{ '<|im_start|>assistant\\n' }}
            {%- endif -%}
            """;

    /** Tools in the first user message, one call a message, header tokens. */
    static final String LLAMA = """
            {{- bos_token }}
            {%- if messages[0].role == 'system' %}
                {%- set system = messages[0].content|trim %}
                {%- set messages = messages[1:] %}
            {%- else %}
                {%- set system = '' %}
            {%- endif %}
            {{- '<|start_header_id|>system<|end_header_id|>\\n\\n' ~ system ~ '<|eot_id|>' }}
            {%- if tools %}
                {%- for tool in tools %}
                    {{- tool|tojson(indent=4) ~ '\\n\\n' }}
                {%- endfor %}
            {%- endif %}
            {%- for message in messages %}
                {%- if message.tool_calls %}
                    {%- if message.tool_calls|length != 1 %}
                        {{- raise_exception('This model only supports single tool-calls at once!') }}
                    {%- endif %}
                    {%- set call = message.tool_calls[0].function %}
                    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
                    {{- '{"name": "' ~ call.name ~ '", "parameters": ' ~ call.arguments|tojson ~ '}<|eot_id|>' }}
                {%- elif message.role == 'tool' %}
                    {{- '<|start_header_id|>ipython<|end_header_id|>\\n\\n' ~ message.content|tojson ~ '<|eot_id|>' }}
                {%- else %}
                    {{- '<|start_header_id|>' ~ message.role ~ '<|end_header_id|>\\n\\n' ~ message.content|trim ~ '<|eot_id|>' }}
                {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}
                {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
            {%- endif %}
            """;

    /** Typed content parts, arguments walked as a mapping, reasoning with a switch, open by default. */
    static final String GLM = """
            [gMASK]<sop>
            {%- macro text(content) -%}
            {%- for part in content -%}{%- if part.type == 'text' -%}{{ part.text }}{%- endif -%}{%- endfor -%}
            {%- endmacro -%}
            {%- if tools -%}<|system|>
            # Tools
            {% for tool in tools %}{{ tool|tojson(ensure_ascii=False) }}
            {% endfor %}{%- endif -%}
            {%- for m in messages -%}
            {%- if m.role == 'assistant' -%}
            <|assistant|>
            {%- if m.reasoning_content -%}<think>{{ m.reasoning_content }}</think>{%- endif -%}
            {%- if m.content -%}{{ text(m.content) }}{%- endif -%}
            {%- for call in m.tool_calls or [] -%}
            <tool_call>{{ call.function.name }}
            {%- for k, v in call.function.arguments.items() -%}
            <arg_key>{{ k }}</arg_key><arg_value>{{ v if v is string else v|tojson }}</arg_value>
            {%- endfor -%}</tool_call>
            {%- endfor -%}
            {%- elif m.role == 'tool' -%}
            <|observation|><tool_response>{{ text(m.content) }}</tool_response>
            {%- else -%}
            <|{{ m.role }}|>{{ text(m.content) }}
            {%- endif -%}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            <|assistant|>{{ '</think>' if enable_thinking is defined and not enable_thinking else '<think>' }}
            {%- endif -%}
            """;

    /** No system role; roles must alternate; neither tools nor tool role. */
    static final String GEMMA = """
            {{ bos_token }}
            {%- for message in messages -%}
            {%- if message.role == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}
            {%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
            {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
            {%- endif -%}
            <start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}
            {{ message.content|trim }}<end_of_turn>
            {% endfor -%}
            {%- if add_generation_prompt -%}
            {{ '<start_of_turn>model\\n' }}
            {%- endif -%}
            """;

    /** Arguments joined as a string, content that must be None beside calls, ids of nine characters. */
    static final String STRINGS = """
            {%- for m in messages -%}
            {%- if m.tool_calls -%}
            {%- if m.content is not none -%}{{ raise_exception('content beside calls') }}{%- endif -%}
            {%- for call in m.tool_calls -%}
            {%- if call.id|length != 9 -%}{{ raise_exception('Tool call IDs should be alphanumeric strings with length 9!') }}{%- endif -%}
            {{ '<call>' + call.function.name + '\\n' + call.function.arguments + '#' + call.id }}
            {%- endfor -%}
            {%- elif m.role == 'tool' -%}
            {{ '<result>' + m.tool_call_id + ' ' + m.name + ' ' + m.content }}
            {%- else -%}
            {{ '<' + m.role + '>' + m.content }}
            {%- endif -%}
            {%- endfor -%}
            {%- if tools -%}{{ '<tools>' + tools|tojson }}{%- endif -%}
            """;

    /** In the manner of GLM-4-0414's: tools in a variable, calls by metadata. */
    public static final String GLM4 = """
            [gMASK]<sop>
            {%- if tools -%}
            <|system|>
            # Tools
            {%- for tool in tools %}
            {%- set function = tool.function if tool.get('function') else tool %}

            ## {{ function.name }}

            {{ function|tojson(indent=4, ensure_ascii=False) }}
            {%- endfor %}
            {%- endif -%}
            {%- for m in messages %}
            {%- if m.role in ['system', 'user', 'observation'] %}
            <|{{ m.role }}|>
            {{ m.content }}
            {%- elif m.role == 'assistant' %}
            <|assistant|>{{ m.get('metadata', '') }}
            {{ m.content }}
            {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}<|assistant|>{% endif -%}
            """;

    /** In the manner of GLM-4-9B-Chat's: tools in the system message, built-in ones by type. */
    public static final String GLM4_CHAT = """
            [gMASK]<sop>
            {%- for m in messages %}
            {%- if m.tools is defined -%}
            <|system|>
            # Tools
            {%- for tool in m.tools %}
            {%- if tool.type == 'function' %}

            ## {{ tool.function.name }}

            {{ tool.function|tojson(indent=4) }}
            {%- elif tool.type == 'python' %}

            ## python

            Send it code.
            {%- elif tool.type == 'simple_browser' %}

            ## simple_browser

            It knows search(query: str, recency_days: int).
            {%- elif tool.type == 'cogview' %}

            ## cogview

            Send it what to draw.
            {%- endif %}
            {%- endfor %}
            {%- endif %}
            {%- if m.content -%}
            <|{{ m.role }}|>{{ m.metadata }}
            {{ m.content }}
            {%- endif %}
            {%- endfor %}
            {%- if add_generation_prompt %}<|assistant|>{% endif -%}
            """;
}
