// Small statistics for the benchmark peers.

/** The value below which the share `q` of the samples lies (nearest rank). */
export function quantile (samples, q) {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]
}

export const median = (samples) => quantile(samples, 0.5)

/** Three significant digits: more would pretend. */
export const rounded = (value) => Number(value.toPrecision(3))

/** The options of a command line of `--name value` pairs, as numbers where they are. */
export function parseOptions (words, defaults) {
  const options = { ...defaults }
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '').replaceAll('-', '_')
    if (!Object.hasOwn(defaults, name) || words[at + 1] == null) throw new Error(`unknown or incomplete option ${words[at]}`)
    options[name] = typeof defaults[name] === 'number' ? Number(words[at + 1]) : words[at + 1]
  }
  return options
}
