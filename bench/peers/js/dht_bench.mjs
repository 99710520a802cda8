// The DHT benchmark of js-libp2p: one process a peer, all on loopback, each joining through the first.
//
//   dht_bench.mjs [--peers 20] [--puts 60] [--gets 200] [--seconds 10] [--width 1]
//
// Prints one JSON object: put_p50_ms and get_p50_ms/get_p95_ms of one operation at a time by changing
// peers, and gets_per_s with every peer keeping `width` gets in flight. A get never runs on the peer
// that put the value. Note that with no more peers than k = 20 every peer holds every record.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, parseOptions, quantile, rounded } from './figures.mjs'

const PROGRAM = fileURLToPath(new URL('./dht_peer.mjs', import.meta.url))
const JOIN_PATIENCE_MS = 120_000

/** A peer process; call() sends it a command and waits for the answer. */
class Peer {
  constructor () {
    this.waiting = new Map()
    this.next = 1
    this.process = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      const answer = JSON.parse(line)
      const waiting = this.waiting.get(answer.id)
      if (waiting == null) return
      this.waiting.delete(answer.id)
      answer.ok ? waiting.resolve(answer) : waiting.reject(new Error(answer.error))
    })
    this.process.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the peer process ended'))
    })
  }

  async call (command, options = {}) {
    return await new Promise((resolve, reject) => {
      const id = this.next++
      this.waiting.set(id, { resolve, reject })
      this.process.stdin.write(JSON.stringify({ id, command, ...options }) + '\n')
    })
  }

  async start () {
    const { peer, addrs } = await this.call('start')
    this.peer = peer
    this.addr = addrs[0]
  }
}

/** Starts the peers one after another, and waits until each knows nearly all the others. */
async function startNetwork (count) {
  const peers = []
  for (let n = 0; n < count; n += 1) {
    const peer = new Peer()
    peers.push(peer)
    await peer.start()
    if (n > 0) await peer.call('dial', { addr: peers[0].addr })
  }
  const enough = Math.floor((count - 1) * 0.9)
  const deadline = performance.now() + JOIN_PATIENCE_MS
  for (const peer of peers) {
    while ((await peer.call('routing_table')).size < enough) {
      if (performance.now() > deadline) throw new Error(`the network did not settle: ${peer.addr}`)
      await sleep(250)
    }
  }
  return peers
}

async function measurePuts (peers, keys, value) {
  const samples = []
  let stored = 0
  for (const [n, key] of keys.entries()) {
    const answer = await peers[n % peers.length].call('put', { key, value })
    samples.push(answer.ms)
    stored += answer.stored
  }
  return { samples, copies: stored / keys.length }
}

async function measureGets (peers, keys, value, count) {
  const samples = []
  let failed = 0
  for (let n = 0; n < count; n += 1) {
    const at = n % keys.length
    const reader = peers[(at + 1 + n % (peers.length - 1)) % peers.length] // never the one that put it
    await reader.call('get', { key: keys[at] }).then(
      (answer) => {
        if (answer.value !== value) failed += 1
        samples.push(answer.ms)
      },
      () => { failed += 1 })
  }
  return { samples, failed }
}

async function measureThroughput (peers, keys, seconds, width) {
  const start = performance.now()
  const answers = await Promise.all(peers.map((peer, n) => peer.call('get_many', {
    keys: keys.filter((_, at) => at % peers.length !== n), seconds, width
  })))
  const took = (performance.now() - start) / 1_000
  return {
    perSecond: answers.reduce((sum, { done }) => sum + done, 0) / took,
    failed: answers.reduce((sum, { failed }) => sum + failed, 0)
  }
}

const options = parseOptions(process.argv.slice(2), { peers: 20, puts: 60, gets: 200, seconds: 10, width: 1 })
const peers = []
process.on('exit', () => { for (const peer of peers) peer.process.kill('SIGKILL') })
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1))

peers.push(...await startNetwork(options.peers))
const keys = Array.from({ length: options.puts }, (_, n) => `/test/bench-${n}`)
const value = 'v'.repeat(256)
const puts = await measurePuts(peers, keys, value)
const gets = await measureGets(peers, keys, value, options.gets)
const many = await measureThroughput(peers, keys, options.seconds, options.width)
process.stdout.write(JSON.stringify({
  put_p50_ms: rounded(median(puts.samples)),
  put_p95_ms: rounded(quantile(puts.samples, 0.95)),
  get_p50_ms: rounded(median(gets.samples)),
  get_p95_ms: rounded(quantile(gets.samples, 0.95)),
  gets_per_s: rounded(many.perSecond),
  peers: options.peers,
  copies_per_put: rounded(puts.copies),
  failed: gets.failed + many.failed
}) + '\n')
process.exit(0)
