// The npm `openai` client against the server at argv[2]; runs the scenario named by argv[3], prints what it saw as JSON.
import OpenAI from "openai";

const [baseURL, scenario] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${baseURL}/v1`, apiKey: "unused", maxRetries: 0, timeout: 60_000 });
const user = (content) => [{ role: "user", content }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Weather of a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

async function whole() {
  const answer = await client.chat.completions.create({ model: "any", messages: user("text") });
  const { message, finish_reason } = answer.choices[0];
  return { content: message.content, refusal: message.refusal, finish_reason, usage: answer.usage };
}

async function stream() {
  const chunks = await client.chat.completions.create({
    model: "any",
    messages: user("text"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const seen = { content: "", ids: new Set(), created: new Set(), finish_reason: null, usage: null, pieces: 0 };
  for await (const chunk of chunks) {
    seen.ids.add(chunk.id);
    seen.created.add(chunk.created);
    const choice = chunk.choices[0];
    if (choice?.delta.content) {
      seen.content += choice.delta.content;
      seen.pieces++;
    }
    seen.finish_reason = choice?.finish_reason ?? seen.finish_reason;
    seen.usage = chunk.usage ?? seen.usage;
  }
  return { ...seen, ids: seen.ids.size, created: seen.created.size };
}

// A call, its result sent back, the final answer; all streamed through the client's own accumulator.
async function tools() {
  const messages = user("call");
  const first = await client.chat.completions.stream({ model: "any", messages, tools: [weather] }).finalChatCompletion();
  const asked = first.choices[0];
  messages.push(asked.message);
  for (const call of asked.message.tool_calls) {
    messages.push({ role: "tool", tool_call_id: call.id, content: `{"sky":"clear in ${JSON.parse(call.function.arguments).city}"}` });
  }
  const last = await client.chat.completions.create({ model: "any", messages, tools: [weather] });
  return {
    calls: asked.message.tool_calls.map((call) => ({ name: call.function.name, arguments: JSON.parse(call.function.arguments) })),
    idsUnique: new Set(asked.message.tool_calls.map((call) => call.id)).size === asked.message.tool_calls.length,
    finish_reason: asked.finish_reason,
    answer: last.choices[0].message.content,
  };
}

async function error() {
  try {
    await client.chat.completions.create({ model: "any", messages: user("text"), temperature: 9 });
    return { thrown: null };
  } catch (thrown) {
    const { status, param, type, message, requestID } = thrown;
    return { thrown: thrown.constructor.name, status, param, type, message, requestID };
  }
}

async function models() {
  const listed = [];
  for await (const model of client.models.list()) listed.push(model);
  return { listed, one: await client.models.retrieve(listed[0].id) };
}

// Leaves after the first piece: the server has to notice.
async function leave() {
  const chunks = await client.chat.completions.create({ model: "any", messages: user("long"), stream: true });
  for await (const chunk of chunks) {
    if (chunk.choices[0]?.delta.content) break;
  }
  return { left: true };
}

const scenarios = { whole, stream, tools, error, models, leave };
console.log(JSON.stringify(await scenarios[scenario]()));
