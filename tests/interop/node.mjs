// One js-libp2p node as the tests and the benchmarks want it: QUIC only, on loopback, with the limits
// lifted that js-libp2p sets for strangers on the Internet. Everything else is its own default.
import './polyfill.mjs'
import { quic } from '@chainsafe/libp2p-quic'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'

export const DEFAULT_LISTEN = '/ip4/127.0.0.1/udp/0/quic-v1'
export const DEFAULT_KAD = '/mycel/kad/1.0.0'

/** Values under /test are anything but what begins with "refused"; of several, the greatest wins. */
const namespaces = {
  validators: {
    test: (key, value) => {
      if (Buffer.from(value).toString().startsWith('refused')) {
        throw new Error('the value asks to be refused')
      }
    }
  },
  selectors: {
    test: (key, values) => values.reduce(
      (best, value, index) => Buffer.compare(value, values[best]) > 0 ? index : best, 0)
  }
}

/**
 * @param {object} [options]
 * @param {string[]} [options.listen]    addresses to listen on
 * @param {string|null} [options.kad]    protocol id of the DHT; null leaves the DHT out
 * @param {'server'|'client'} [options.mode]
 * @param {boolean} [options.identify]   false leaves identify out (and the DHT, which needs it)
 * @param {boolean} [options.monitor]    false stops the ping of every connection every 10 s
 */
export async function createNode (options = {}) {
  const {
    listen = [DEFAULT_LISTEN], kad = DEFAULT_KAD, mode = 'server', identify: identifies = true, monitor = true
  } = options
  const services = { ping: ping({ maxInboundStreams: 64, maxOutboundStreams: 64 }) }
  if (identifies) {
    services.identify = identify()
    services.identifyPush = identifyPush()
  }
  if (identifies && kad != null) {
    services.dht = kadDHT({
      protocol: kad,
      clientMode: mode !== 'server',
      peerInfoMapper: passthroughMapper, // keeps private addresses
      maxInboundStreams: 256,
      maxOutboundStreams: 256,
      ...namespaces
    })
  }
  return await createLibp2p({
    addresses: { listen },
    transports: [quic({ ipv6: listen.some((address) => address.startsWith('/ip6')) })],
    services,
    connectionManager: {
      inboundConnectionThreshold: 100_000, // a second, from one address
      maxIncomingPendingConnections: 1_000,
      maxConnections: 2_000
    },
    connectionMonitor: { enabled: monitor },
    connectionGater: { denyDialMultiaddr: () => false } // loopback may be dialled
  })
}
