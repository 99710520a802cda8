// What js-libp2p uses and node 18 (Debian 12's) or 20 lacks. It must be the first import of every program: the packages
// call it while they are being loaded.

Promise.withResolvers ??= function withResolvers () {
  let resolve
  let reject
  const promise = new this((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

globalThis.CustomEvent ??= class CustomEvent extends Event {
  constructor (type, options = {}) {
    super(type, options)
    this.detail = options.detail ?? null
  }
}
