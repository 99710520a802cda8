// Commands come in as one JSON object a line, `{"id": 1, "command": "dial", ...}`; each is answered by
// one line with the same id, `{"id": 1, "ok": true, ...}` or `{"id": 1, "ok": false, "error": "..."}`,
// in the order in which they finish. Lines without an id are events.
import { createInterface } from 'node:readline'

export function emit (object) {
  process.stdout.write(JSON.stringify(object) + '\n')
}

/** Serves `commands`, a table of async functions, until stdin ends; then runs `stop` and leaves. */
export function serve (commands, stop) {
  // A late error in a stream that nobody waits for is a fact for the log, not a reason to die.
  process.on('unhandledRejection', (error) => console.error('unhandled rejection:', error))
  process.on('uncaughtException', (error) => console.error('uncaught exception:', error))

  const answer = async (line) => {
    let id = null
    try {
      const { id: given, command, ...options } = JSON.parse(line)
      id = given
      if (!Object.hasOwn(commands, command)) throw new Error(`no command ${command}`)
      emit({ id, ok: true, ...await commands[command](options) })
    } catch (error) {
      emit({ id, ok: false, error: error?.message ?? String(error), name: error?.name ?? 'Error' })
    }
  }
  const leave = async () => {
    setTimeout(() => process.exit(0), 3_000)
    await stop().catch((error) => console.error('stop:', error))
    process.exit(0)
  }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => { if (line.trim() !== '') answer(line) })
  lines.on('close', leave)
}
