// js-libp2p as one of the processes of the DHT benchmark: JSON lines in and out (see jsonlines.mjs).
// Times are taken in this process, around the query alone.
import { createNode } from '../../../tests/interop/node.mjs'
import { emit, serve } from '../../../tests/interop/jsonlines.mjs'
import { multiaddr } from '@multiformats/multiaddr'

const bytesOf = (text) => new TextEncoder().encode(text)
const patience = () => AbortSignal.timeout(60_000)

let node = null

async function get (key) {
  const start = performance.now()
  let value = null
  for await (const event of node.services.dht.get(bytesOf(key), { signal: patience() })) {
    if (event.name === 'VALUE') value = Buffer.from(event.value).toString()
  }
  if (value == null) throw new Error(`${key} was not found`)
  return { value, ms: performance.now() - start }
}

const commands = {
  async start (options) {
    node = await createNode({ monitor: false, ...options })
    return { peer: node.peerId.toString(), addrs: node.getMultiaddrs().map(String) }
  },
  async dial ({ addr }) {
    await node.dial(multiaddr(addr), { signal: patience() })
    return {}
  },
  async routing_table () {
    return { size: node.services.dht.routingTable.size }
  },
  async put ({ key, value }) {
    const start = performance.now()
    let stored = 0
    for await (const event of node.services.dht.put(bytesOf(key), bytesOf(value), { signal: patience() })) {
      const accepted = event.name === 'PEER_RESPONSE' && event.messageName === 'PUT_VALUE' &&
        event.record != null && Buffer.from(event.record.value).toString() === value
      if (accepted) stored += 1
    }
    return { stored, ms: performance.now() - start }
  },
  async get ({ key }) {
    return await get(key)
  },
  /** Gets of keys drawn from `keys`, `width` at a time, until `seconds` have passed. */
  async get_many ({ keys, seconds, width = 1 }) {
    const end = performance.now() + seconds * 1_000
    let done = 0
    let failed = 0
    await Promise.all(Array.from({ length: width }, async () => {
      while (performance.now() < end) {
        const key = keys[Math.floor(Math.random() * keys.length)]
        await get(key).then(() => { done += 1 }, () => { failed += 1 })
      }
    }))
    return { done, failed }
  }
}

serve(commands, async () => { await node?.stop() })
emit({ event: 'spawned', pid: process.pid })
