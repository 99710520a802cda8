// js-libp2p over QUIC as a peer of the transport benchmark.
//
//   transport_peer.mjs serve [--listen ADDR]        prints {"event":"ready","peer","addrs"} and serves
//   transport_peer.mjs measure ADDR [--connects N] [--pings N] [--echo_seconds S] [--bulk_bytes B] [--rounds R]
//   transport_peer.mjs first_byte ADDR [--times N]  ms from dialling to the first byte of an echo
// The last two print one JSON object of figures and end.
import { createNode, DEFAULT_LISTEN } from '../../../tests/interop/node.mjs'
import { echoOnce, download, ECHO_BYTES, serveAll, upload } from './protocols.mjs'
import { median, parseOptions, quantile, rounded } from './figures.mjs'
import { byteStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'

const PING = '/ipfs/ping/1.0.0'
const PING_BYTES = 32
const WARM_UP = 20 // of each kind, not counted

async function serve (options) {
  const node = await createNode({ listen: [options.listen], identify: false, monitor: false })
  await serveAll(node)
  process.stdout.write(JSON.stringify({
    event: 'ready', peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String)
  }) + '\n')
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0)) // ends with whoever started it
}

/** ms from the call of dial() until the connection can carry streams, each time on a fresh one. */
async function measureConnects (node, address, count) {
  const samples = []
  for (let n = -WARM_UP; n < count; n += 1) {
    const start = performance.now()
    const connection = await node.dial(address)
    if (n >= 0) samples.push(performance.now() - start)
    await connection.close()
  }
  return samples
}

/** ms a ping, one after another on one stream that is renewed before js ends it after 10 s. */
async function measurePings (connection, count) {
  const samples = []
  const ball = new Uint8Array(PING_BYTES)
  let stream = null
  let bytes = null
  let opened = 0
  for (let n = -WARM_UP; n < count; n += 1) {
    if (stream == null || performance.now() - opened > 5_000) {
      await stream?.close()
      stream = await connection.newStream(PING)
      bytes = byteStream(stream)
      opened = performance.now()
    }
    const start = performance.now()
    await bytes.write(ball)
    await bytes.read({ bytes: PING_BYTES })
    if (n >= 0) samples.push(performance.now() - start)
  }
  await stream.close()
  return samples
}

/** Streams a second that were opened, echoed a frame and ended, `width` of them at a time. */
async function measureEchoes (connection, width, seconds) {
  const payload = new Uint8Array(ECHO_BYTES)
  for (let n = 0; n < WARM_UP; n += 1) await echoOnce(connection, payload)
  const start = performance.now()
  const end = start + seconds * 1_000
  let done = 0
  await Promise.all(Array.from({ length: width }, async () => {
    while (performance.now() < end) {
      await echoOnce(connection, payload)
      done += 1
    }
  }))
  return done / ((performance.now() - start) / 1_000)
}

async function measureBulk (transfer, connection, bytes, rounds) {
  const samples = []
  for (let n = 0; n < rounds; n += 1) samples.push(bytes / 1e6 / (await transfer(connection, bytes) / 1_000))
  return median(samples)
}

async function measure (addressText, options) {
  const node = await createNode({ listen: [], identify: false, monitor: false })
  const address = multiaddr(addressText)
  const connects = await measureConnects(node, address, options.connects)
  const connection = await node.dial(address)
  const pings = await measurePings(connection, options.pings)
  const figures = {
    connect_p50_ms: median(connects),
    connect_p95_ms: quantile(connects, 0.95),
    ping_p50_ms: median(pings),
    ping_p95_ms: quantile(pings, 0.95),
    open_echo_per_s: await measureEchoes(connection, 1, options.echo_seconds),
    open_echo16_per_s: await measureEchoes(connection, 16, options.echo_seconds),
    bulk_up_MBps: await measureBulk(upload, connection, options.bulk_bytes, options.rounds),
    bulk_down_MBps: await measureBulk(download, connection, options.bulk_bytes, options.rounds)
  }
  const shown = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]))
  process.stdout.write(JSON.stringify(shown) + '\n')
  await node.stop()
  process.exit(0)
}

async function firstByte (addressText, { times }) {
  const node = await createNode({ listen: [], identify: false, monitor: false })
  const samples = []
  for (let n = 0; n < times; n += 1) {
    const start = performance.now()
    const connection = await node.dial(multiaddr(addressText))
    await echoOnce(connection, new Uint8Array(ECHO_BYTES), () => samples.push(performance.now() - start))
    await connection.close()
  }
  process.stdout.write(JSON.stringify({ first_byte_p50_ms: rounded(median(samples)) }) + '\n')
  await node.stop()
  process.exit(0)
}

const [command, ...words] = process.argv.slice(2)
if (command === 'serve') {
  await serve(parseOptions(words, { listen: DEFAULT_LISTEN }))
} else if (command === 'measure' && words.length > 0) {
  await measure(words[0], parseOptions(words.slice(1), {
    connects: 100, pings: 500, echo_seconds: 3, bulk_bytes: 64 * 1024 * 1024, rounds: 3
  }))
} else if (command === 'first_byte' && words.length > 0) {
  await firstByte(words[0], parseOptions(words.slice(1), { times: 10 }))
} else {
  process.stderr.write('usage: transport_peer.mjs serve [--listen ADDR] | first_byte ADDR [--times N] | measure ADDR [--connects N] [--pings N] ' +
    '[--echo_seconds S] [--bulk_bytes B] [--rounds R]\n')
  process.exit(2)
}
