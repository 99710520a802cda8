// The protocols that the transport benchmark speaks, so that peers of any implementation can be put
// on either side. All numbers are unsigned 64-bit, big-endian. Nobody half-closes before the answer
// has come: js handlers that read a stream as a sequence miss an end that comes with the request.
//
//   /bench/echo/1    one frame (varint length, bytes) there, the same frame back, both end
//   /bench/sink/1    8 bytes: a count; that many bytes; the count comes back; both end
//   /bench/source/1  8 bytes: a count; that many bytes come back; both end
import { lpStream, byteStream } from '@libp2p/utils'

export const ECHO = '/bench/echo/1'
export const SINK = '/bench/sink/1'
export const SOURCE = '/bench/source/1'

export const ECHO_BYTES = 32
const CHUNK_BYTES = 256 * 1024

const streams = { maxInboundStreams: 4096, maxOutboundStreams: 4096 }

function encodeCount (count) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(count))
  return bytes
}

const decodeCount = (bytes) => Number(Buffer.from(bytes.subarray()).readBigUInt64BE())

/** Takes `count` bytes off the stream. The listener counts and drops: nothing piles up. */
function swallow (stream, count) {
  const { promise, resolve, reject } = Promise.withResolvers()
  let left = count
  stream.addEventListener('message', ({ data }) => {
    left -= data.byteLength
    if (left <= 0) resolve()
  })
  stream.addEventListener('close', (event) => reject(event.error ?? new Error(`closed ${left} bytes early`)))
  return promise
}

/** Sends `count` bytes, never more ahead than the stream wants to hold. */
async function pour (stream, count) {
  const chunk = new Uint8Array(CHUNK_BYTES)
  for (let left = count; left > 0; left -= CHUNK_BYTES) {
    const more = stream.send(left >= CHUNK_BYTES ? chunk : chunk.subarray(0, left))
    if (!more) await stream.onDrain()
  }
}

async function serveEcho (stream) {
  const frames = lpStream(stream)
  await frames.write(await frames.read())
  await stream.close()
}

async function serveSink (stream) {
  const bytes = byteStream(stream)
  const count = decodeCount(await bytes.read({ bytes: 8 }))
  await swallow(bytes.unwrap(), count)
  stream.send(encodeCount(count))
  await stream.close()
}

async function serveSource (stream) {
  const bytes = byteStream(stream)
  const count = decodeCount(await bytes.read({ bytes: 8 }))
  await pour(bytes.unwrap(), count)
  await stream.close()
}

export async function serveAll (node) {
  for (const [protocol, handler] of [[ECHO, serveEcho], [SINK, serveSink], [SOURCE, serveSource]]) {
    await node.handle(protocol, (stream) => handler(stream).catch((error) => stream.abort(error)), streams)
  }
}

/** Opens a stream, sends one small frame and waits until it is back, which `onAnswer` hears of. */
export async function echoOnce (connection, payload, onAnswer = () => {}) {
  const stream = await connection.newStream(ECHO, streams)
  const frames = lpStream(stream)
  await frames.write(payload)
  const answer = await frames.read()
  onAnswer()
  await stream.close()
  if (answer.byteLength !== payload.byteLength) throw new Error('the echo is not what was sent')
}

/** ms until the other side has said that it holds all `count` bytes. */
export async function upload (connection, count) {
  const start = performance.now()
  const stream = await connection.newStream(SINK, streams)
  const bytes = byteStream(stream)
  await bytes.write(encodeCount(count))
  await pour(stream, count)
  if (decodeCount(await bytes.read({ bytes: 8 })) !== count) throw new Error('the sink counted otherwise')
  const took = performance.now() - start
  await stream.close()
  return took
}

/** ms until all `count` bytes are here. */
export async function download (connection, count) {
  const start = performance.now()
  const stream = await connection.newStream(SOURCE, streams)
  const all = swallow(stream, count)
  stream.send(encodeCount(count))
  await all
  const took = performance.now() - start
  await stream.close()
  return took
}
