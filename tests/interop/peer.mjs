// A js-libp2p peer that does as it is told: JSON lines in, JSON lines out (see jsonlines.mjs).
import { createNode } from './node.mjs'
import { emit, serve } from './jsonlines.mjs'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream, byteStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'

const ECHO = '/test/echo/1'
const PING = '/ipfs/ping/1.0.0'
const PATIENCE_MS = 30_000

let node = null
const identified = new Map() // peer id -> what its last identify said
const identifyWaiters = new Map() // peer id -> functions to call when it says something

const within = (ms = PATIENCE_MS) => AbortSignal.timeout(ms)
const bytesOf = (text) => new TextEncoder().encode(text)
const textOf = (bytes) => Buffer.from(bytes).toString()

/** A dial target: an address, or the id of a peer whose addresses are known. */
const target = ({ addr, peer }) => addr != null ? multiaddr(addr) : peerIdFromString(peer)

function describe (connection) {
  return {
    connection: connection.id,
    peer: connection.remotePeer.toString(),
    addr: connection.remoteAddr.toString(),
    direction: connection.direction,
    status: connection.status,
    opened: connection.timeline.open,
    rtt: connection.rtt ?? null
  }
}

function describePeer (info) {
  return { peer: info.id.toString(), addrs: info.multiaddrs.map(String) }
}

/** The connection of that id, or the first one to that peer. */
function connectionOf ({ connection, peer }) {
  const found = node.getConnections().find(
    (open) => connection != null ? open.id === connection : open.remotePeer.toString() === peer)
  if (found == null) throw new Error(`no connection ${connection ?? `to ${peer}`}`)
  return found
}

/** A push is told here as well; it may leave out what has not changed since the last message. */
function rememberIdentify ({ detail }) {
  const peer = detail.peerId.toString()
  const before = identified.get(peer)
  identified.set(peer, {
    agent: detail.agentVersion ?? before?.agent ?? null,
    protocolVersion: detail.protocolVersion ?? before?.protocolVersion ?? null,
    observed: detail.observedAddr?.toString() ?? before?.observed ?? null,
    listen: detail.listenAddrs.map(String),
    protocols: detail.protocols,
    signed: detail.signedPeerRecord?.addresses?.map(String) ?? before?.signed ?? null
  })
  for (const tell of identifyWaiters.get(peer) ?? []) tell()
  identifyWaiters.delete(peer)
}

async function identifyOf (peer, ms) {
  if (identified.has(peer)) return
  const { promise, resolve, reject } = Promise.withResolvers()
  identifyWaiters.set(peer, [...identifyWaiters.get(peer) ?? [], resolve])
  const timer = setTimeout(() => reject(new Error(`${peer} was not identified within ${ms} ms`)), ms)
  await promise.finally(() => clearTimeout(timer))
}

/** One 32-byte ping on exactly this connection; ms. */
async function pingOn (connection, ms) {
  const signal = within(ms)
  const stream = await connection.newStream(PING, { signal })
  const bytes = byteStream(stream)
  const sent = crypto.getRandomValues(new Uint8Array(32))
  const start = performance.now()
  await bytes.write(sent, { signal })
  const got = await bytes.read({ bytes: 32, signal })
  const rtt = performance.now() - start
  await stream.close({ signal })
  if (Buffer.compare(sent, got.subarray()) !== 0) throw new Error('the ping came back changed')
  return rtt
}

async function echoHandler (stream) {
  const frames = lpStream(stream)
  try {
    await frames.write(await frames.read({ signal: within() }), { signal: within() })
    await stream.close({ signal: within() })
  } catch (error) {
    stream.abort(error)
  }
}

/** Runs a query to its end; what it heard, in numbers, beside what `pick` keeps of its events. */
async function query (events, pick) {
  const result = { answers: 0, errors: [], picked: [] }
  const start = performance.now()
  for await (const event of events) {
    if (event.name === 'PEER_RESPONSE') result.answers += 1
    if (event.name === 'QUERY_ERROR') result.errors.push(`${event.from}: ${event.error.message}`)
    result.picked.push(...pick(event) ?? [])
  }
  result.ms = performance.now() - start
  return result
}

