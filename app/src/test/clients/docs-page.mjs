// Opens the page at the given address with just enough of a document for its script, and uses it as a reader would.
import vm from 'node:vm';

class Element {
  constructor(tag) {
    this.tag = tag;
    this.attributes = {};
    this.children = [];
    this.listeners = {};
    this.value = '';
  }
  setAttribute(name, value) { this.attributes[name] = String(value); }
  addEventListener(type, listener) { this.listeners[type] = listener; }
  append(...children) { this.children.push(...children); }
  replaceChildren(...children) { this.children = children; }
  get textContent() {
    return this.children.map(child => (child instanceof Element ? child.textContent : String(child))).join('');
  }
  set textContent(text) { this.children = [text]; }
  find(test) {
    const all = [];
    for (const child of this.children.filter(child => child instanceof Element)) {
      if (test(child)) all.push(child);
      all.push(...child.find(test));
    }
    return all;
  }
  tagged(tag) { return this.find(element => element.tag === tag); }
}

const url = process.argv[2];
const html = await (await fetch(url)).text();
const page = new Element('main');
const context = vm.createContext({
  document: {createElement: tag => new Element(tag), getElementById: () => page},
  location: {href: url},
  fetch: (address, options) => fetch(new URL(address, url), options),
  URL, AbortController, TextDecoder, performance, encodeURIComponent,
});
vm.runInContext(html.slice(html.indexOf('<script>') + 8, html.indexOf('</script>')), context);

async function until(what, test) {
  for (let i = 0; i < 3000; i++) {
    const found = test();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error('not within half a minute: ' + what + '\n' + page.textContent);
}

function open(id) {
  const operation = page.find(element => element.attributes.id === id)[0];
  operation.listeners.toggle();
  return operation;
}

/** Presses the button and waits for the time that is told at the end of an answer. */
async function send(operation) {
  operation.tagged('button')[0].listeners.click();
  const out = operation.find(element => element.attributes['aria-live'])[0];
  await until('an answer', () => / in \d+ ms/.test(out.textContent));
  return out;
}

await until('the operations', () => page.tagged('details').length > 0);
// The second argument is the key of a server that needs one.
const key = page.find(element => element.attributes['aria-label'] === 'API key')[0];
key.value = process.argv[3] || '';
const operations = page.tagged('summary').map(summary => summary.textContent);

const completion = open('createCompletion');
const fields = completion.textContent;
const body = completion.tagged('textarea')[0];
completion.tagged('input')[0].value = '60000'; // the header x-request-timeout-ms
const out = await send(completion);
const streamed = out.find(element => element.attributes.class === 'said')[0].textContent;
const events = out.tagged('details')[0].tagged('pre')[0].textContent;
const curl = completion.tagged('pre').map(pre => pre.textContent).find(text => text.startsWith('curl'));

body.value = JSON.stringify({prompt: 'x', temperature: 9});
const refused = (await send(completion)).textContent;

const tokens = (await send(open('tokenize'))).textContent;

const one = open('retrieveModel');
const list = await (await fetch(new URL('v1/models', url), {headers: {'x-api-key': key.value}})).json();
one.tagged('input')[0].value = list.data[0].id;
const model = (await send(one)).textContent;

console.log(JSON.stringify({operations, fields, streamed, events, curl, refused, tokens, model}));
