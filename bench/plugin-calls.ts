// A process that reads objects through a plugin and says what that cost itself: `node plugin-calls.mjs READS PROGRAM ARGS...`.
import { stringVal } from '../src/cty/index.ts'
import { launchPlugin } from '../src/plugin/index.ts'
import { blockObject, emptyBlockValue } from '../src/schema/index.ts'

const [reads, executable, ...args] = process.argv.slice(2)
const environment = { PATH: process.env.PATH ?? '', NODE_EXTRA_CA_CERTS: '' }
const plugin = await launchPlugin({ executable: executable!, args, environment, settings: {} })
const provider = plugin.provider()
const config = emptyBlockValue(plugin.schema().provider)
const { diags } = await provider.configure({ config, terraformVersion: '1.11.4' })
if (diags.length > 0) throw new Error(JSON.stringify(diags))
const { block } = plugin.schema().resource('random_password')!
const prior = blockObject(
  new Map([...emptyBlockValue(block).asMap(), ['id', stringVal('none')], ['result', stringVal('x'.repeat(20))]]),
  block,
)

let left = Number(reads)
/** As many at a time as a plan has. */
await Promise.all(
  Array.from({ length: 10 }, async () => {
    while (left-- > 0) {
      const answer = await provider.readResource({ typeName: 'random_password', prior, private: undefined })
      if (answer.diags.length > 0 || answer.newState.isNull) throw new Error('a read failed')
    }
  }),
)
const { user, system } = process.cpuUsage()
process.stdout.write(`${(user + system) / 1000}\n`)
await provider.close()
await plugin.close()
