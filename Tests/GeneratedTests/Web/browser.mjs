// node browser.mjs FOLDER PICTURE...: serves FOLDER, opens its page in headless Chromium, gives it one picture after the
// other, and prints what became of it: every request of the browser, every one that the server saw, and the page's texts.
// BROWSER_WEIGHTS is a file that is chosen as weights at first, BROWSER_SCREENSHOTS a folder for what the page looks like, in
// BROWSER_SIZE and BROWSER_SCHEME. Then the pixels of all pictures in FOLDER/pictures, as they are stored and upright, by their checksums. Chromium is spoken
// to through a pipe: NUL ends a message.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';

const [folder, ...pictures] = process.argv.slice(2);
const kinds = { '.html': 'text/html', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

const served = [];
const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  served.push(`${request.method} ${pathname}`);
  try {
    const file = join(folder, pathname === '/' ? 'index.html' : pathname);
    const bytes = await readFile(file);
    response.writeHead(200, { 'content-type': kinds[extname(file)] ?? 'application/octet-stream' }).end(bytes);
  } catch {
    response.writeHead(404).end();
  }
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
const chromium = spawn(
  'chromium',
  [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--remote-debugging-pipe', `--user-data-dir=${profile}`,
    ...(process.env.BROWSER_FLAGS?.split(' ') ?? []), 'about:blank',
  ],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
);
const [toBrowser, fromBrowser] = [chromium.stdio[3], chromium.stdio[4]];
toBrowser.on('error', () => {});

const answers = new Map();
const requested = [];
const complaints = [];
let buffered = '';
let last = 0;
let session;

fromBrowser.setEncoding('utf8').on('data', (text) => {
  buffered += text;
  for (let end = buffered.indexOf('\0'); end >= 0; end = buffered.indexOf('\0')) {
    const message = JSON.parse(buffered.slice(0, end));
    buffered = buffered.slice(end + 1);
    if (message.id !== undefined) answers.get(message.id)?.(message);
    if (message.method === 'Network.requestWillBeSent') requested.push(message.params.request.url);
    if (message.method === 'Log.entryAdded') complaints.push(message.params.entry.text);
    if (message.method === 'Runtime.exceptionThrown') complaints.push(message.params.exceptionDetails.text);
  }
});

function call(method, params = {}) {
  const id = ++last;
  return new Promise((resolve, reject) => {
    answers.set(id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
    toBrowser.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  });
}

async function evaluate(expression) {
  const { result } = await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
  return result.value;
}

/** What the page's status says once it is none of `passing`. */
async function settled(...passing) {
  for (const deadline = Date.now() + 60000; Date.now() < deadline; await new Promise((next) => setTimeout(next, 20))) {
    const text = await evaluate(`document.getElementById('status')?.textContent ?? ''`);
    if (text !== '' && !passing.includes(text)) return text;
  }
  const text = await evaluate('document.documentElement.outerHTML');
  throw new Error(`not done within a minute: ${complaints.join('; ')}\n${served.join('\n')}\n${text}`);
}

async function choose(selector, file) {
  const { root } = await call('DOM.getDocument');
  const { nodeId } = await call('DOM.querySelector', { nodeId: root.nodeId, selector });
  await evaluate(`document.getElementById('status').textContent = 'Chosen'`);
  await call('DOM.setFileInputFiles', { nodeId, files: [resolve(file)] });
}

async function screenshot(name) {
  const place = process.env.BROWSER_SCREENSHOTS;
  if (place === undefined) return;
  const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true });
  await writeFile(join(place, `${name}.png`), Buffer.from(data, 'base64'));
}

const pageTexts = `({
  error: document.getElementById('error').textContent,
  classes: [...document.querySelectorAll('#answer:not([hidden]) li')].map((item) => [...item.children].map((part) => part.textContent)),
  time: document.getElementById('time').textContent,
})`;

/** CRC-32 of a picture's red, green and blue. */
const checksum = `async (name, orients) => {
  const { decoded, pixels } = await import('./picture.mjs');
  const { width, height, data } = pixels(await decoded(await (await fetch(name)).blob(), orients));
  let crc = 0xffffffff;
  for (let index = 0; index < data.length; index++) {
    if (index % 4 === 3) continue;
    crc ^= data[index];
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return [width, height, ~crc >>> 0];
}`;

/** Whether a picture that is read in several strips comes out as it went in. */
const strips = `(async () => {
  const { pixels } = await import('./picture.mjs');
  const [width, height] = [2500, 2100];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let index = 0; index < data.length; index++) {
    data[index] = index % 4 === 3 ? 255 : Math.imul(index, 0x9e3779b1) >>> 24;
  }
  const found = pixels(await createImageBitmap(new ImageData(data, width, height)));
  return found.width === width && found.height === height && found.data.every((value, index) => value === data[index]);
})()`;

let failure;
try {
  const { targetInfos } = await call('Target.getTargets');
  const { targetId } = targetInfos.find(({ type }) => type === 'page');
  session = (await call('Target.attachToTarget', { targetId, flatten: true })).sessionId;
  for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'DOM']) await call(`${domain}.enable`);
  if (process.env.BROWSER_SIZE !== undefined) {
    const [width, height] = process.env.BROWSER_SIZE.split('x').map(Number);
    await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }
  if (process.env.BROWSER_SCHEME !== undefined) {
    const features = [{ name: 'prefers-color-scheme', value: process.env.BROWSER_SCHEME }];
    await call('Emulation.setEmulatedMedia', { features });
  }
  await call('Page.navigate', { url: `${origin}/` });
  const started = { status: await settled('Loading the network …'), ...(await evaluate(pageTexts)) };
  const weights = process.env.BROWSER_WEIGHTS;
  if (weights !== undefined) {
    await choose('#weights-file', weights);
    Object.assign(started, { status: await settled('Chosen'), ...(await evaluate(pageTexts)) });
  }
  await screenshot('start');
  const results = [];
  for (const picture of pictures) {
    await choose('#file', picture);
    results.push({ status: await settled('Chosen', 'Looking …'), ...(await evaluate(pageTexts)) });
    await screenshot(`picture${results.length}`);
  }
  const own = [...requested];
  // What a script in the page could try, the policy stops before it is a request.
  const blocked = await evaluate(`Promise.all([
    fetch('http://localhost:${server.address().port}/other').then(() => 'sent', () => 'blocked'),
    new Promise((done) => { const image = new Image(); image.onload = () => done('sent'); image.onerror = () => done('blocked'); image.src = '/index.html'; }),
    new Promise((done) => { const script = document.createElement('script'); script.onload = () => done('ran'); script.textContent = 'window.ran = true'; document.body.append(script); setTimeout(() => done(window.ran ? 'ran' : 'blocked'), 50); }).catch(() => 'blocked'),
  ])`);
  const ownServed = [...served];
  const checksums = {};
  for (const name of await readdir(join(folder, 'pictures')).catch(() => [])) {
    const sums = [false, true].map((orients) => evaluate(`(${checksum})('pictures/${name}', ${orients})`));
    checksums[name] = await Promise.all(sums);
  }
  const readsStrips = await evaluate(strips);
  console.log(JSON.stringify({ origin, started, results, requested: own, served: ownServed, blocked, complaints, checksums, readsStrips }, null, 1));
} catch (error) {
  failure = error;
} finally {
  chromium.kill();
  await once(chromium, 'exit');
  server.close();
  server.closeAllConnections();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
if (failure !== undefined) {
  console.error(failure.message);
  process.exit(1);
}