const commands = {
  async start (options) {
    if (node != null) throw new Error('started already')
    node = await createNode(options)
    node.addEventListener('peer:identify', rememberIdentify)
    node.addEventListener('connection:open', ({ detail }) => emit({ event: 'connection:open', ...describe(detail) }))
    node.addEventListener('connection:close', ({ detail }) => emit({ event: 'connection:close', ...describe(detail) }))
    await node.handle(ECHO, echoHandler)
    return { peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) }
  },

  async dial ({ addr, peer, ms, force = false }) {
    const start = performance.now()
    const connection = await node.dial(target({ addr, peer }), { signal: within(ms), force })
    return { ...describe(connection), ms: performance.now() - start }
  },

  async ping ({ addr, peer, connection, count = 1, ms }) {
    const open = connection != null
      ? connectionOf({ connection })
      : await node.dial(target({ addr, peer }), { signal: within(ms) })
    const rtts = []
    for (let n = 0; n < count; n += 1) rtts.push(await pingOn(open, ms))
    return { rtts, connection: open.id }
  },

  /** The ping of the library's own service, which half-closes before the answer comes. */
  async ping_service ({ peer, ms }) {
    return { rtt: await node.services.ping.ping(peerIdFromString(peer), { signal: within(ms) }) }
  },

  /** What a connected peer said of itself and of us, and what the peer store keeps of it. */
  async identify ({ peer, ms = PATIENCE_MS }) {
    await identifyOf(peer, ms)
    const stored = await node.peerStore.get(peerIdFromString(peer))
    return {
      ...identified.get(peer),
      store: {
        addrs: stored.addresses.map((address) => address.multiaddr.toString()),
        certified: stored.addresses.filter((address) => address.isCertified).map((address) => address.multiaddr.toString()),
        protocols: stored.protocols
      }
    }
  },

  /** Asks again, on the open connection. */
  async identify_again ({ peer, ms }) {
    await node.services.identify.identify(connectionOf({ peer }), { signal: within(ms) })
    return identified.get(peer)
  },

  async put ({ key, value, ms }) {
    const stored = new Set()
    const result = await query(
      node.services.dht.put(bytesOf(key), bytesOf(value), { signal: within(ms) }),
      (event) => {
        const same = event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' &&
          event.record != null && textOf(event.record.value) === value
        if (same) stored.add(event.from.toString())
      })
    return { stored: [...stored], answers: result.answers, errors: result.errors, ms: result.ms }
  },

  async get ({ key, ms }) {
    const result = await query(
      node.services.dht.get(bytesOf(key), { signal: within(ms) }),
      (event) => event.name === 'VALUE' ? [{ value: textOf(event.value), from: event.from.toString() }] : [])
    const best = result.picked.at(-1)
    if (best == null) throw new Error(`not found; ${result.answers} answers, errors: ${result.errors.join(', ')}`)
    return { ...best, answers: result.answers, errors: result.errors, ms: result.ms }
  },

  async provide ({ cid, ms }) {
    const result = await query(node.services.dht.provide(CID.parse(cid), { signal: within(ms) }), () => [])
    return { answers: result.answers, errors: result.errors, ms: result.ms }
  },

  async providers ({ cid, ms }) {
    const result = await query(
      node.services.dht.findProviders(CID.parse(cid), { signal: within(ms) }),
      (event) => event.name === 'PROVIDER' ? event.providers.map(describePeer) : [])
    return { providers: result.picked, errors: result.errors, ms: result.ms }
  },

  async find_peer ({ peer, ms }) {
    const found = await node.peerRouting.findPeer(peerIdFromString(peer), { signal: within(ms), useCache: false })
    return describePeer(found)
  },

  async closest ({ key, ms }) {
    const result = await query(
      node.services.dht.getClosestPeers(bytesOf(key), { signal: within(ms) }),
      (event) => event.name === 'FINAL_PEER' ? [describePeer(event.peer)] : [])
    return { peers: result.picked, errors: result.errors, ms: result.ms }
  },

  async routing_table () {
    return { size: node.services.dht.routingTable.size }
  },

  async connections ({ peer } = {}) {
    const open = node.getConnections(peer != null ? peerIdFromString(peer) : undefined)
    return { connections: open.map(describe) }
  },

  async peers () {
    return { peers: node.getPeers().map(String) }
  },

  async address () {
    return { peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) }
  },

  /** Opens a stream for any protocol and ends it properly; fails as the other side refuses. */
  async open ({ peer, connection, protocol, ms }) {
    const stream = await connectionOf({ peer, connection }).newStream(protocol, { signal: within(ms) })
    const chosen = stream.protocol
    await stream.close({ signal: within(ms) })
    return { protocol: chosen }
  },

  async echo ({ peer, text, ms }) {
    const stream = await connectionOf({ peer }).newStream(ECHO, { signal: within(ms) })
    const frames = lpStream(stream)
    await frames.write(bytesOf(text), { signal: within(ms) })
    const answer = await frames.read({ signal: within(ms) })
    await stream.close({ signal: within(ms) })
    return { text: textOf(answer.subarray()) }
  },

  async close ({ peer, connection, ms }) {
    await connectionOf({ peer, connection }).close({ signal: within(ms) })
    return {}
  },

  async stop () {
    await node?.stop()
    node = null
    return {}
  }
}

serve(commands, async () => { await node?.stop() })
emit({ event: 'spawned', pid: process.pid })
