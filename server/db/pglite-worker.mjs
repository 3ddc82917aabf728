// Runs the embedded database in a thread of its own: a query blocks its thread, and only terminating the thread ends one
// that never returns. What crosses the thread is PostgreSQL's wire protocol, so the real pg driver does all the parsing.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { postgis } from '@electric-sql/pglite-postgis';

const [PARSE, SIMPLE, COMMAND_COMPLETE, EMPTY, ERROR, BIND_COMPLETE, SUSPENDED, READY, COPY_IN] = [...'PQCIE2sZG'].map(
  (letter) => letter.charCodeAt(0),
);
const STARTUP = 0;

const database = await PGlite.create({ dataDir: workerData.dataDir, extensions: { postgis } });
parentPort.postMessage({ ready: true });

parentPort.on('message', async ({ id, bytes, close }) => {
  if (close === true) {
    await database.close();
    parentPort.postMessage({ closed: true });
    return;
  }
  if (bytes[0] === STARTUP) forgetSession();
  const answer = settle(bytes, database.execProtocolRawSync(bytes));
  if (answer === undefined) parentPort.postMessage({ id, broken: true });
  else parentPort.postMessage({ id, bytes: answer }, [answer.buffer]);
});

/** There is one session for the life of the thread; a new connection must not find the last one's open transaction. */
function forgetSession() {
  for (const sql of ['rollback', 'discard all']) {
    const text = new TextEncoder().encode(`${sql}\0`);
    const message = new Uint8Array(5 + text.length);
    message[0] = SIMPLE;
    new DataView(message.buffer).setUint32(1, 4 + text.length);
    message.set(text, 5);
    database.execProtocolRawSync(message);
  }
}

/**
 * Makes the answer what a server would have sent: exactly one ReadyForQuery (PGlite sends two after an error, and the
 * second would end the next query). Undefined when there is no outcome at all: PGlite swallows C++ exceptions (GEOS on
 * invalid geometry) and leaves a half-run statement behind, in a transaction that the next statement would commit.
 */
function settle(request, response) {
  if (request[0] === STARTUP) return response.slice();
  const frames = split(response);
  const has = (type) => frames.some((frame) => frame[0] === type);
  const ended = has(COMMAND_COMPLETE) || has(EMPTY) || has(SUSPENDED);
  const complete = has(ERROR) || has(COPY_IN) || (ended && (request[0] !== PARSE || has(BIND_COMPLETE)));
  const ready = frames.findLast((frame) => frame[0] === READY);
  if (!complete || ready === undefined) return undefined;
  const kept = [...frames.filter((frame) => frame[0] !== READY), ready];
  const result = new Uint8Array(kept.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of kept) {
    result.set(frame, at);
    at += frame.length;
  }
  return result;
}

function split(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + view.getUint32(at + 1);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
