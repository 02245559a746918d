/** A program that serves one of this project's providers as a plugin: `SERVE` says which, `SERVE_PROTOCOL` over which protocol. */
import { nullProvider } from '../../../src/builtin/null/index.ts'
import { randomProvider } from '../../../src/builtin/random/index.ts'
import { serveProvider } from '../../../src/plugin-server/index.ts'

const providers = { null: nullProvider, random: randomProvider }

void serveProvider({
  provider: () => providers[process.env.SERVE as keyof typeof providers](),
  protocols: process.env.SERVE_PROTOCOL === '5' ? [5] : [6],
}).then((code) => process.exit(code))
