// Uses the page at the given address in a headless browser of the Chromium family, over its debugging pipe, as a reader
// would. Prints what was seen and what the browser complained of; without such a browser, {"browser": ""}.
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const PATIENCE_MS = 60_000;

function installed(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there
  }
}

const folders = (process.env.PATH || '').split(delimiter);
const program = NAMES.flatMap(name => folders.map(folder => join(folder, name))).find(installed);
if (!program) {
  console.log(JSON.stringify({browser: ''}));
  process.exit(0);
}

const profile = mkdtempSync(join(tmpdir(), 'martlet-browser-'));
// No sandbox: it does not start as root, and the only page is our own.
const browser = spawn(program,
  ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--remote-debugging-pipe',
    '--user-data-dir=' + profile, 'about:blank'],
  {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
const problems = [];
const loading = new Map(); // addresses of requests that have not ended, by id
const answers = new Map();
let session;
let last = 0;

function call(method, params = {}) {
  const id = ++last;
  browser.stdio[3].write(JSON.stringify({id, method, params, sessionId: session}) + '\0');
  return new Promise((resolve, reject) => answers.set(id, {resolve, reject}));
}

const events = {
  'Network.requestWillBeSent': event => loading.set(event.requestId, event.request.url),
  'Network.loadingFinished': event => loading.delete(event.requestId),
  'Network.loadingFailed': event => {
    problems.push('failed: ' + loading.get(event.requestId) + ' ' + event.errorText);
    loading.delete(event.requestId);
  },
  'Runtime.exceptionThrown': event => problems.push('exception: ' + event.exceptionDetails.text),
  'Log.entryAdded': event => {
    const {level, text} = event.entry;
    // A refused request is what the page is used for.
    if (['error', 'warning'].includes(level) && !text.includes('status of 400')) problems.push(level + ': ' + text);
  },
};

let rest = '';
browser.stdio[4].setEncoding('utf8').on('data', data => {
  const messages = (rest + data).split('\0');
  rest = messages.pop();
  for (const message of messages.map(text => JSON.parse(text))) {
    const answer = answers.get(message.id);
    if (answer) {
      answers.delete(message.id);
      if (message.error) answer.reject(new Error(message.error.message));
      else answer.resolve(message.result);
    } else if (events[message.method]) {
      events[message.method](message.params);
    }
  }
});

/** What an expression of the page gives. */
async function value(expression) {
  const {result, exceptionDetails} = await call('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
  if (exceptionDetails) throw new Error(expression + ': ' + exceptionDetails.exception?.description);
  return result.value;
}

async function until(what, test) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const found = await test();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  throw new Error('not in time: ' + what + '\n' + problems.join('\n'));
}

/** Presses the button of the completion and gives the whole answer as it is shown. */
async function send() {
  await value("document.querySelector('#createCompletion button').click()");
  await until('an answer', () => value("/ in \\d+ ms/.test(document.querySelector('#createCompletion [aria-live]').textContent)"));
  return value("document.querySelector('#createCompletion [aria-live]').innerText");
}

try {
  const {product} = await call('Browser.getVersion');
  const {targetId} = await call('Target.createTarget', {url: 'about:blank'});
  ({sessionId: session} = await call('Target.attachToTarget', {targetId, flatten: true}));
  for (const domain of ['Network', 'Runtime', 'Log', 'Page']) await call(domain + '.enable');
  await call('Page.navigate', {url: process.argv[2]});
  await until('the operations', () => value("document.querySelectorAll('details.operation').length > 0"));
  await value("document.querySelector('#createCompletion > summary').click()");
  const answer = await send();
  const streamed = await value("document.querySelector('#createCompletion .said').textContent");
  await value("document.querySelector('#createCompletion textarea').value = '{\"prompt\":\"x\",\"temperature\":9}'");
  const refused = await send();
  await call('Emulation.setDeviceMetricsOverride', {width: 400, height: 800, deviceScaleFactor: 1, mobile: true});
  const overflow = await value('document.documentElement.scrollWidth - innerWidth');
  await until('the end of all requests', () => loading.size === 0);
  console.log(JSON.stringify({browser: product, answer, streamed, refused, overflow, problems}));
} finally {
  const ended = new Promise(resolve => browser.on('exit', resolve));
  browser.kill('SIGKILL');
  await ended;
  rmSync(profile, {recursive: true, force: true, maxRetries: 5});
}
