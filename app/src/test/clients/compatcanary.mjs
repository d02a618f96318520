// CompatCanary, an independent scanner of OpenAI-style servers, against the one at argv[2] with the model argv[3].
import { scanEndpoint } from "compatcanary";

const [baseUrl, model] = process.argv.slice(2);
console.log(JSON.stringify(await scanEndpoint({ baseUrl, model, timeoutMs: 100_000 })));
